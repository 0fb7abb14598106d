// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/requestlogmodel.h"

#include "ui/models/requestcells.h"
#include "ui/models/requestfilter.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::Outcome;
using insight::RequestRecord;
using std::chrono::microseconds;

namespace {

constexpr int MaxMissed = 200; ///< single insertions in one tick; the rest waits for the next

/// The tabs; pure.
bool isOf(RequestLogModel::View view, const RequestRecord &record)
{
    switch (view) {
    case RequestLogModel::View::All:
        return true;
    case RequestLogModel::View::Refused:
        return insight::wasRefused(record);
    case RequestLogModel::View::WouldRefuse:
        return wouldBeRefused(record);
    case RequestLogModel::View::Failed:
        break;
    }
    return !insight::wasRefused(record)
        && (record.outcome == Outcome::UpstreamFailed || record.outcome == Outcome::Rejected
            || record.outcome == Outcome::ClientLeft || record.status >= 500);
}

} // namespace

RequestLogModel::RequestLogModel(
    session::RequestFeed &feed, const Clock &clock, session::LedgerQueries *ledger, QObject *parent)
    : QAbstractTableModel(parent), m_feed(feed), m_clock(clock), m_older(ledger, feed, clock)
{
    m_slices.setInterval(0);
    connect(&m_slices, &QTimer::timeout, this, &RequestLogModel::filterSlice);
    connect(&m_feed, &session::RequestFeed::trimmed, this, &RequestLogModel::forgetOldest);
    connect(&m_feed, &session::RequestFeed::updated, this, &RequestLogModel::noteUpdated);
    connect(&m_older, &OlderRequests::arrived, this, &RequestLogModel::insertOlder);
    connect(&m_older, &OlderRequests::stateChanged, this, &RequestLogModel::olderChanged);
    restart();
}

RequestLogModel::~RequestLogModel() = default;

std::vector<FilterField> RequestLogModel::filterFields()
{
    return requestFilterFields();
}

// --- rows and sequence numbers -------------------------------------------------------------------

RequestLogModel::Sequence RequestLogModel::end() const
{
    return m_base + Sequence(m_feed.size());
}

const RequestRecord &RequestLogModel::record(Sequence sequence) const
{
    return m_feed.at(static_cast<int>(sequence - m_base));
}

RequestLogModel::Sequence RequestLogModel::sequenceAt(int row) const
{
    return m_rows[m_rows.size() - 1 - size_t(row)];
}

int RequestLogModel::rowOf(Sequence sequence) const
{
    const auto found = std::lower_bound(m_rows.cbegin(), m_rows.cend(), sequence);
    if (found == m_rows.cend() || *found != sequence)
        return -1;
    return static_cast<int>(m_rows.cend() - found) - 1;
}

const RequestRecord &RequestLogModel::shown(int row) const
{
    const auto inRing = static_cast<int>(m_rows.size());
    return row < inRing ? record(sequenceAt(row)) : m_older.at(row - inRing);
}

const RequestRecord *RequestLogModel::recordAt(int row) const
{
    return row >= 0 && row < rowCount() ? &shown(row) : nullptr;
}

int RequestLogModel::rowOfRecord(quint64 id) const
{
    // Ids grow with arrival but records with the end of the request, so the order is not strict.
    for (int row = 0; row < rowCount(); ++row) {
        if (shown(row).id == id)
            return row;
    }
    return -1;
}

// The feed is about to drop its oldest records; it says so before it does.
void RequestLogModel::forgetOldest(int count)
{
    const Sequence base = m_base + Sequence(count);
    const auto kept = std::lower_bound(m_rows.cbegin(), m_rows.cend(), base);
    const int gone = static_cast<int>(kept - m_rows.cbegin());
    if (gone > 0 && m_older.isStarted()) {
        keepTrimmed(gone);
    } else if (gone > 0) {
        beginRemoveRows({}, rowCount() - gone, rowCount() - 1);
        m_rows.erase(m_rows.cbegin(), kept);
        m_base = base;
        endRemoveRows();
    }
    m_base = base;
    m_next = std::max(m_next, m_base);
    while (!m_waiting.empty() && m_waiting.front() < m_base) {
        m_waiting.pop_front();
        m_hasGap = m_older.isStarted(); // the ledger has them
    }
    std::erase_if(m_updated, [base](Sequence sequence) { return sequence < base; });
}

// They stay where they are in the list; what is too much goes from its other end.
void RequestLogModel::keepTrimmed(int count)
{
    const int surplus = m_older.size() + count - OlderRequests::Capacity;
    if (const int gone = std::min(surplus, m_older.size()); gone > 0) {
        beginRemoveRows({}, rowCount() - gone, rowCount() - 1);
        m_older.removeLast(gone);
        endRemoveRows();
    }
    for (int i = 0; i < count; ++i) {
        m_older.prepend(record(m_rows.front()));
        m_rows.pop_front();
    }
}

void RequestLogModel::insertOlder(const std::vector<RequestRecord> &records)
{
    beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(records.size()) - 1);
    m_older.append(records);
    endInsertRows();
}

// A request that came in from the ledger before its report did.
void RequestLogModel::dropOlderTwin(const RequestRecord &record)
{
    const int index = m_older.indexOf(record.requestId);
    if (index < 0)
        return;
    const int row = static_cast<int>(m_rows.size()) + index;
    beginRemoveRows({}, row, row);
    m_older.removeAt(index);
    endRemoveRows();
}

void RequestLogModel::noteUpdated(int index)
{
    const Sequence sequence = m_base + Sequence(index);
    if (sequence < m_next)
        m_updated.push_back(sequence);
}

