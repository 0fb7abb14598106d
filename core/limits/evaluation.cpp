// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/evaluation.h"

#include "core/limits/gcra.h"
#include "core/limits/policylimit.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

Verdict verdictOf(Refusal refusal)
{
    switch (refusal) {
    case Refusal::None:
        break;
    case Refusal::Wait:
        return Verdict::LimitReached;
    case Refusal::NoRoom:
        return Verdict::NoRoom;
    case Refusal::NeverFits:
        return Verdict::NeverFits;
    case Refusal::MissingSegment:
        return Verdict::MissingSegment;
    }
    return Verdict::Admitted;
}

Answer ask(const Step &step, const Limit &limit, EngineTime now)
{
    // Units that this version cannot count are refused before they come here; should one slip
    // through, it must not pass uncounted.
    if (limit.unit != Unit::Request)
        return {false, true, nanoseconds(0)};
    if (limit.algorithm == Algorithm::Gcra)
        return gcra::ask(step.bucket, limit.rate(), MicroPerUnit, now);
    return slidingwindow::ask(step.window(), limit.rate(), MicroPerUnit, now);
}

Usage usageOf(const Step &step, const Limit &limit, EngineTime now)
{
    if (limit.algorithm == Algorithm::Gcra)
        return gcra::usage(step.bucket, limit.rate(), now);
    return slidingwindow::usage(step.window(), limit.rate(), now);
}

void refuse(Step &step, ChainLink &link, Refusal refusal)
{
    const bool isShadow = link.limit->mode == LimitMode::Shadow;
    step.refusal = refusal;
    link.verdict = isShadow ? LinkVerdict::WouldRefuse : LinkVerdict::Refuses;
}

/// Whether a has a smaller share of its quota left than b.
bool isTighter(const Usage &a, const Usage &b)
{
    return static_cast<Int128>(a.remaining) * b.quota < static_cast<Int128>(b.remaining) * a.quota;
}

} // namespace

const WindowState &Step::window() const
{
    static const WindowState s_empty;
    if (renewed)
        return *renewed;
    return stored != nullptr ? *stored : s_empty;
}

Evaluation::Evaluation(const LimitRegistry &registry, const CounterTable &counters, EngineTime now,
    const LimitSet &limits, const Subject &subject)
    : m_registry(registry), m_counters(counters), m_now(now), m_subject(subject)
{
    const std::vector<LimitPtr> &configured = limits.limitsFor(subject);
    const bool hasPolicies = limits.policyHeader().enabled;
    decision.at = now;
    decision.chain.reserve(configured.size() + (hasPolicies ? subject.policies.size() : 0));
    for (const LimitPtr &limit : configured)
        add(limit, registry.termsOf(limit.get()));
    if (hasPolicies) {
        for (const Policy &policy : subject.policies)
            addPolicy(policy, limits.policyHeader());
    }
    for (const Step &step : m_steps) {
        if (step.isLocated)
            counters.prefetchEntry(step.key);
    }
    for (size_t i = 0; i < size(); ++i)
        examine(i);
    // Enforced limits first: a shadow limit never takes the last place from them.
    qint64 room = limits.maxCounters() - counters.size();
    checkRoom(LimitMode::Enforce, room);
    checkRoom(LimitMode::Shadow, room);
    conclude();
}

void Evaluation::addPolicy(const Policy &policy, const config::PolicyHeader &header)
{
    const quint32 terms = m_registry.termsOf(policy);
    if (terms != LimitRegistry::None)
        add(m_registry.at(terms).limit, terms);
    else
        add(policyLimit(policy, header), terms);
}

void Evaluation::add(const LimitPtr &limit, quint32 terms)
{
    Step &step = m_steps.emplace_back();
    ChainLink &link = decision.chain.emplace_back();
    link.limit = limit;
    step.terms = terms;
    const SegmentValue segment = segmentValue(*limit, m_subject);
    if (segment.isMissing && limit->onMissing != MissingSegment::Share) {
        link.usage = {0, limit->quota, limit->quota, nanoseconds(0), nanoseconds(0)};
        link.verdict = LinkVerdict::Skipped;
        if (limit->onMissing == MissingSegment::Reject)
            refuse(step, link, Refusal::MissingSegment);
        return;
    }
    link.value = displayValue(*limit, segment.owner, segment.value);
    step.counts = true;
    step.key.value = segment.value; // shared with the subject, which outlives this
    locate(step, *limit, segment.owner);
}

