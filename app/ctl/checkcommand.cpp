// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl check FILE: validation and lint.
#include "app/ctl/command.h"

#include "core/config/loader.h"
#include "core/stores/counterstores.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using config::Finding;

namespace {

QString severityName(config::Severity severity)
{
    switch (severity) {
    case config::Severity::Hint:
        return u"hint"_s;
    case config::Severity::Warning:
        return u"warning"_s;
    case config::Severity::Error:
        return u"error"_s;
    }
    Q_UNREACHABLE();
}

void printText(const QString &file, const config::Findings &findings)
{
    for (const Finding &finding : findings) {
        QString line = file;
        if (finding.place.line > 0)
            line += u":%1:%2"_s.arg(finding.place.line).arg(finding.place.column);
        line += u": "_s + severityName(finding.severity);
        if (!finding.path.isEmpty())
            line += u": "_s + finding.path;
        printLine(line + u": "_s + finding.message);
    }
}

void printJson(const config::Findings &findings)
{
    QJsonArray array;
    for (const Finding &finding : findings)
        array.append(QJsonObject{{u"severity"_s, severityName(finding.severity)},
            {u"line"_s, finding.place.line}, {u"column"_s, finding.place.column},
            {u"path"_s, finding.path}, {u"message"_s, finding.message},
            {u"fix"_s, finding.fix.isEmpty() ? QJsonValue::Null : QJsonValue(finding.fix)}});
    printLine(QString::fromUtf8(QJsonDocument(array).toJson(QJsonDocument::Indented)).trimmed());
}

int printStoreSql(const config::Configuration &configuration)
{
    int databases = 0;
    for (const config::Store &store : configuration.stores) {
        if (store.type != config::Store::Type::Postgres)
            continue;
        const auto sql = stores::schemaSql(store);
        if (!sql)
            return fail(sql.error());
        printLine(QString::fromUtf8(*sql));
        ++databases;
    }
    if (!configuration.recording.url.isEmpty()) {
        const auto sql = stores::ledgerSql(configuration.recording);
        if (!sql)
            return fail(sql.error());
        printLine(QString::fromUtf8(*sql));
        ++databases;
    }
    if (databases == 0)
        printError(u"neither limits nor requests of this file are kept in PostgreSQL"_s);
    return databases > 0 ? Success : Failed;
}

} // namespace

int runCheck(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Validates a configuration file. Exit code 0: clean or warnings, 1: errors, 2: unreadable."_s);
    parser.addPositionalArgument(u"FILE"_s, u"The file to check."_s);
    parser.addOption({u"format"_s, u"text (default) or json."_s, u"text|json"_s, u"text"_s});
    parser.addOption({u"store-sql"_s,
        u"Print the SQL that sets up the PostgreSQL databases of the file, for an administrator to "
        u"run where the gateway may not create tables."_s});
    if (!parse(parser, arguments))
        return Usage;
    const QString format = parser.value(u"format"_s);
    if (parser.positionalArguments().size() != 1 || (format != "text"_L1 && format != "json"_L1)) {
        printError(u"check needs one FILE and --format text or json"_s);
        return Usage;
    }
    QFile file(parser.positionalArguments().constFirst());
    if (!file.open(QIODevice::ReadOnly)) {
        printError(u"cannot read %1: %2"_s.arg(file.fileName(), file.errorString()));
        return Usage;
    }
    const auto result = config::load(
        file.readAll(), QProcessEnvironment::systemEnvironment(), QFileInfo(file).absolutePath());
    if (parser.isSet(u"store-sql"_s) && result.configuration)
        return printStoreSql(*result.configuration);
    if (format == "json"_L1)
        printJson(result.findings);
    else
        printText(file.fileName(), result.findings);
    return config::hasErrors(result.findings) ? Failed : Success;
}

} // namespace sluice::ctl
