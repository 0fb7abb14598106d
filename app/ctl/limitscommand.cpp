// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl limits: the live counters against their quotas.
#include "app/ctl/command.h"
#include "app/ctl/gatewayclient.h"
#include "app/ctl/rowprinter.h"

#include "core/base/money.h"
#include "core/gateway/admin/adminoperation.h"

#include <QJsonArray>
#include <QThread>

#include <algorithm>
#include <unistd.h>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 DefaultRows = 10'000;
constexpr unsigned long Pause = 1; ///< second, between two looks
constexpr auto ClearScreen = "\x1b[H\x1b[2J"_L1;

/// The names of a row, in the order in which they are documented.
QStringList columns()
{
    QStringList names;
    for (const gateway::AdminOperation &operation : gateway::adminOperations()) {
        if (operation.call != gateway::AdminCall::ListLimits)
            continue;
        for (const gateway::AdminField &field : operation.answer->fields)
            names.append(field.name);
    }
    return names;
}

/// Whether nothing but the key tells the row from others.
bool countsApart(const QJsonValue &row)
{
    const QString key = row[u"api_key"_s].toString();
    return !key.isEmpty() && key != row[u"value"_s].toString();
}

QStringList columnsForPeople(const QJsonArray &rows, const QStringList &amounts)
{
    QStringList names = QStringList{u"limit"_s, u"value"_s} + amounts
        + QStringList{u"unit"_s, u"resets_at"_s, u"mode"_s};
    if (std::any_of(rows.begin(), rows.end(), countsApart))
        names.append(u"api_key"_s);
    return names;
}

/// What people look for: few columns, and money as money.
stores::Table forPeople(const QJsonArray &rows)
{
    const QStringList amounts{u"used"_s, u"reserved"_s, u"quota"_s, u"remaining"_s};
    stores::Table table;
    table.columns = columnsForPeople(rows, amounts);
    for (const auto &row : rows) {
        const bool isMoney = row[u"unit"_s].toString() == "micro-cent"_L1;
        QVariantList cells;
        for (const QString &column : std::as_const(table.columns)) {
            const QJsonValue value = row[column];
            if (isMoney && amounts.contains(column))
                cells.append(formatDollarsExact(value.toInteger()));
            else if (isMoney && column == "unit"_L1)
                cells.append(u"dollars"_s);
            else
                cells.append(value.toVariant());
        }
        table.rows.push_back(cells);
    }
    // Money is text, and stands to the right as numbers do.
    for (const QString &amount : amounts) {
        const qsizetype column = table.columns.indexOf(amount);
        qsizetype width = amount.size();
        for (const QVariantList &cells : table.rows)
            width = std::max(width, cells[column].toString().size());
        for (QVariantList &cells : table.rows)
            cells[column] = cells[column].toString().rightJustified(width);
    }
    return table;
}

int show(GatewayClient &client, const QString &path, RowFormat format, qint64 max, bool isWatched)
{
    const bool isTerminal = ::isatty(STDOUT_FILENO) == 1;
    for (;;) {
        const auto answer = client.get(path);
        if (!answer)
            return fail(answer.error());
        const QJsonArray rows = answer->toArray();
        if (isWatched && isTerminal)
            printLine(ClearScreen);
        printRows(format == RowFormat::Table ? forPeople(rows) : tableOf(rows, columns()), format);
        if (!isWatched && rows.size() == max)
            printError(u"only the %1 tightest are shown; --max allows more"_s.arg(max));
        if (!isWatched)
            return Success;
        QThread::sleep(Pause); // this command has nothing else to do
    }
}

} // namespace

int runLimits(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Prints the counters against their quotas, the tightest first: live ones of the gateway "
        u"that "
        u"has the data directory, else those that the last run has left there. "
        u"JSON and CSV have every field: limit, scope, segment, value, unit, quota, used, "
        u"reserved, "
        u"remaining, resets_at, mode, store, source, api_key (of policies, which count each key "
        u"apart); money is in micro-cents there."_s);
    parser.addPositionalArgument(u"LIMIT"_s, u"Only the counters of this limit."_s, u"[LIMIT]"_s);
    parser.addOption({u"watch"_s, u"Print them anew every second, until Ctrl+C."_s});
    parser.addOption({u"max"_s, u"Print at most so many; default %1."_s.arg(DefaultRows), u"N"_s,
        QString::number(DefaultRows)});
    parser.addOption({u"format"_s, u"table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    GatewayClient::addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto format = rowFormat(parser.value(u"format"_s));
    bool isNumber = false;
    const qint64 max = parser.value(u"max"_s).toLongLong(&isNumber);
    const QStringList words = parser.positionalArguments();
    if (!format || !isNumber || max <= 0 || words.size() > 1) {
        printError(u"write limits [LIMIT] [--watch] [--max N] [--format table|json|jsonl|csv]"_s);
        return Usage;
    }
    const auto client =
        GatewayClient::open(parser, u"sluicectl limits"_s, GatewayClient::Access::Read);
    if (!client)
        return fail(client.error());
    const bool isWatched = parser.isSet(u"watch"_s);
    if (isWatched && !(*client)->isLive()) {
        printError(
            u"no gateway runs with %1, so there is nothing to watch"_s.arg(dataFolder(parser)));
        return Failed;
    }
    QString path = u"limits?max=%1"_s.arg(max);
    if (!words.isEmpty())
        path += u"&limit="_s + GatewayClient::encoded(words.constFirst());
    return show(**client, path, *format, max, isWatched);
}

} // namespace sluice::ctl
