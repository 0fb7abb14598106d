// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl sql: one read-only statement over the ledger.
#include "app/ctl/command.h"
#include "app/ctl/rowprinter.h"

#include "core/stores/ledger.h"
#include "core/stores/ledgerreader.h"

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 DefaultRows = 10'000;

int print(const QString &sql, const QString &path, qint64 maxRows, RowFormat format)
{
    const auto reader = stores::LedgerReader::open(path);
    if (!reader) {
        printError(reader.error().message);
        return Failed;
    }
    const auto table = (*reader)->select(sql, maxRows);
    if (!table) {
        printError(table.error().message);
        return Failed;
    }
    printRows(*table, format);
    if (table->isCut)
        printError(u"there are more than %1 rows; --limit allows more"_s.arg(maxRows));
    return Success;
}

} // namespace

int runSql(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Answers one SQL statement (SQLite) that reads the ledger; nothing can be written. The "
        u"view \"requests\" has one row for each request; docs/ledger.md lists its columns."_s);
    parser.addPositionalArgument(u"STATEMENT"_s, u"SELECT, WITH, VALUES or EXPLAIN, quoted."_s);
    parser.addOption(
        {u"format"_s, u"table (default), json or csv."_s, u"table|json|csv"_s, u"table"_s});
    parser.addOption({u"limit"_s, u"Print at most so many rows; default %1."_s.arg(DefaultRows),
        u"N"_s, QString::number(DefaultRows)});
    addFolderOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto format = rowFormat(parser.value(u"format"_s));
    bool isNumber = false;
    const qint64 maxRows = parser.value(u"limit"_s).toLongLong(&isNumber);
    if (!format || !isNumber || maxRows <= 0 || parser.positionalArguments().size() != 1) {
        printError(
            u"write sql \"SELECT ...\" [--format table|json|csv] [--limit N] [--config FILE]"_s);
        return Usage;
    }
    const QString folder = dataFolder(parser);
    return print(parser.positionalArguments().constFirst(), stores::Ledger::pathIn(folder), maxRows,
        *format);
}

} // namespace sluice::ctl
