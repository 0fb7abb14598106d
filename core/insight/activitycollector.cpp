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

/// The key that a policy's counter belongs to; other limits' counters belong to none.
QByteArrayView counterKey(const limits::ChainLink &link, const RequestRecord &record)
{
    return link.limit->isPolicy() ? record.subject.apiKey : QByteArrayView();
}

void addCounter(SubjectDelta &delta, const limits::ChainLink &link, QByteArrayView apiKey)
{
    const size_t most = isOwnLimit(*link.limit, delta.subject) ? SubjectDelta::MaxCounters
                                                               : SubjectDelta::MaxOthers;
    if (delta.counters.size() >= most)
        return;
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
    m_members.clear();
    for (Stream &stream : m_streams)
        stream.listedAt = NotInBatch;
    return std::exchange(m_batch, {});
}

void ActivityCollector::count(const RequestRecord &record)
{
    ++m_batch.requests;
    if (wasRefused(record))
        ++m_batch.refused;
    const bool isWatched = wouldRefuse(record.decision);
    const auto add = [this, &record, isWatched](const SubjectId &subject) {
        fold(m_batch.subjects[indexOf(subject)], record, isWatched);
    };
    const limits::Subject &subject = record.subject;
    using config::SegmentKind;
    if (!subject.apiKey.isEmpty())
        add({{SegmentKind::ApiKey, {}}, subject.apiKey});
    if (!subject.endUser.isEmpty())
        add({{SegmentKind::EndUser, {}}, subject.endUser});
    if (!subject.team.isEmpty())
        add({{SegmentKind::Team, {}}, subject.team});
    if (!subject.team.isEmpty() && !subject.member.isEmpty())
        foldMember(record, isWatched);
    for (const limits::Property &property : subject.properties)
        add({{SegmentKind::Property, property.name}, property.value});
}

// A member is looked up by its two names: joining them would cost every request an allocation.
void ActivityCollector::foldMember(const RequestRecord &record, bool wouldRefuse)
{
    const limits::Subject &subject = record.subject;
    const std::pair<QByteArray, QByteArray> names(subject.team, subject.member);
    auto found = m_members.constFind(names);
    if (found == m_members.cend()) {
        const size_t index = indexOf(
            {{config::SegmentKind::TeamMember, {}}, memberValue(subject.team, subject.member)});
        found = m_members.insert(names, index);
    }
    fold(m_batch.subjects[*found], record, wouldRefuse);
}

size_t ActivityCollector::indexOf(const SubjectId &subject)
{
    auto found = m_subjects.constFind(subject);
    if (found == m_subjects.cend()) {
        found = m_subjects.insert(subject, m_batch.subjects.size());
        m_batch.subjects.push_back({subject, 0, 0, 0, {}});
    }
    return *found;
}

void ActivityCollector::fold(SubjectDelta &delta, const RequestRecord &record, bool wouldRefuse)
{
    if (wasRefused(record))
        ++delta.refused;
    else if (record.outcome != Outcome::Rejected)
        ++delta.admitted;
    if (wouldRefuse)
        ++delta.wouldRefuse;
    for (const limits::ChainLink &link : record.decision.chain) {
        if (link.verdict != limits::LinkVerdict::Skipped)
            addCounter(delta, link, counterKey(link, record));
    }
}

} // namespace sluice::insight