void Evaluation::locate(Step &step, const Limit &limit, const QByteArray &owner)
{
    const quint32 group = step.terms != LimitRegistry::None ? m_registry.at(step.terms).group
                                                            : m_registry.groupOf(limit);
    const quint32 number = m_registry.ownerOf(owner);
    step.key.group = group;
    step.key.owner = number;
    step.isLocated = group != LimitRegistry::None && number != LimitRegistry::None;
    if (step.isLocated) {
        step.key = m_counters.hashed(step.key);
        m_counters.prefetchIndex(step.key);
    }
}

/// Finds the counter of a link and asks it.
void Evaluation::examine(size_t index)
{
    Step &step = this->step(index);
    if (!step.counts)
        return;
    const Limit &limit = this->limit(index);
    if (step.isLocated)
        step.counter = m_counters.find(step.key);
    load(step, limit);
    findTwin(index);
    const Answer answer = ask(step, limit, m_now);
    ChainLink &link = decision.chain[index];
    link.wait = answer.wait;
    if (!answer.admits)
        refuse(step, link, answer.neverFits ? Refusal::NeverFits : Refusal::Wait);
}

void Evaluation::load(Step &step, const Limit &limit) const
{
    if (step.counter == CounterTable::None) {
        step.bucket = gcra::fresh(limit.rate(), m_now);
        return;
    }
    const CounterTable::Entry &entry = m_counters.at(step.counter);
    m_counters.prefetchNeighbours(step.counter);
    if (limit.algorithm == Algorithm::Gcra) {
        step.bucket = m_registry.upToDate(entry.terms, entry.tat);
        return;
    }
    step.stored = entry.window.get();
    const quint32 latest = m_registry.latest(entry.terms);
    if (latest != entry.terms)
        step.renewed = m_registry.upToDate(entry.terms, *entry.window);
    const nanoseconds counted = m_registry.at(latest).limit->period;
    if (counted != limit.period)
        step.renewed = slidingwindow::rescaled(step.window(), counted, limit.period, m_now);
}

void Evaluation::findTwin(size_t index)
{
    Step &step = this->step(index);
    const Limit &limit = this->limit(index);
    if (limit.scope != LimitScope::Header)
        return;
    for (size_t i = 0; i < index; ++i) {
        const Limit &other = *decision.chain[i].limit;
        Step &first = this->step(i);
        if (other.scope != LimitScope::Header || other.name != limit.name || first.twin >= 0)
            continue;
        step.twin = static_cast<int>(i);
        // The smaller quota binds, also in what the counter remembers of the request.
        if (first.terms != LimitRegistry::None
            && limit.quota < m_registry.at(first.terms).limit->quota)
            first.terms = step.terms;
        return;
    }
}

void Evaluation::checkRoom(LimitMode mode, qint64 &room)
{
    for (size_t i = 0; i < size(); ++i) {
        Step &step = this->step(i);
        if (limit(i).mode != mode || !step.isCharged() || step.counter != CounterTable::None)
            continue;
        if (room > 0)
            --room;
        else
            refuse(step, decision.chain[i], Refusal::NoRoom);
    }
}

void Evaluation::conclude()
{
    Refusal worst = Refusal::None;
    for (size_t i = 0; i < size(); ++i) {
        const ChainLink &link = decision.chain[i];
        const Refusal refusal = step(i).refusal;
        if (link.verdict != LinkVerdict::Refuses || refusal < worst)
            continue;
        const ChainLink *binding = decision.bindingLink();
        if (refusal > worst || binding == nullptr || link.wait > binding->wait) {
            worst = refusal;
            decision.binding = static_cast<int>(i);
        }
    }
    decision.verdict = verdictOf(worst);
    if (worst == Refusal::Wait)
        decision.wait = decision.bindingLink()->wait;
}

void Evaluation::finish()
{
    for (size_t i = 0; i < size(); ++i) {
        if (step(i).counts)
            decision.chain[i].usage = usageOf(step(i), limit(i), m_now);
    }
    if (decision.isAdmitted())
        bindTightest();
}

void Evaluation::bindTightest()
{
    decision.binding = -1;
    for (size_t i = 0; i < size(); ++i) {
        if (!step(i).counts || limit(i).mode != LimitMode::Enforce)
            continue;
        const ChainLink *binding = decision.bindingLink();
        if (binding == nullptr || isTighter(decision.chain[i].usage, binding->usage))
            decision.binding = static_cast<int>(i);
    }
}

} // namespace sluice::limits
