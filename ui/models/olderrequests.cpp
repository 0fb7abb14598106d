// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/olderrequests.h"

#include <algorithm>

using namespace std::chrono_literals;

namespace sluice::ui {

using insight::RequestRecord;
using session::LedgerQueries;
using std::chrono::milliseconds;

namespace {

constexpr int SeamRecords = 1000; ///< the ring's oldest, among which the ledger's rows begin
constexpr qint64 RowsAtOnce = 50'000; ///< looked at for one answer, so that progress is seen

} // namespace

OlderRequests::OlderRequests(
    LedgerQueries *ledger, const session::RequestFeed &feed, const Clock &clock, QObject *parent)
    : QObject(parent), m_ledger(ledger), m_feed(feed), m_clock(clock)
{
}

OlderRequests::~OlderRequests() = default;

void OlderRequests::restart(const session::OlderQuestion::Matcher &matches, milliseconds since)
{
    pause();
    m_next = {};
    m_next.matches = matches;
    m_next.mostRows = RowsAtOnce;
    m_since = since;
    m_records.clear();
    m_listed.clear();
    m_rows = 0;
    m_problem.clear();
    m_isStarted = false;
    m_isEnd = false;
}

bool OlderRequests::canFetch() const
{
    return m_ledger != nullptr && !m_isFetching && !m_isEnd && !isFull();
}

void OlderRequests::fetch()
{
    if (!canFetch())
        return;
    if (!m_isStarted)
        start();
    m_missing = PageSize;
    ask();
}

// The ring holds requests in the order in which they ended, the ledger is read in the order of
// their arrival: where both meet, a request may be in either.
void OlderRequests::start()
{
    m_isStarted = true;
    milliseconds seam = m_clock.wall();
    if (m_feed.size() > 0)
        seam = milliseconds::zero();
    for (int i = 0; i < std::min(m_feed.size(), SeamRecords); ++i) {
        const RequestRecord &record = m_feed.at(i);
        seam = std::max(
            seam, record.at + std::chrono::duration_cast<milliseconds>(record.duration) + 1ms);
    }
    for (int i = 0; i < m_feed.size(); ++i) {
        if (m_feed.at(i).at <= seam)
            m_listed.insert(m_feed.at(i).requestId);
    }
    m_next.before = seam;
}

void OlderRequests::ask()
{
    m_isFetching = true;
    m_next.most = m_missing;
    m_ledger->askOlder(
        m_next, this, [this](const Result<session::OlderRequests> &answer) { take(answer); });
    Q_EMIT stateChanged();
}

void OlderRequests::pause()
{
    if (m_isFetching)
        m_ledger->cancel(LedgerQueries::Purpose::Older);
    m_isFetching = false;
}

void OlderRequests::take(const Result<session::OlderRequests> &answer)
{
    m_isFetching = false;
    if (!answer) {
        end(answer.error());
        return;
    }
    m_next.before = answer->before;
    m_next.beforeId = answer->beforeId;
    m_rows += answer->rows;
    m_isEnd = answer->isEnd || answer->before < m_since;
    std::vector<RequestRecord> fresh;
    for (const RequestRecord &record : answer->records) {
        const bool hasRoom = size() + int(fresh.size()) < Capacity;
        if (m_listed.contains(record.requestId))
            --m_rows; // the ring counts it
        else if (hasRoom && record.at >= m_since)
            fresh.push_back(record);
    }
    m_missing -= int(fresh.size());
    if (!fresh.empty())
        Q_EMIT arrived(fresh);
    if (m_missing > 0 && canFetch())
        ask();
    else
        Q_EMIT stateChanged();
}

void OlderRequests::end(const Error &error)
{
    if (error.code == ErrorCode::Cancelled)
        return;
    m_isEnd = true;
    // Where nothing has been recorded there is nothing older either.
    if (error.code != ErrorCode::NotFound)
        m_problem = error.message;
    Q_EMIT stateChanged();
}

std::optional<milliseconds> OlderRequests::lookedBackTo() const
{
    return m_rows > 0 ? std::optional(m_next.before) : std::nullopt;
}

int OlderRequests::indexOf(const QByteArray &requestId) const
{
    if (!m_listed.contains(requestId))
        return -1;
    const auto found = std::find_if(m_records.cbegin(), m_records.cend(),
        [&requestId](const RequestRecord &record) { return record.requestId == requestId; });
    return found == m_records.cend() ? -1 : int(found - m_records.cbegin());
}

void OlderRequests::append(std::vector<RequestRecord> records)
{
    for (RequestRecord &record : records) {
        m_listed.insert(record.requestId);
        m_records.push_back(std::move(record));
    }
}

void OlderRequests::prepend(const RequestRecord &record)
{
    m_listed.insert(record.requestId);
    m_records.push_front(record);
}

void OlderRequests::removeAt(int index)
{
    m_records.erase(m_records.begin() + index);
}

void OlderRequests::removeLast(int count)
{
    m_records.erase(m_records.end() - count, m_records.end());
    m_isEnd = true; // what follows would no longer join
}

} // namespace sluice::ui
