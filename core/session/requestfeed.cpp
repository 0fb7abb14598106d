// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/requestfeed.h"

#include <algorithm>

namespace sluice::session {

using insight::Outcome;
using insight::RequestRecord;

namespace {

constexpr int MostSearched = 20'000;

bool touches(const RequestRecord &record, const insight::CounterId &counter)
{
    if (!counter.apiKey.isEmpty() && record.subject.apiKey != counter.apiKey)
        return false;
    return std::any_of(record.decision.chain.begin(), record.decision.chain.end(),
        [&counter](const limits::ChainLink &link) {
            return link.limit->name == counter.limit && link.value == counter.value;
        });
}

} // namespace

RequestFeed::RequestFeed(QObject *parent) : QObject(parent) { }

RequestFeed::~RequestFeed() = default;

void RequestFeed::ingest(const insight::ActivityBatchPtr &batch)
{
    m_notListed += batch->notListed;
    std::vector<const RequestRecord *> added;
    added.reserve(batch->records.size());
    for (const RequestRecord &record : batch->records) {
        if (!updateStream(record))
            added.push_back(&record);
    }
    if (added.empty())
        return;
    const int surplus = size() + static_cast<int>(added.size()) - Capacity;
    if (surplus > 0) {
        Q_EMIT trimmed(surplus);
        m_records.erase(m_records.begin(), m_records.begin() + surplus);
        m_firstSerial += static_cast<quint64>(surplus);
    }
    for (const RequestRecord *record : added) {
        if (record->outcome == Outcome::Streaming)
            m_streams.insert(record->id, m_firstSerial + m_records.size());
        m_records.push_back(*record);
    }
    Q_EMIT appended(static_cast<int>(added.size()));
}

bool RequestFeed::updateStream(const RequestRecord &record)
{
    const auto stream = m_streams.find(record.id);
    if (stream == m_streams.end())
        return false;
    const quint64 serial = *stream;
    if (record.outcome != Outcome::Streaming)
        m_streams.erase(stream);
    if (serial >= m_firstSerial) { // else it has been trimmed meanwhile
        const auto index = static_cast<size_t>(serial - m_firstSerial);
        m_records[index] = record;
        Q_EMIT updated(static_cast<int>(index));
    }
    return true;
}

QList<RequestRecord> RequestFeed::touching(
    const insight::CounterId &counter, std::chrono::milliseconds since, int most) const
{
    QList<RequestRecord> found;
    const int last = std::max(0, size() - MostSearched);
    for (int i = size() - 1; i >= last && found.size() < most; --i) {
        const RequestRecord &record = at(i);
        if (record.at < since)
            break;
        if (touches(record, counter))
            found.append(record);
    }
    return found;
}

} // namespace sluice::session