// --- staying current -----------------------------------------------------------------------------

void RequestLogModel::tick()
{
    takeUpdated();
    takeArrived();
    if (waitingCount() != m_lastWaiting) {
        m_lastWaiting = waitingCount();
        Q_EMIT waitingChanged(m_lastWaiting);
    }
}

void RequestLogModel::takeArrived()
{
    if (m_isFollowing && m_hasGap)
        restart();
    const Sequence last = end();
    for (; m_next < last; ++m_next) {
        dropOlderTwin(record(m_next));
        if (matches(record(m_next)))
            m_waiting.push_back(m_next);
    }
    if (m_isFollowing)
        insertNewest();
}

void RequestLogModel::insertNewest()
{
    if (m_waiting.empty())
        return;
    beginInsertRows({}, 0, waitingCount() - 1);
    m_rows.insert(m_rows.end(), m_waiting.begin(), m_waiting.end());
    m_waiting.clear();
    endInsertRows();
}

// A stream that ended changed its row in place, and may fit a filter that it did not fit before.
void RequestLogModel::takeUpdated()
{
    std::vector<Sequence> later;
    int missed = 0;
    for (const Sequence sequence : m_updated) {
        const int row = rowOf(sequence);
        const bool isSeen = !m_nextOld || sequence >= *m_nextOld;
        const bool isWaiting = std::binary_search(m_waiting.cbegin(), m_waiting.cend(), sequence);
        if (row >= 0)
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
        else if (isSeen && !isWaiting && matches(record(sequence)) && ++missed <= MaxMissed)
            insertMissed(sequence);
        else if (missed > MaxMissed)
            later.push_back(sequence);
    }
    m_updated = std::move(later);
}

void RequestLogModel::insertMissed(Sequence sequence)
{
    if (!m_waiting.empty() && sequence > m_waiting.front()) {
        m_waiting.insert(
            std::lower_bound(m_waiting.cbegin(), m_waiting.cend(), sequence), sequence);
        return;
    }
    const auto place = std::lower_bound(m_rows.cbegin(), m_rows.cend(), sequence);
    const int row = static_cast<int>(m_rows.cend() - place); // before those of the ledger
    beginInsertRows({}, row, row);
    m_rows.insert(place, sequence);
    endInsertRows();
}

void RequestLogModel::setFollowing(bool following)
{
    if (following == m_isFollowing)
        return;
    m_isFollowing = following;
    if (following)
        tick();
}

// --- filter --------------------------------------------------------------------------------------

void RequestLogModel::setFilter(const FilterQuery &query)
{
    if (!query.isValid() || query == m_filter)
        return;
    m_filter = query;
    restart();
}

void RequestLogModel::setView(View view)
{
    if (view == m_view)
        return;
    m_view = view;
    restart();
}

// Starts over from the newest record backwards: what people look at first comes first.
void RequestLogModel::restart()
{
    if (rowCount() > 0) {
        beginRemoveRows({}, 0, rowCount() - 1);
        m_rows.clear();
        restartOlder();
        endRemoveRows();
    } else {
        restartOlder();
    }
    m_waiting.clear();
    m_updated.clear();
    m_next = end();
    m_nextOld = end();
    m_slices.start();
    Q_EMIT filteringChanged(true);
    filterSlice();
    m_lastWaiting = 0;
    Q_EMIT waitingChanged(0);
}

void RequestLogModel::filterSlice()
{
    if (!m_nextOld)
        return;
    Sequence next = *m_nextOld;
    std::vector<Sequence> found;
    for (int looked = 0; next > m_base && looked < SliceSize; ++looked) {
        --next;
        if (matches(record(next)))
            found.push_back(next);
    }
    if (!found.empty()) { // older ones are read when this is done
        beginInsertRows({}, rowCount(), rowCount() + static_cast<int>(found.size()) - 1);
        m_rows.insert(m_rows.begin(), found.rbegin(), found.rend());
        endInsertRows();
    }
    m_nextOld = next;
    if (next > m_base)
        return;
    m_nextOld.reset();
    m_slices.stop();
    Q_EMIT filteringChanged(false);
}

bool RequestLogModel::matches(const RequestRecord &record) const
{
    return isOf(m_view, record) && requestMatches(record, m_filter, m_clock.wall());
}

// --- older requests ------------------------------------------------------------------------------

void RequestLogModel::restartOlder()
{
    std::chrono::milliseconds since{0};
    for (const FilterTerm &term : m_filter.terms) {
        if (term.field == "since"_L1 && !term.isNegated)
            since = m_clock.wall() - std::chrono::milliseconds(qint64(term.number * 1000));
    }
    session::OlderQuestion::Matcher fits;
    if (m_view != View::All || !m_filter.terms.empty())
        fits = [view = m_view, filter = m_filter, wall = m_clock.wall()](
                   const RequestRecord &record) {
            return isOf(view, record) && requestMatches(record, filter, wall);
        };
    m_older.restart(fits, since);
    m_hasGap = false;
}

bool RequestLogModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && !isFiltering() && m_older.canFetch();
}

void RequestLogModel::fetchMore(const QModelIndex &parent)
{
    if (canFetchMore(parent))
        m_older.fetch();
}

// --- as a table ----------------------------------------------------------------------------------

int RequestLogModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size()) + m_older.size();
}

int RequestLogModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RequestLogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    return requestcells::header(section, role);
}

QVariant RequestLogModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    return requestcells::cell(shown(index.row()), index.column(), role, m_clock.wall());
}

} // namespace sluice::ui
