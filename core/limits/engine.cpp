// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/engine.h"

#include "core/limits/enginestate.h"
#include "core/limits/evaluation.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/storesurplus.h"

#include <algorithm>

namespace sluice::limits {

namespace {

// For each counter created, so that expired ones go without anybody asking.
constexpr int SweptPerNewCounter = 2;
constexpr int SweptWhenFull = 64;

constexpr int PlacesPerReading = 8;

} // namespace

class Engine::Private
{
public:
    void prepare(const LimitSet &limits, const Subject &subject);
    int charge(const Question &question, Evaluation &evaluation);
    void chargeOne(const Question &question, Evaluation &evaluation, size_t index);
    void mirror(const Question &question, Evaluation &evaluation);
    [[nodiscard]] CounterReading read(quint32 number, Instant now) const;

    CounterBook book;
    OperationIndex operations;
    Operations inForce;
    StoreSurplus surplus;
    qint64 overdue = 0;
};

Engine::Engine() : d(std::make_unique<Private>()) { }

Engine::~Engine() = default;

Decision Engine::reserve(Instant now, const LimitSet &limits, const Subject &subject,
    const Estimate &estimate, const StoreView *stores)
{
    if (d->book.registry.serial() != limits.serial())
        apply(now, limits);
    d->prepare(limits, subject);
    const Question question{now, limits, subject, estimate, stores};
    Evaluation evaluation(d->book, d->operations, question);
    if (stores != nullptr)
        d->mirror(question, evaluation);
    int toSweep = 0;
    if (evaluation.decision.isAdmitted())
        toSweep = d->charge(question, evaluation) * SweptPerNewCounter;
    evaluation.finish(); // before any counter goes that it refers to
    if (evaluation.decision.verdict == Verdict::NoRoom)
        d->book.sweep(now, SweptWhenFull, Haste::Full);
    else
        d->book.sweep(now, toSweep);
    return std::move(evaluation.decision);
}

Plan Engine::plan(Instant now, const LimitSet &limits, const Subject &subject,
    const Estimate &estimate, const StoreView &stores, const QByteArray &reservation)
{
    if (d->book.registry.serial() != limits.serial())
        apply(now, limits);
    d->prepare(limits, subject);
    Evaluation evaluation(d->book, d->operations, {now, limits, subject, estimate, &stores});
    Plan plan;
    if (evaluation.decision.isAdmitted())
        plan.questions = evaluation.questions(reservation);
    plan.isMixed = evaluation.isMixed();
    if (plan.questions.empty())
        evaluation.finish();
    plan.decision = std::move(evaluation.decision);
    return plan;
}

StoreDues Engine::takeDues(Instant now, int store)
{
    return d->surplus.isEmpty() ? StoreDues() : d->surplus.take(d->book, store, now);
}

Decision Engine::explain(
    Instant now, const LimitSet &limits, const Subject &subject, const Estimate &estimate) const
{
    Evaluation evaluation(d->book, d->operations, {now, limits, subject, estimate, nullptr});
    evaluation.finish();
    return std::move(evaluation.decision);
}

void Engine::Private::prepare(const LimitSet &limits, const Subject &subject)
{
    if (!subject.team.isEmpty())
        book.registry.intern(subject.team);
    if (limits.hasPolicies() || !subject.policies.empty())
        book.registry.intern(subject.apiKey);
    if (!subject.policies.empty() && limits.policyHeader().enabled)
        book.registry.addPolicies(subject.policies);
}

int Engine::Private::charge(const Question &question, Evaluation &evaluation)
{
    const qsizetype before = book.counters.size();
    for (size_t i = 0; i < evaluation.size(); ++i) {
        Step &step = evaluation.step(i);
        if (step.isCharged())
            chargeOne(question, evaluation, i);
        if (step.twin >= 0) {
            const Step &first = evaluation.step(static_cast<size_t>(step.twin));
            step.counter = first.counter;
            step.bucket = first.bucket;
            step.stored = first.stored;
            step.renewed.reset();
        }
    }
    return static_cast<int>(book.counters.size() - before);
}

void Engine::Private::chargeOne(const Question &question, Evaluation &evaluation, size_t index)
{
    const ChainLink &link = evaluation.decision.chain[index];
    Step &step = evaluation.step(index);
    if (question.stores != nullptr && question.limits.storeOf(*link.limit).isShared())
        surplus.note(book, step, link.limit, *step.owner, question.now);
    book.charge(step, *link.limit, link.cost, question.now);
    if (!needsSettling(*link.limit, question.subject))
        return;
    ReservationId &id = evaluation.decision.reservation;
    if (id == 0)
        id = book.reservations.open(question.estimate, question.subject.model,
            EngineTime(
                saturatingAdd64(question.now.engine.count(), question.estimate.deadline.count())));
    book.hold(step, link.limit, link.cost, id, question.now.engine);
}

/// What a shared store has said is seen in memory, too.
void Engine::Private::mirror(const Question &question, Evaluation &evaluation)
{
    const qint64 most = question.limits.maxCounters();
    for (size_t i = 0; i < evaluation.size(); ++i) {
        Step &step = evaluation.step(i);
        const bool isKnown = step.counter != CounterTable::None;
        if (step.origin == Origin::Store && step.twin < 0 && step.isLocated
            && (isKnown || book.counters.size() < most)) {
            surplus.close(book, step, evaluation.limit(i), *step.owner, question.now);
            book.mirror(step, evaluation.limit(i), step.now);
        }
    }
}

void Engine::settle(Instant now, ReservationId id, const Consumption &consumption)
{
    d->book.settle(id, consumption, now);
}

void Engine::apply(Instant now, const LimitSet &limits, const Renames &renames)
{
    d->book.apply(now, limits, renames);
}

void Engine::sweep(Instant now, int budget)
{
    int places = budget;
    while (const ReservationId id = d->book.reservations.nextOverdue(now.engine, places)) {
        d->book.settle(id, {}, now);
        ++d->overdue;
    }
    d->book.sweep(now, budget);
}

qint64 Engine::overdueCount() const
{
    return d->overdue;
}

void Engine::setOperations(Instant now, const Operations &operations)
{
    const auto announce = [this, now] {
        for (const Raise &raise : d->inForce.raises)
            for (const quint32 number : d->book.numbersOf(raise.limit, raise.value, now))
                d->book.counters.touch(number);
    };
    announce(); // those before read differently without their raises
    d->inForce = operations;
    d->operations.set(operations);
    announce();
}

std::vector<CounterReading> Engine::reset(
    Instant now, const QByteArray &limit, const QByteArray &value)
{
    std::vector<CounterReading> before;
    for (const quint32 number : d->book.numbersOf(limit, value, now)) {
        before.push_back(d->read(number, now));
        if (const LimitPtr &running = d->book.limitOf(number); d->book.registry.isShared(*running))
            d->surplus.reset(*running, d->book.storeKeyOf(number, now));
        d->book.reset(number, now);
    }
    return before;
}

void Engine::restore(Instant now, const std::vector<CounterReading> &readings)
{
    for (const CounterReading &reading : readings) {
        const LimitPtr running = d->book.restore(reading, now);
        if (running && d->book.registry.isShared(*running))
            d->surplus.owe(reading, *running, now);
    }
}

std::vector<CounterReading> Engine::takeChanges(Instant now, int limit)
{
    std::vector<CounterReading> readings;
    while (std::ssize(readings) < limit) {
        const quint32 number = d->book.counters.takeUnread();
        if (number == CounterTable::None)
            break;
        readings.push_back(d->read(number, now));
    }
    return readings;
}

std::vector<CounterReading> Engine::readings(Instant now, quint32 &from, int limit) const
{
    std::vector<CounterReading> readings;
    const quint32 end = d->book.counters.numbersEnd();
    // A table that has emptied is mostly gaps.
    qint64 budget = static_cast<qint64>(limit) * PlacesPerReading;
    for (; from < end && std::ssize(readings) < limit && budget > 0; ++from, --budget) {
        if (d->book.counters.isUsed(from))
            readings.push_back(d->read(from, now));
    }
    if (from >= end)
        from = 0;
    return readings;
}

CounterReading Engine::Private::read(quint32 number, Instant now) const
{
    CounterReading reading = book.read(number, now);
    if (!operations.hasRaises())
        return reading;
    const Raise *raise = operations.raiseOf(reading.limit->name, reading.value, now.engine);
    reading.claims.extra = raise != nullptr ? raise->extra : 0;
    return reading;
}

std::vector<SavedCounter> Engine::save(Instant now) const
{
    return enginestate::save(d->book, now);
}

LoadReport Engine::load(
    Instant now, const LimitSet &limits, const std::vector<SavedCounter> &counters)
{
    if (d->book.registry.serial() != limits.serial())
        apply(now, limits);
    return enginestate::load(d->book, now, counters);
}

void Engine::beginSaving()
{
    d->book.counters.keepUnsaved();
}

std::vector<SavedCounter> Engine::takeUnsaved(Instant now, int limit)
{
    std::vector<SavedCounter> changes;
    while (std::ssize(changes) < limit) {
        auto next = d->book.takeUnsaved(now);
        if (!next)
            break;
        changes.push_back(std::move(*next));
    }
    return changes;
}

bool Engine::takeNews()
{
    return d->book.counters.takeNews();
}

void Engine::saveAgain(quint32 &from, int limit, Records records)
{
    CounterTable &counters = d->book.counters;
    for (; limit > 0 && from < counters.numbersEnd(); ++from, --limit) {
        if (!counters.isUsed(from))
            continue;
        if (records == Records::Gone)
            counters.at(from).isKept = false;
        counters.markUnsaved(from);
    }
    if (from >= counters.numbersEnd())
        from = 0;
}

qint64 Engine::counterCount() const
{
    return d->book.counters.size();
}

qint64 Engine::openReservations() const
{
    return d->book.reservations.openCount();
}

QStringList Engine::violations(Instant now) const
{
    return d->book.violations(now);
}

} // namespace sluice::limits
