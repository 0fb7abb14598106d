// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl keys add | list | revoke: API keys in the configuration file, by hash.
#include "app/ctl/command.h"

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/secrets.h"
#include "core/config/apikeyedit.h"
#include "core/config/configfile.h"
#include "core/config/loader.h"
#include "core/session/auditlog.h"
#include "core/session/configpath.h"

#include <QDir>
#include <QFileInfo>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

config::LoadResult load(const config::ConfigFile &file, const QByteArray &text)
{
    return config::load(
        text, QProcessEnvironment::systemEnvironment(), QFileInfo(file.path()).absolutePath());
}

/// Saves a changed text only if it is still a valid configuration.
Result<void> saveChecked(config::ConfigFile &file, const QByteArray &text)
{
    for (const config::Finding &finding : load(file, text).findings) {
        if (finding.severity == config::Severity::Error)
            return Error{ErrorCode::Invalid,
                u"not written, the file would not be valid: line %1, column %2: %3"_s
                    .arg(finding.place.line)
                    .arg(finding.place.column)
                    .arg(finding.message),
                {}};
    }
    return file.save(text);
}

/// Keys are made and revoked whether a gateway runs or not. The audit is not worth failing for.
void audit(const config::ConfigFile &file, const QString &operation, const QString &name,
    const QCommandLineParser &parser)
{
    const QString folder = session::findDataFolder(parser.value(u"data-dir"_s), file.path());
    session::AuditLog log;
    auto written = QDir().mkpath(folder)
        ? log.open(folder)
        : Result<void>(Error{ErrorCode::Io, u"cannot make the folder %1"_s.arg(folder), {}});
    if (written)
        written =
            log.append({{u"operation"_s, operation}, {u"subject"_s, name}}, SystemClock().wall());
    if (!written)
        printError(u"note: this is not in the audit: %1"_s.arg(written.error().message));
}

int add(config::ConfigFile &file, const QString &name, const QCommandLineParser &parser)
{
    const QByteArray key = makeApiKey();
    const auto text = config::addApiKey(
        file.text(), name, hashApiKey(key), parser.value(u"owner"_s), parser.value(u"team"_s));
    if (!text)
        return fail(text.error());
    if (const auto saved = saveChecked(file, *text); !saved)
        return fail(saved.error());
    audit(file, u"key added"_s, name, parser);
    printError(
        u"added \"%1\" to %2. This is the only time the key is shown:"_s.arg(name, file.path()));
    printLine(QString::fromLatin1(key));
    const auto values = load(file, *text).configuration;
    if (values && !values->authentication)
        printError(u"note: keys are not checked until helicone.features is \"auth\""_s);
    return Success;
}

int list(const config::ConfigFile &file)
{
    const auto values = load(file, file.text()).configuration;
    if (!values)
        return fail(
            {ErrorCode::Invalid, u"%1 has errors; see \"sluicectl check\""_s.arg(file.path()), {}});
    const auto column = [](const QString &text, int width) { return text.leftJustified(width); };
    printLine(column(u"NAME"_s, 20) + column(u"OWNER"_s, 16) + column(u"TEAM"_s, 16)
        + column(u"EXPIRES"_s, 12) + u"STATE"_s);
    for (const config::ApiKey &key : values->apiKeys)
        printLine(column(QString::fromUtf8(key.name), 20)
            + column(key.owner.isEmpty() ? u"-"_s : QString::fromUtf8(key.owner), 16)
            + column(key.team.isEmpty() ? u"-"_s : QString::fromUtf8(key.team), 16)
            + column(key.expires ? key.expires->toString(Qt::ISODate) : u"-"_s, 12)
            + (key.disabled ? u"revoked"_s : u"active"_s));
    return Success;
}

int revoke(config::ConfigFile &file, const QString &name, const QCommandLineParser &parser)
{
    const auto text = config::revokeApiKey(file.text(), name);
    if (!text)
        return fail(text.error());
    if (const auto saved = saveChecked(file, *text); !saved)
        return fail(saved.error());
    audit(file, u"key revoked"_s, name, parser);
    printLine(
        u"revoked \"%1\" in %2; a running gateway refuses it from now on"_s.arg(name, file.path()));
    return Success;
}

} // namespace

int runKeys(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Manages the API keys of a configuration file.\n"
        u"  keys add NAME      makes a key, prints it once and writes its hash into the file\n"
        u"  keys list          lists the keys\n"
        u"  keys revoke NAME   disables a key; its name stays for the records"_s);
    parser.addPositionalArgument(u"ACTION"_s, u"add, list or revoke."_s);
    parser.addPositionalArgument(u"NAME"_s, u"The key's name."_s, u"[NAME]"_s);
    parser.addOption({u"owner"_s, u"add: the member who owns the key."_s, u"MEMBER"_s});
    parser.addOption({u"team"_s, u"add: the team it counts for."_s, u"TEAM"_s});
    parser.addOption({u"config"_s, u"The configuration file."_s, u"FILE"_s});
    parser.addOption(
        {u"data-dir"_s, u"The data directory, whose audit says that it was done."_s, u"DIR"_s});
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    const QString action = words.value(0);
    const bool isList = action == "list"_L1 && words.size() == 1;
    const bool isNamed = (action == "add"_L1 || action == "revoke"_L1) && words.size() == 2;
    if (!isList && !isNamed) {
        printError(u"write \"keys add NAME\", \"keys list\" or \"keys revoke NAME\""_s);
        return Usage;
    }
    auto file = config::ConfigFile::read(configPath(parser.value(u"config"_s)));
    if (!file)
        return fail(file.error());
    if (isList)
        return list(*file);
    return action == "add"_L1 ? add(*file, words[1], parser) : revoke(*file, words[1], parser);
}

} // namespace sluice::ctl
