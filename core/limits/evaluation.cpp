// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/evaluation.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/matching.h"
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
    case Refusal::Slots:
        return Verdict::SlotsTaken;
    case Refusal::Wait:
        return Verdict::LimitReached;
    case Refusal::NoRoom:
        return Verdict::NoRoom;
    case Refusal::StoreDown:
        return Verdict::StoreDown;
    case Refusal::Unpriced:
        return Verdict::Unpriced;
    case Refusal::NeverFits:
        return Verdict::NeverFits;
    case Refusal::MissingSegment:
        return Verdict::MissingSegment;
    }
    return Verdict::Admitted;
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

/// The limit with the amounts that hold for one segment value.
const LimitPtr &own(const LimitPtr &limit, const QByteArray &value)
{
    if (limit->overrides.empty())
        return limit;
    const auto found = limit->overrides.find(value);
    return found == limit->overrides.end() ? limit : found->second;
}

} // namespace

Rate rateOf(const Step &step, const Limit &limit)
{
    Rate rate = limit.rate();
    rate.extra = step.raise != nullptr ? step.raise->extra : 0;
    return rate;
}

bool needsSettling(const Limit &limit, const Subject &subject)
{
    if (limit.unit != Unit::Request)
        return true;
    const bool dependsOnProvider =
        !limit.match.providers.isEmpty() || !limit.match.models.isEmpty();
    return dependsOnProvider && subject.candidates.size() > 1;
}

Evaluation::Evaluation(
    const CounterBook &book, const OperationIndex &operations, const Question &question)
    : m_book(book), m_operations(operations), m_question(question)
{
    const Subject &subject = question.subject;
    const std::vector<LimitPtr> &configured = question.limits.limitsFor(subject);
    const bool hasPolicies = question.limits.policyHeader().enabled;
    decision.at = question.now.engine;
    decision.chain.reserve(configured.size() + (hasPolicies ? subject.policies.size() : 0));
    for (const LimitPtr &limit : configured) {
        if (matches(limit->match, subject))
            add(limit, book.registry.termsOf(*limit));
    }
    if (hasPolicies) {
        for (const Policy &policy : subject.policies)
            addPolicy(policy);
    }
    for (const Step &step : m_steps) {
        if (step.isLocated)
            book.counters.prefetchEntry(step.key);
    }
    for (size_t i = 0; i < size(); ++i)
        examine(i);
    // Enforced limits first: a shadow limit never takes the last place from them.
    qint64 room = question.limits.maxCounters() - book.counters.size();
    checkRoom(LimitMode::Enforce, room);
    checkRoom(LimitMode::Shadow, room);
    conclude();
}

void Evaluation::addPolicy(const Policy &policy)
{
    const quint32 terms = m_book.registry.termsOf(policy);
    if (terms != LimitRegistry::None)
        add(m_book.registry.at(terms).limit, terms);
    else
        add(policyLimit(policy, m_question.limits.policyHeader()), terms);
}

void Evaluation::add(const LimitPtr &limit, quint32 terms)
{
    Step &step = m_steps.emplace_back();
    ChainLink &link = decision.chain.emplace_back();
    link.limit = limit;
    step.terms = terms;
    const SegmentValue segment = segmentValue(*limit, m_question.subject);
    if (segment.isMissing && limit->onMissing != MissingSegment::Share) {
        link.usage.quota = link.usage.remaining = limit->quota;
        link.verdict = LinkVerdict::Skipped;
        if (limit->onMissing == MissingSegment::Reject)
            refuse(step, link, Refusal::MissingSegment);
        return;
    }
    link.value = displayValue(*limit, segment.owner, segment.value);
    if (const LimitPtr &chosen = own(limit, link.value); chosen != limit) {
        link.limit = chosen;
        step.terms = m_book.registry.termsOf(*chosen);
    }
    if (m_operations.hasRaises())
        step.raise = m_operations.raiseOf(limit->name, link.value, m_question.now.engine);
    step.counts = true;
    step.now = m_question.now;
    step.owner = &segment.owner;
    step.key.value = segment.value; // shared with the subject, which outlives this
    locate(step, *link.limit, segment.owner);
}

