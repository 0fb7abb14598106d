// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl sql: one read-only statement over the ledger.
#include "app/ctl/command.h"
#include "app/ctl/rowprinter.h"

#include "core/base/duration.h"
#include "core/stores/ledger/ledgerreader.h"

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

constexpr auto DefaultTime = "30s"_L1;

/// Nothing for what is no number of rows and no time.
std::optional<stores::ReadLimits> readLimits(const QCommandLineParser &parser)
{
    stores::ReadLimits limits;
    bool isNumber = false;
    limits.maxRows = parser.value(u"limit"_s).toLongLong(&isNumber);
    if (!isNumber || limits.maxRows <= 0)
        return std::nullopt;
    const QString text = parser.value(u"timeout"_s);
    const auto time = parseDuration(text);
    if (!time && text != "0"_L1)
        return std::nullopt;
    limits.maxTime =
        time ? std::chrono::ceil<std::chrono::milliseconds>(*time) : std::chrono::milliseconds(0);
    return limits;
}

int print(const QString &sql, const stores::LedgerPlace &place, const stores::ReadLimits &limits,
    RowFormat format)
{
    const auto reader = stores::LedgerReader::open(place);
    if (!reader)
        return fail(reader.error());
    const auto table = (*reader)->select(sql, limits);
    if (!table) {
        const bool isSlow = table.error().code == ErrorCode::Timeout;
        printError(
            isSlow ? QString(table.error().message + u" with --timeout"_s) : table.error().message);
        return Failed;
    }
    printRows(*table, format);
    if (table->isCut)
        printError(u"there are more than %1 rows; --limit allows more"_s.arg(table->rows.size()));
    return Success;
}

} // namespace

int runSql(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Answers one SQL statement (SQLite, or PostgreSQL with recording.url) that reads the "
        u"ledger; nothing can be written. The "
        u"view \"requests\" has one row for each request; docs/ledger.md lists its columns."_s);
    parser.addPositionalArgument(u"STATEMENT"_s, u"SELECT, WITH, VALUES or EXPLAIN, quoted."_s);
    parser.addOption({u"format"_s, u"table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    const qint64 rows = stores::ReadLimits().maxRows;
    parser.addOption({u"limit"_s, u"Print at most so many rows; default %1."_s.arg(rows), u"N"_s,
        QString::number(rows)});
    parser.addOption(
        {u"timeout"_s, u"Give up after so long; default %1, 0: never."_s.arg(DefaultTime),
            u"TIME"_s, DefaultTime});
    addFolderOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto format = rowFormat(parser.value(u"format"_s));
    const auto limits = readLimits(parser);
    if (!format || !limits || parser.positionalArguments().size() != 1) {
        printError(u"write sql \"SELECT ...\" [--format table|json|jsonl|csv] [--limit 100] "
                   u"[--timeout 30s] [--config FILE]"_s);
        return Usage;
    }
    const auto place = ledgerPlace(parser);
    return place ? print(parser.positionalArguments().constFirst(), *place, *limits, *format)
                 : fail(place.error());
}

} // namespace sluice::ctl
