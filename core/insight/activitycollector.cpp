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

/// What a request used is known when it has ended; of most that are refused there is nothing to
/// tell.
bool hasSpent(const RequestRecord &record)
{
    return record.outcome != Outcome::Streaming
        && (!record.charge.isEmpty() || isError(record)
            || record.decision.verdict == limits::Verdict::Unpriced);
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
    spend(record);
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
    return m_batch.requests == 0 && m_batch.records.empty() && m_batch.models.empty()
        && m_batch.subjects.empty();
}

ActivityBatch ActivityCollector::take()
{
    m_subjects.clear();
    m_members.clear();
    m_models.clear();
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
    const bool hasEnded = hasSpent(record);
    forEachSubject(record.subject, [&](SubjectDelta &delta) {
        fold(delta, record, isWatched);
        if (hasEnded)
            delta.spent.add(record);
    });
    if (ModelDelta *model = modelOf(record)) {
        ++model->requests;
        if (wasRefused(record))
            ++model->refused;
        if (hasEnded)
            spend(*model, record);
    }
}

void ActivityCollector::spend(const RequestRecord &record)
{
    if (!hasSpent(record))
        return;
    forEachSubject(record.subject, [&record](SubjectDelta &delta) { delta.spent.add(record); });
    if (ModelDelta *model = modelOf(record))
        spend(*model, record);
}

void ActivityCollector::spend(ModelDelta &delta, const RequestRecord &record)
{
    delta.spent.add(record);
    const bool wasTurnedAway = record.decision.verdict == limits::Verdict::Unpriced;
    if (wasTurnedAway || !record.charge.isEmpty())
        delta.isUnpriced = wasTurnedAway || record.charge.isUnpriced();
}

template <typename Fold>
void ActivityCollector::forEachSubject(const limits::Subject &subject, const Fold &fold)
{
    const auto apply = [this, &fold](size_t index) { fold(m_batch.subjects[index]); };
    using config::SegmentKind;
    if (!subject.apiKey.isEmpty())
        apply(indexOf({{SegmentKind::ApiKey, {}}, subject.apiKey}));
    if (!subject.endUser.isEmpty())
        apply(indexOf({{SegmentKind::EndUser, {}}, subject.endUser}));
    if (!subject.team.isEmpty())
        apply(indexOf({{SegmentKind::Team, {}}, subject.team}));
    if (!subject.team.isEmpty() && !subject.member.isEmpty())
        apply(indexOfMember(subject));
    for (const limits::Property &property : subject.properties)
        apply(indexOf({{SegmentKind::Property, property.name}, property.value}));
}

// A member is looked up by its two names: joining them would cost every request an allocation.
size_t ActivityCollector::indexOfMember(const limits::Subject &subject)
{
    const NamePair names(subject.team, subject.member);
    auto found = m_members.constFind(names);
    if (found == m_members.cend()) {
        const size_t index = indexOf(
            {{config::SegmentKind::TeamMember, {}}, memberValue(subject.team, subject.member)});
        found = m_members.insert(names, index);
    }
    return *found;
}

/// Null for requests that name no model.
ModelDelta *ActivityCollector::modelOf(const RequestRecord &record)
{
    if (record.model.isEmpty())
        return nullptr;
    NamePair names(record.provider, record.model);
    auto found = m_models.constFind(names);
    if (found == m_models.cend() && m_batch.models.size() >= MaxModels) {
        names = {};
        found = m_models.constFind(names);
    }
    if (found == m_models.cend()) {
        found = m_models.insert(names, m_batch.models.size());
        m_batch.models.push_back({.provider = names.first, .model = names.second});
    }
    return &m_batch.models[*found];
}

size_t ActivityCollector::indexOf(const SubjectId &subject)
{
    auto found = m_subjects.constFind(subject);
    if (found == m_subjects.cend()) {
        found = m_subjects.insert(subject, m_batch.subjects.size());
        m_batch.subjects.push_back({.subject = subject, .counters = {}});
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