void Evaluation::locate(Step &step, const Limit &limit, const QByteArray &owner)
{
    const LimitRegistry &registry = m_book.registry;
    const bool isRunning = step.terms != LimitRegistry::None;
    if (limit.algorithm == Algorithm::CalendarWindow) {
        const milliseconds wall = m_question.now.wall;
        step.period = isRunning ? registry.periodsOf(step.terms, wall).current
                                : periodAt(limit.calendar, wall);
        step.key.period = periodNumber(step.period.start);
    }
    const quint32 group = isRunning ? registry.at(step.terms).group : registry.groupOf(limit);
    const quint32 number = registry.ownerOf(owner);
    step.key.group = group;
    step.key.owner = number;
    step.isLocated = group != LimitRegistry::None && number != LimitRegistry::None;
    if (step.isLocated) {
        step.key = m_book.counters.hashed(step.key);
        m_book.counters.prefetchIndex(step.key);
    }
}

/// Finds the counter of a link and asks it.
void Evaluation::examine(size_t index)
{
    Step &step = this->step(index);
    if (!step.counts)
        return;
    const Limit &limit = this->limit(index);
    findOrigin(index);
    if (step.isLocated)
        m_book.load(step, limit, m_question.now);
    else
        step.bucket = gcra::fresh(limit.rate(), m_question.now.engine);
    if (step.origin == Origin::Store)
        takeAnswer(step);
    if (!findCost(index))
        return;
    findTwin(index);
    judge(index);
}

/// What the request needs of a limit; false if that can never be had.
bool Evaluation::findCost(size_t index)
{
    Step &step = this->step(index);
    ChainLink &link = decision.chain[index];
    const std::optional<Expected> expected = expectedOf(link.limit->unit, m_question.estimate);
    if (!expected) {
        refuse(step, link, Refusal::Unpriced);
        return false;
    }
    step.expected = *expected;
    link.cost = reservedOf(*expected, rateOf(step, *link.limit).capacity());
    return true;
}

void Evaluation::judge(size_t index)
{
    Step &step = this->step(index);
    ChainLink &link = decision.chain[index];
    link.wait = nanoseconds(0);
    link.verdict = LinkVerdict::Passes;
    step.refusal = Refusal::None;
    if (step.origin == Origin::Nowhere) {
        if (link.limit->onStoreFailure == StoreFailure::Closed
            && link.limit->mode == LimitMode::Enforce)
            refuse(step, link, Refusal::StoreDown);
        return;
    }
    if (step.origin == Origin::Store && step.reading->admits)
        return;
    Answer answer = ask(step, *link.limit, link.cost);
    if (step.origin == Origin::Unasked && !answer.neverFits)
        return;
    answer.admits = answer.admits && step.origin != Origin::Store;
    link.wait = answer.wait;
    if (answer.neverFits)
        refuse(step, link, Refusal::NeverFits);
    else if (!answer.admits)
        refuse(step, link,
            link.limit->algorithm == Algorithm::Concurrency ? Refusal::Slots : Refusal::Wait);
}

Answer Evaluation::ask(const Step &step, const Limit &limit, MicroAmount cost) const
{
    Rate rate = rateOf(step, limit);
    const Answer answer = askAt(step, limit, rate, cost);
    if (answer.admits || step.raise == nullptr)
        return answer;
    const nanoseconds ends = step.raise->until - m_question.now.engine;
    if (!answer.neverFits && answer.wait < ends)
        return answer;
    // The raise is over before it helps. From its end on, what is guessed is capped anew.
    rate.extra = 0;
    Answer later = askAt(step, limit, rate, reservedOf(step.expected, rate.capacity()));
    later.admits = false;
    later.wait = later.neverFits ? nanoseconds(0) : std::max(later.wait, ends);
    return later;
}

Answer Evaluation::askAt(
    const Step &step, const Limit &limit, const Rate &rate, MicroAmount cost) const
{
    const Instant now = step.now;
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return gcra::ask(step.bucket, rate, cost, now.engine);
    case Algorithm::SlidingWindow:
        return slidingwindow::ask(step.window(), rate, cost, now.engine);
    case Algorithm::CalendarWindow:
        return askCalendar(step, rate.capacity(), cost);
    case Algorithm::Concurrency:
        break;
    }
    const MicroAmount capacity = rate.capacity();
    return {step.level <= capacity - cost, cost > capacity, nanoseconds(0)};
}

Answer Evaluation::askCalendar(const Step &step, MicroAmount capacity, MicroAmount cost) const
{
    const Instant now = step.now;
    Answer answer =
        calendarwindow::ask({step.period.start, step.level}, step.period, capacity, cost, now.wall);
    if (answer.wait > nanoseconds(0) && !m_book.fitsNextPeriod(step, capacity, cost, now)) {
        const CalendarPeriod &next = m_book.registry.periodsOf(step.terms, now.wall).next;
        answer.wait += next.end - next.start;
    }
    return answer;
}

