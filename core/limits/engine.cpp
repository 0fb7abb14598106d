// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/engine.h"

#include "core/limits/evaluation.h"
#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

// An edit brings this many counters up to date at once, so that readers of small tables see it
// immediately; sweeping and charging do the others.
constexpr quint32 RenewedAtOnce = 4096;
// For each counter created, so that expired ones go without anybody asking.
constexpr int SweptPerNewCounter = 2;
constexpr int SweptWhenFull = 64;

} // namespace

class Engine::Private
{
public:
    void prepare(const LimitSet &limits, const Subject &subject);
    int charge(EngineTime now, Evaluation &evaluation);
    void chargeOne(EngineTime now, Step &step, const Limit &limit);
    void setTerms(CounterTable::Entry &entry, quint32 terms);
    void renew(quint32 number);
    [[nodiscard]] bool isIdle(quint32 number, EngineTime now) const;
    void remove(quint32 number);
    [[nodiscard]] CounterReading read(quint32 number) const;

    LimitRegistry registry;
    CounterTable counters;
    quint32 sweepAt = 0;
};

Engine::Engine() : d(std::make_unique<Private>()) { }

Engine::~Engine() = default;

Decision Engine::reserve(EngineTime now, const LimitSet &limits, const Subject &subject)
{
    if (d->registry.serial() != limits.serial())
        apply(now, limits);
    d->prepare(limits, subject);
    Evaluation evaluation(d->registry, d->counters, now, limits, subject);
    int toSweep = evaluation.decision.verdict == Verdict::NoRoom ? SweptWhenFull : 0;
    if (evaluation.decision.isAdmitted())
        toSweep = d->charge(now, evaluation) * SweptPerNewCounter;
    evaluation.finish(); // before any counter goes that it refers to
    sweep(now, toSweep);
    return std::move(evaluation.decision);
}

Decision Engine::explain(EngineTime now, const LimitSet &limits, const Subject &subject) const
{
    Evaluation evaluation(d->registry, d->counters, now, limits, subject);
    evaluation.finish();
    return std::move(evaluation.decision);
}

void Engine::Private::prepare(const LimitSet &limits, const Subject &subject)
{
    if (!subject.team.isEmpty())
        registry.intern(subject.team);
    if (subject.policies.empty() || !limits.policyHeader().enabled)
        return;
    registry.intern(subject.apiKey);
    registry.addPolicies(subject.policies);
}

int Engine::Private::charge(EngineTime now, Evaluation &evaluation)
{
    const qsizetype before = counters.size();
    for (size_t i = 0; i < evaluation.size(); ++i) {
        Step &step = evaluation.step(i);
        if (step.isCharged())
            chargeOne(now, step, evaluation.limit(i));
        if (step.twin >= 0) {
            const Step &first = evaluation.step(static_cast<size_t>(step.twin));
            step.bucket = first.bucket;
            step.stored = first.stored;
            step.renewed.reset();
        }
    }
    return static_cast<int>(counters.size() - before);
}

void Engine::Private::chargeOne(EngineTime now, Step &step, const Limit &limit)
{
    if (step.counter == CounterTable::None) {
        step.counter = counters.insert(step.key, step.terms);
        registry.retain(step.terms);
    } else {
        counters.touch(step.counter);
        setTerms(counters.at(step.counter), step.terms);
    }
    CounterTable::Entry &entry = counters.at(step.counter);
    if (limit.algorithm == Algorithm::Gcra) {
        const Rate rate = registry.at(step.terms).limit->rate();
        step.bucket = gcra::charged(step.bucket, rate, MicroPerUnit, now);
        entry.tat = step.bucket.tat;
        return;
    }
    if (!entry.window)
        entry.window = std::make_unique<WindowState>();
    if (step.renewed)
        *entry.window = *std::exchange(step.renewed, std::nullopt);
    slidingwindow::charge(*entry.window, limit.period, MicroPerUnit, now);
    step.stored = entry.window.get();
}

void Engine::Private::setTerms(CounterTable::Entry &entry, quint32 terms)
{
    if (entry.terms == terms)
        return;
    registry.retain(terms);
    registry.release(std::exchange(entry.terms, terms));
}

void Engine::apply(EngineTime now, const LimitSet &limits)
{
    if (!d->registry.apply(now, limits))
        return;
    const quint32 end = std::min(d->counters.numbersEnd(), RenewedAtOnce);
    for (quint32 number = 0; number < end; ++number) {
        if (d->counters.isUsed(number))
            d->renew(number);
    }
}

/// Replays the edits since the counter's last charge, which readers must hear of.
void Engine::Private::renew(quint32 number)
{
    CounterTable::Entry &entry = counters.at(number);
    const quint32 latest = registry.latest(entry.terms);
    if (latest == entry.terms)
        return;
    if (entry.window)
        *entry.window = registry.upToDate(entry.terms, *entry.window);
    else
        entry.tat = registry.upToDate(entry.terms, entry.tat).tat;
    setTerms(entry, latest);
    counters.touch(number);
}

void Engine::sweep(EngineTime now, int budget)
{
    for (; budget > 0 && d->counters.size() > 0; --budget) {
        if (d->sweepAt >= d->counters.numbersEnd())
            d->sweepAt = 0;
        const quint32 number = d->sweepAt++;
        if (!d->counters.isUsed(number))
            continue;
        d->renew(number);
        if (d->isIdle(number, now))
            d->remove(number);
    }
}

bool Engine::Private::isIdle(quint32 number, EngineTime now) const
{
    const CounterTable::Entry &entry = counters.at(number);
    const Rate rate = registry.at(entry.terms).limit->rate();
    if (entry.window)
        return slidingwindow::isIdle(*entry.window, rate.period, now);
    return gcra::isIdle({entry.tat, rate.quota, rate.period}, now);
}

void Engine::Private::remove(quint32 number)
{
    registry.release(counters.at(number).terms);
    counters.remove(number);
}

std::vector<CounterReading> Engine::changesSince(quint64 since, int limit) const
{
    std::vector<CounterReading> readings;
    quint32 number = d->counters.firstAfter(since);
    while (number != CounterTable::None && std::ssize(readings) < limit) {
        readings.push_back(d->read(number));
        d->counters.setBookmark(number);
        number = d->counters.at(number).newer;
    }
    return readings;
}

CounterReading Engine::Private::read(quint32 number) const
{
    const CounterTable::Entry &entry = counters.at(number);
    const QByteArray &owner = registry.ownerName(entry.owner);
    CounterReading reading;
    reading.limit = registry.at(registry.latest(entry.terms)).limit;
    reading.value = displayValue(*reading.limit, owner, counters.valueOf(number).toByteArray());
    if (reading.limit->scope == LimitScope::Header)
        reading.apiKey = owner;
    if (entry.window)
        reading.state = registry.upToDate(entry.terms, *entry.window);
    else
        reading.state = registry.upToDate(entry.terms, entry.tat);
    reading.change = entry.change;
    return reading;
}

qint64 Engine::counterCount() const
{
    return d->counters.size();
}

} // namespace sluice::limits
