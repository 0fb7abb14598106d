// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerreading.h"

#include "core/session/ledgerrecord.h"
#include "core/stores/ledgerreader.h"

#include <QElapsedTimer>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using insight::RequestRecord;
using std::chrono::milliseconds;

HistorySums &HistorySums::operator+=(const HistorySums &other)
{
    requests += other.requests;
    admitted += other.admitted;
    refused += other.refused;
    errors += other.errors;
    input += other.input;
    output += other.output;
    cost += other.cost;
    unpriced += other.unpriced;
    estimated += other.estimated;
    return *this;
}

namespace ledgerreading {

using stores::LedgerReader;

namespace {

constexpr auto PropertyPrefix = "property:"_L1;
constexpr qint64 RowsAtOnce = 10'000; ///< between two looks at whether anybody still waits
constexpr qint64 FewestRows = 500;
constexpr milliseconds HistoryTime{60'000};
constexpr milliseconds OlderTime{30'000}; ///< for so many rows

/// An interruption may come before the statement begins, so each look counts.
stores::ReadLimits limitsOf(
    LedgerReader &reader, const Watch &watch, qint64 maxRows, milliseconds maxTime)
{
    return {maxRows, maxTime, [&reader, &watch](qint64 rows) {
                if (watch.isStopped())
                    reader.interrupt();
                else
                    watch.tellRows(rows);
            }};
}

/// The longest of a few grains that all edges are multiples of.
milliseconds grainOf(const std::vector<milliseconds> &edges)
{
    for (const milliseconds grain : {milliseconds(3'600'000), milliseconds(900'000),
             milliseconds(300'000), milliseconds(60'000), milliseconds(1'000)}) {
        if (std::all_of(edges.cbegin(), edges.cend(),
                [grain](milliseconds edge) { return edge % grain == milliseconds::zero(); }))
            return grain;
    }
    return milliseconds(1);
}

/// A text that needs no quoting, whatever a client has put into it.
QString literal(const QString &text)
{
    return u"CAST(x'"_s + QString::fromLatin1(text.toUtf8().toHex()) + u"' AS TEXT)"_s;
}

QString condition(const HistoryQuestion::Condition &condition)
{
    QString field = condition.field;
    if (field.startsWith(PropertyPrefix)) {
        const QString path = u"$.\""_s + field.sliced(PropertyPrefix.size()) + u'"';
        field = u"coalesce(json_extract(properties, %1), '')"_s.arg(literal(path));
    }
    return field + u" = "_s + literal(condition.value);
}

QString statement(const HistoryQuestion &question, milliseconds grain)
{
    QStringList conditions{u"key <> ''"_s, u"time_ms >= %1"_s.arg(question.edges.front().count()),
        u"time_ms < %1"_s.arg(question.edges.back().count())};
    for (const HistoryQuestion::Condition &each : question.where)
        conditions.append(condition(each));
    return u"SELECT time_ms / %1 * %1, count(*), sum(admitted), sum(refused), sum(error), "
           u"sum(input_tokens), sum(output_tokens), sum(micro_cents), sum(unpriced), "
           u"sum(estimated) FROM requests WHERE %2 GROUP BY 1"_s.arg(grain.count())
               .arg(conditions.join(u" AND "_s));
}

HistorySums sumsOf(const QVariantList &row)
{
    const auto figure = [&row](qsizetype column) { return row.at(column).toLongLong(); };
    return {.requests = figure(1),
        .admitted = figure(2),
        .refused = figure(3),
        .errors = figure(4),
        .input = figure(5),
        .output = figure(6),
        .cost = figure(7),
        .unpriced = figure(8),
        .estimated = figure(9)};
}

Result<void> checkFields(const HistoryQuestion &question)
{
    for (const HistoryQuestion::Condition &each : question.where) {
        if (!stores::isUsageField(each.field))
            return Error{
                ErrorCode::Invalid, u"\"%1\" is no field of the ledger"_s.arg(each.field), {}};
    }
    if (question.edges.size() < 2)
        return Error{ErrorCode::Invalid, u"no time to sum up"_s, {}};
    return {};
}

} // namespace

Result<History> history(LedgerReader &reader, const HistoryQuestion &question, const Watch &watch)
{
    if (const auto good = checkFields(question); !good)
        return good.error();
    const auto table = reader.select(statement(question, grainOf(question.edges)),
        limitsOf(reader, watch, std::numeric_limits<qint64>::max(), HistoryTime));
    if (!table)
        return table.error();
    History history;
    history.edges = question.edges;
    history.steps.resize(question.edges.size() - 1);
    for (const QVariantList &row : table->rows) {
        const milliseconds at(row.at(0).toLongLong());
        const auto after = std::upper_bound(history.edges.cbegin(), history.edges.cend(), at);
        if (after == history.edges.cbegin() || after == history.edges.cend())
            continue;
        const HistorySums sums = sumsOf(row);
        history.steps[static_cast<size_t>(after - history.edges.cbegin()) - 1] += sums;
        history.total += sums;
    }
    stores::UsageQuery range;
    range.since = question.edges.front();
    range.until = question.edges.back();
    const auto lost = reader.lost(range);
    if (!lost)
        return lost.error();
    history.lost = *lost;
    return history;
}

Result<OlderRequests> older(LedgerReader &reader, const OlderQuestion &question, const Watch &watch)
{
    LedgerRecords records;
    OlderRequests page;
    page.before = question.before;
    page.beforeId = question.beforeId;
    const auto isFull = [&] {
        return static_cast<qint64>(page.records.size()) >= question.most
            || page.rows >= question.mostRows;
    };
    while (!page.isEnd && !isFull() && !watch.isStopped()) {
        // What matches everything needs no more rows than it wants.
        const qint64 count = question.matches
            ? RowsAtOnce
            : std::max<qint64>(FewestRows, question.most - qint64(page.records.size()));
        const auto table = reader.select(u"SELECT %1 FROM requests WHERE (time_ms, id) < (%2, %3) "
                                         u"ORDER BY time_ms DESC, id DESC "
                                         u"LIMIT %4"_s.arg(LedgerRecords::columns())
                                             .arg(page.before.count())
                                             .arg(page.beforeId)
                                             .arg(count),
            limitsOf(reader, watch, count, OlderTime));
        if (!table)
            return table.error();
        for (const QVariantList &row : table->rows) {
            if (isFull())
                break;
            RequestRecord record = records.read(row);
            page.before = LedgerRecords::timeOf(row);
            page.beforeId = LedgerRecords::idOf(row);
            ++page.rows;
            if (!question.matches || question.matches(record))
                page.records.push_back(std::move(record));
        }
        const bool isWhole = !table->isCut && static_cast<qint64>(table->rows.size()) < count;
        page.isEnd = !isFull() && isWhole;
    }
    return page;
}

Result<SqlAnswer> sql(LedgerReader &reader, const SqlQuestion &question, const Watch &watch)
{
    QElapsedTimer time;
    time.start();
    auto table =
        reader.select(question.sql, limitsOf(reader, watch, question.maxRows, question.maxTime));
    if (!table)
        return table.error();
    return SqlAnswer{.columns = table->columns,
        .rows = std::move(table->rows),
        .isCut = table->isCut,
        .elapsed = milliseconds(time.elapsed())};
}

} // namespace ledgerreading

} // namespace sluice::session