Usage Evaluation::usageOf(const Step &step, const Limit &limit) const
{
    const Rate rate = rateOf(step, limit);
    const Instant now = step.now;
    Usage usage;
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        usage = gcra::usage(step.bucket, rate, now.engine);
        break;
    case Algorithm::SlidingWindow:
        usage = slidingwindow::usage(step.window(), rate, now.engine);
        break;
    case Algorithm::CalendarWindow:
        usage = calendarwindow::usage(
            {step.period.start, step.level}, step.period, rate.capacity(), now.wall);
        break;
    case Algorithm::Concurrency:
        usage = usageAt(limit, SlotState{step.level}, now, {0, rate.extra});
        break;
    }
    const MicroAmount reserved = step.origin == Origin::Store
        ? step.reading->reserved
        : m_book.reservedAt(step.counter, now.engine);
    usage.reserved = std::min(reserved, usage.used);
    usage.used -= usage.reserved;
    return usage;
}

/// Items of one header with the same identity share their counter: the smaller quota binds, also in
/// what the request is charged and in what the counter remembers of it.
void Evaluation::findTwin(size_t index)
{
    Step &step = this->step(index);
    const Limit &limit = this->limit(index);
    if (limit.scope != LimitScope::Header)
        return;
    for (size_t i = 0; i < index; ++i) {
        ChainLink &other = decision.chain[i];
        Step &first = this->step(i);
        if (other.limit->scope != LimitScope::Header || other.limit->name != limit.name
            || first.twin >= 0)
            continue;
        step.twin = static_cast<int>(i);
        if (first.terms != LimitRegistry::None
            && limit.quota < m_book.registry.at(first.terms).limit->quota)
            first.terms = step.terms;
        MicroAmount &cost = decision.chain[index].cost;
        if (cost < other.cost)
            lowerCost(i, index, cost);
        cost = other.cost;
        shareAnswer(step, first);
        return;
    }
}

/// The first of some twins and those between cost no more than the one that has been found.
void Evaluation::lowerCost(size_t first, size_t end, MicroAmount cost)
{
    for (size_t i = first; i < end; ++i) {
        if (i != first && step(i).twin != static_cast<int>(first))
            continue;
        decision.chain[i].cost = cost;
        judge(i);
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
        decision.wait = longestWait(decision.bindingLink()->wait);
    if (const Block *block = m_operations.blockOf(m_question.subject, m_question.now.engine)) {
        decision.verdict = Verdict::Blocked;
        decision.block = *block;
        decision.binding = -1;
        decision.wait = nanoseconds(0);
    }
}

/// What passes now may refuse by then: because a raise is over, or because the next period of a
/// calendar has been used already, before the wall clock was set back.
nanoseconds Evaluation::longestWait(nanoseconds wait) const
{
    nanoseconds before{0};
    while (before < wait) {
        before = wait;
        for (size_t i = 0; i < size(); ++i) {
            const Refusal refusal = m_steps[static_cast<qsizetype>(i)].refusal;
            const bool mayPass = refusal == Refusal::None || refusal == Refusal::Wait;
            if (mayPass && limit(i).mode == LimitMode::Enforce)
                wait = std::max(wait, waitLater(i, before));
        }
    }
    return wait;
}

/// How long a limit makes the request wait that comes again after `wait`; 0 if it does not.
nanoseconds Evaluation::waitLater(size_t index, nanoseconds wait) const
{
    const Step &step = m_steps[static_cast<qsizetype>(index)];
    const Limit &limit = this->limit(index);
    nanoseconds longer{0};
    if (!step.counts)
        return longer;
    Rate rate = rateOf(step, limit);
    if (step.raise != nullptr && step.raise->until - m_question.now.engine <= wait) {
        rate.extra = 0;
        longer = askAt(step, limit, rate, reservedOf(step.expected, rate.capacity())).wait;
    }
    if (limit.algorithm == Algorithm::CalendarWindow)
        longer = std::max(longer, nextPeriodWait(step, rate.capacity(), wait));
    return longer;
}

/// Until the end of the next period if that has begun by then and has no room.
nanoseconds Evaluation::nextPeriodWait(
    const Step &step, MicroAmount capacity, nanoseconds wait) const
{
    const Instant now = m_question.now;
    if (step.period.end - now.wall > wait
        || m_book.fitsNextPeriod(step, capacity, reservedOf(step.expected, capacity), now))
        return nanoseconds(0);
    return m_book.registry.periodsOf(step.terms, now.wall).next.end - now.wall;
}

void Evaluation::finish()
{
    for (size_t i = 0; i < size(); ++i) {
        if (step(i).counts)
            decision.chain[i].usage = usageOf(step(i), limit(i));
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
