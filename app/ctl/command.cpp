// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ctl/command.h"

#include "core/session/configpath.h"
#include "core/session/datafolder.h"

#include <QCoreApplication>

#include <cstdio>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

void write(FILE *stream, const QString &text)
{
    const QByteArray bytes = text.toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, static_cast<size_t>(bytes.size()), stream);
    std::fflush(stream);
}

} // namespace

void printLine(const QString &line)
{
    write(stdout, line);
}

void printError(const QString &message)
{
    write(stderr, u"sluicectl: "_s + message);
}

int fail(const QString &message)
{
    printError(message);
    return Failed;
}

int fail(const Error &error)
{
    return fail(error.message);
}

bool parse(QCommandLineParser &parser, const QStringList &arguments)
{
    parser.addHelpOption();
    if (!parser.parse(arguments)) {
        printError(
            parser.errorText() + u"; see \"sluicectl "_s + arguments.first() + u" --help\""_s);
        return false;
    }
    if (parser.isSet(u"help"_s)) {
        // QCommandLineParser names the program as it was called; the command belongs to it.
        QString text = parser.helpText();
        const QString called = QCoreApplication::arguments().constFirst();
        const qsizetype at = text.indexOf(called);
        if (at >= 0)
            text.replace(at, called.size(), u"sluicectl "_s + arguments.first());
        printLine(text.trimmed());
        std::exit(Success); // NOLINT(concurrency-mt-unsafe): no other thread runs yet
    }
    return true;
}

Result<ListenAddress> parseListenAddress(const QString &text)
{
    const qsizetype colon = text.lastIndexOf(u':');
    QString address = colon < 0 ? QString() : text.left(colon);
    if (address.startsWith(u'[') && address.endsWith(u']'))
        address = address.mid(1, address.size() - 2);
    bool isNumber = false;
    const uint port = text.mid(colon + 1).toUInt(&isNumber);
    if (!isNumber || port > 65535)
        return Error{ErrorCode::Invalid,
            u"\"%1\" is not an address to listen on; write 127.0.0.1:8080"_s.arg(text), {}};
    return ListenAddress{address.isEmpty() ? u"127.0.0.1"_s : address, static_cast<quint16>(port)};
}

QString configPath(const QString &option)
{
    return session::findConfigPath(option);
}

QString segmentName(const QString &word)
{
    if (word == "key"_L1)
        return u"api-key"_s;
    if (word == "user"_L1)
        return u"end-user"_s;
    return word == "member"_L1 ? u"team-member"_s : word;
}

void addFolderOptions(QCommandLineParser &parser)
{
    parser.addOption({u"config"_s,
        u"The configuration file of the gateway, to which its data directory belongs."_s,
        u"FILE"_s});
    parser.addOption(
        {u"data-dir"_s, u"The data directory of the gateway, if it is another one."_s, u"DIR"_s});
}

QString dataFolder(const QCommandLineParser &parser)
{
    return session::findDataFolder(
        parser.value(u"data-dir"_s), configPath(parser.value(u"config"_s)));
}

QString configPath(const QCommandLineParser &parser)
{
    QString noted;
    if (parser.isSet(u"data-dir"_s) && !parser.isSet(u"config"_s))
        noted = session::DataFolder::configurationOf(parser.value(u"data-dir"_s));
    return noted.isEmpty() ? configPath(parser.value(u"config"_s)) : noted;
}

} // namespace sluice::ctl
