// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/activitycollector.h"

#include <algorithm>

namespace sluice::insight {

namespace {

bool wouldRefuse(const limits::Decision &decision)
{
    return std::any_of(decision.chain.begin(), decision.chain.end(),
        [](const auto &link) { return link.verdict == limits::LinkVerdict::WouldRefuse; });
}

/// The key that a header policy's counter belongs to; other limits' counters belong to none.
QByteArrayView counterKey(const limits::ChainLink &link, const RequestRecord &record)
{
    const bool isHeader = link.limit->scope == limits::LimitScope::Header;
    return isHeader ? record.subject.apiKey : QByteArrayView();
}

void addCounter(SubjectDelta &delta, const limits::ChainLink &link, QByteArrayView apiKey)
{
    const auto isSame = [&link, apiKey](const CounterId &id) {
        return id.limit == link.limit->name && id.value == link.value && id.apiKey == apiKey;
    };
    if (std::none_of(delta.counters.begin(), delta.counters.end(), isSame))
        delta.counters.push_back({link.limit->name, link.value, apiKey.toByteArray()});
}

} // namespace

void ActivityCollector::note(const RequestRecord &record)
{
    const auto stream = m_streams.find(record.id);
    if (stream == m_streams.end()) {
        count(record);
        list(record);
        return;
    }
    if (stream->listedAt < m_batch.records.size())
        m_batch.records[stream->listedAt] = record;
    else if (stream->wasListed)
        m_batch.records.push_back(record);
    m_streams.erase(stream);
}

void ActivityCollector::list(const RequestRecord &record)
{
    const bool isListed = m_batch.records.size() < MaxRecords;
    if (record.outcome == Outcome::Streaming)
        m_streams.insert(record.id, {isListed ? m_batch.records.size() : NotInBatch, isListed});
    if (isListed)
        m_batch.records.push_back(record);
    else
        ++m_batch.notListed;
}

bool ActivityCollector::isEmpty() const
{
    return m_batch.requests == 0 && m_batch.records.empty();
}

ActivityBatch ActivityCollector::take()
{
    m_subjects.clear();
    for (Stream &stream : m_streams)
        stream.listedAt = NotInBatch;
    return std::exchange(m_batch, {});
}

void ActivityCollector::count(const RequestRecord &record)
{
    ++m_batch.requests;
    if (record.outcome == Outcome::Refused)
        ++m_batch.refused;
    const limits::Subject &subject = record.subject;
    using config::SegmentKind;
    if (!subject.apiKey.isEmpty())
        fold({{SegmentKind::ApiKey, {}}, subject.apiKey}, record);
    if (!subject.endUser.isEmpty())
        fold({{SegmentKind::EndUser, {}}, subject.endUser}, record);
    for (const limits::Property &property : subject.properties)
        fold({{SegmentKind::Property, property.name}, property.value}, record);
}

void ActivityCollector::fold(const SubjectId &subject, const RequestRecord &record)
{
    auto found = m_subjects.find(subject);
    if (found == m_subjects.end()) {
        found = m_subjects.insert(subject, m_batch.subjects.size());
        m_batch.subjects.push_back({subject, 0, 0, 0, {}});
    }
    SubjectDelta &delta = m_batch.subjects[*found];
    if (record.outcome == Outcome::Refused)
        ++delta.refused;
    else if (record.outcome != Outcome::Rejected)
        ++delta.admitted;
    if (wouldRefuse(record.decision))
        ++delta.wouldRefuse;
    for (const limits::ChainLink &link : record.decision.chain) {
        if (delta.counters.size() >= SubjectDelta::MaxCounters)
            break;
        if (link.verdict != limits::LinkVerdict::Skipped)
            addCounter(delta, link, counterKey(link, record));
    }
}

} // namespace sluice::insight
