// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerreading.h"

#include "core/session/ledgerrecord.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QDateTime>
#include <QElapsedTimer>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
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
using stores::UsageBucket;
using stores::UsageQuery;

namespace {

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

/// Sums by hour are kept for long, those of a minute are counted from the rows.
Result<UsageBucket> bucketFor(const std::vector<milliseconds> &edges)
{
    const auto isWhole = [&edges](milliseconds unit) {
        return std::all_of(edges.cbegin(), edges.cend(),
            [unit](milliseconds edge) { return edge % unit == milliseconds::zero(); });
    };
    if (edges.size() < 2 || !std::is_sorted(edges.cbegin(), edges.cend()) || !isWhole(1min))
        return Error{ErrorCode::Invalid, u"steps of time begin at whole minutes"_s, {}};
    return isWhole(1h) ? UsageBucket::Hour : UsageBucket::Minute;
}

UsageQuery toQuery(const HistoryQuestion &question, UsageBucket bucket)
{
    UsageQuery query;
    for (const HistoryQuestion::Condition &each : question.where)
        query.where.push_back({each.field, each.value});
    query.since = question.edges.front();
    query.until = question.edges.back();
    query.bucket = bucket;
    return query;
}

/// Of one row of sums, by the names of its columns.
class SumReader
{
public:
    explicit SumReader(const QStringList &columns) : m_columns(columns) { }

    [[nodiscard]] HistorySums read(const QVariantList &row) const
    {
        const auto figure = [this, &row](QLatin1StringView name) {
            return row.value(m_columns.indexOf(name)).toLongLong();
        };
        return {.requests = figure("requests"_L1),
            .admitted = figure("admitted"_L1),
            .refused = figure("refused"_L1),
            .errors = figure("errors"_L1),
            .input = figure("input_tokens"_L1),
            .output = figure("output_tokens"_L1),
            .cost = figure("micro_cents"_L1),
            .unpriced = figure("unpriced_requests"_L1),
            .estimated = figure("estimated_requests"_L1)};
    }

private:
    const QStringList &m_columns;
};

milliseconds timeOf(const QVariantList &row)
{
    return milliseconds(
        QDateTime::fromString(row.constFirst().toString(), Qt::ISODate).toMSecsSinceEpoch());
}

} // namespace

Result<History> history(LedgerReader &reader, const HistoryQuestion &question, const Watch &watch)
{
    const auto bucket = bucketFor(question.edges);
    if (!bucket)
        return bucket.error();
    const UsageQuery query = toQuery(question, *bucket);
    const auto table = reader.usage(
        query, limitsOf(reader, watch, std::numeric_limits<qint64>::max(), HistoryTime));
    if (!table)
        return table.error();
    History history;
    history.edges = question.edges;
    history.steps.resize(question.edges.size() - 1);
    history.notes = table->notes;
    const SumReader sums(table->columns);
    for (const QVariantList &row : table->rows) {
        const auto after =
            std::upper_bound(history.edges.cbegin(), history.edges.cend(), timeOf(row));
        if (after == history.edges.cbegin() || after == history.edges.cend())
            continue;
        const HistorySums found = sums.read(row);
        history.steps[static_cast<size_t>(after - history.edges.cbegin()) - 1] += found;
        history.total += found;
    }
    const auto lost = reader.lost(query);
    if (!lost)
        return lost.error();
    history.lost = *lost;
    return history;
}

namespace {

bool isFull(const OlderRequests &page, const OlderQuestion &question)
{
    return static_cast<qint64>(page.records.size()) >= question.most
        || page.rows >= question.mostRows;
}

QString olderStatement(const OlderRequests &page, qint64 count)
{
    return u"SELECT %1 FROM requests WHERE (time_ms, id) < (%2, %3) ORDER BY time_ms DESC, id DESC "
           u"LIMIT %4"_s.arg(LedgerRecords::columns())
               .arg(page.before.count())
               .arg(page.beforeId)
               .arg(count);
}

/// Until the page is full.
void addRows(const stores::Table &table, const OlderQuestion &question, LedgerRecords &records,
    OlderRequests &page)
{
    for (const QVariantList &row : table.rows) {
        if (isFull(page, question))
            return;
        RequestRecord record = records.read(row);
        page.before = LedgerRecords::timeOf(row);
        page.beforeId = LedgerRecords::idOf(row);
        ++page.rows;
        if (!question.matches || question.matches(record))
            page.records.push_back(std::move(record));
    }
}

} // namespace

Result<OlderRequests> older(LedgerReader &reader, const OlderQuestion &question, const Watch &watch)
{
    LedgerRecords records;
    OlderRequests page;
    page.before = question.before;
    page.beforeId = question.beforeId;
    while (!page.isEnd && !isFull(page, question) && !watch.isStopped()) {
        // What matches everything needs no more rows than it wants.
        const qint64 count = question.matches
            ? RowsAtOnce
            : std::max<qint64>(FewestRows, question.most - qint64(page.records.size()));
        const auto table =
            reader.select(olderStatement(page, count), limitsOf(reader, watch, count, OlderTime));
        if (!table)
            return table.error();
        addRows(*table, question, records, page);
        const bool isWhole = !table->isCut && static_cast<qint64>(table->rows.size()) < count;
        page.isEnd = isWhole && !isFull(page, question);
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
