// SPDX-License-Identifier: GPL-3.0-or-later
#include "storereference.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

namespace sluice::test {

using namespace sluice::limits;

MicroAmount StoreReference::held(const Counter &counter)
{
    Int128 sum = 0;
    for (const Hold &hold : counter.holds)
        sum += hold.amount;
    return clampTo64(sum);
}

StoreReference::Counter StoreReference::fresh(const StoreStep &step) const
{
    Counter counter;
    counter.counted = step.rate;
    counter.tat = gcra::fresh(step.rate, now).tat;
    return counter;
}

/// An edit moves a counter as soon as anybody asks it.
StoreReference::Counter StoreReference::load(const StoreStep &step)
{
    const auto found = m_counters.find(step.key);
    if (found == m_counters.end())
        return fresh(step);
    if (!step.keepsLastRate)
        move(found->second, step.algorithm, step.rate);
    return found->second;
}

void StoreReference::move(Counter &counter, Algorithm algorithm, const Rate &rate) const
{
    if (algorithm == Algorithm::Gcra) {
        for (Hold &hold : counter.holds)
            hold.mark = gcra::rescaled(
                {hold.mark, counter.counted.quota, counter.counted.period}, rate, now)
                            .tat;
        counter.tat = gcra::rescaled(counter.bucket(), rate, now).tat;
    } else if (algorithm == Algorithm::SlidingWindow && counter.counted.period != rate.period) {
        for (Hold &hold : counter.holds)
            hold.mark = slidingwindow::rescaledCell(
                static_cast<qint64>(hold.mark), counter.counted.period, rate.period, now);
        counter.window =
            slidingwindow::rescaled(counter.window, counter.counted.period, rate.period, now);
    }
    counter.counted = rate;
}

bool StoreReference::admits(const Counter &counter, const StoreStep &step) const
{
    const MicroAmount capacity = step.rate.capacity();
    switch (step.algorithm) {
    case Algorithm::Gcra:
        return gcra::ask(counter.bucket(), step.rate, step.cost, now).admits;
    case Algorithm::SlidingWindow:
        return slidingwindow::ask(counter.window, step.rate, step.cost, now).admits;
    case Algorithm::CalendarWindow:
        return calendarwindow::ask(
            {step.period.start, counter.level}, step.period, capacity, step.cost, step.period.start)
            .admits;
    case Algorithm::Concurrency:
        break;
    }
    return held(counter) <= capacity - step.cost;
}

void StoreReference::charge(Counter &counter, const StoreStep &step, MicroAmount amount) const
{
    switch (step.algorithm) {
    case Algorithm::Gcra:
        if (counter.counted.quota != step.rate.quota || counter.counted.period != step.rate.period)
            move(counter, step.algorithm, step.rate);
        counter.tat = gcra::charged(counter.bucket(), step.rate, amount, now).tat;
        break;
    case Algorithm::SlidingWindow:
        slidingwindow::charge(counter.window, step.rate.period, amount, now);
        break;
    case Algorithm::CalendarWindow:
        counter.level = saturatingAdd64(counter.level, amount);
        break;
    case Algorithm::Concurrency:
        break;
    }
}

CounterState StoreReference::stateOf(const Counter &counter, const StoreStep &step)
{
    switch (step.algorithm) {
    case Algorithm::Gcra:
        return counter.bucket();
    case Algorithm::SlidingWindow:
        return counter.window;
    case Algorithm::CalendarWindow:
        return CalendarState{step.period.start, counter.level};
    case Algorithm::Concurrency:
        break;
    }
    return SlotState{held(counter)};
}

StoreAnswer StoreReference::decide(const StoreBatch &batch)
{
    StoreAnswer answer;
    answer.now = Instant(now);
    answer.isAdmitted = true;
    std::vector<Counter> counters;
    for (const StoreStep &step : batch.steps) {
        counters.push_back(load(step));
        StoreReading &reading = answer.readings.emplace_back();
        reading.admits = admits(counters.back(), step);
        answer.isAdmitted = answer.isAdmitted && (reading.admits || step.isShadow);
    }
    for (size_t i = 0; i < batch.steps.size(); ++i) {
        const StoreStep &step = batch.steps[i];
        StoreReading &reading = answer.readings[i];
        Counter &counter = counters[i];
        reading.isCharged = answer.isAdmitted && reading.admits;
        if (reading.isCharged) {
            charge(counter, step, step.cost);
            Hold hold{batch.reservation, step.cost, 0};
            if (step.algorithm == Algorithm::Gcra)
                hold.mark = counter.tat;
            else if (step.algorithm == Algorithm::SlidingWindow)
                hold.mark = slidingwindow::chargedCell(counter.window, step.rate.period, now);
            if (step.isHeld)
                counter.holds.push_back(hold);
            m_counters[step.key] = counter;
        }
        reading.state = stateOf(counter, step);
        reading.reserved = held(counter);
    }
    return answer;
}

void StoreReference::reserve(const StoreBatch &batch, Answered answered)
{
    answered(decide(batch));
}

void StoreReference::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    for (const StoreSettlement &settlement : settlements) {
        const auto found = m_counters.find(settlement.step.key);
        if (found == m_counters.end())
            continue;
        std::vector<Hold> &holds = found->second.holds;
        for (size_t i = 0; i < holds.size(); ++i) {
            if (holds[i].reservation == reservation) {
                settleOne(found->second, i, settlement);
                holds.erase(holds.begin() + static_cast<qsizetype>(i));
                break;
            }
        }
    }
}

void StoreReference::settleOne(
    Counter &counter, size_t index, const StoreSettlement &settlement) const
{
    const Hold &hold = counter.holds[index];
    const Algorithm algorithm = settlement.step.algorithm;
    if (settlement.actual < hold.amount)
        return giveBack(counter, index, algorithm, hold.amount - settlement.actual);
    const MicroAmount more = settlement.actual - hold.amount;
    if (more == 0)
        return;
    if (algorithm == Algorithm::SlidingWindow)
        slidingwindow::adjust(
            counter.window, counter.counted.period, static_cast<qint64>(hold.mark), more, now);
    else if (algorithm == Algorithm::Gcra)
        counter.tat = gcra::charged(counter.bucket(), counter.counted, more, now).tat;
    else
        counter.level = saturatingAdd64(counter.level, more);
}

void StoreReference::giveBack(
    Counter &counter, size_t index, Algorithm algorithm, MicroAmount amount) const
{
    const Hold &hold = counter.holds[index];
    if (algorithm == Algorithm::Gcra) {
        const Int128 credit = std::min(static_cast<Int128>(amount) * counter.counted.period.count(),
            gcra::occupied({hold.mark, counter.counted.quota, counter.counted.period}, now));
        counter.tat -= credit;
        for (size_t newer = index + 1; newer < counter.holds.size(); ++newer)
            counter.holds[newer].mark -= credit;
    } else if (algorithm == Algorithm::SlidingWindow) {
        slidingwindow::adjust(
            counter.window, counter.counted.period, static_cast<qint64>(hold.mark), -amount, now);
    } else {
        counter.level = std::max<MicroAmount>(0, counter.level - amount);
    }
}

void StoreReference::merge(const std::vector<StoreMerge> &merges, Done done)
{
    for (const StoreMerge &merge : merges) {
        const StoreStep &step = merge.step;
        if (step.algorithm == Algorithm::Concurrency)
            continue;
        Counter counter = load(step);
        if (step.algorithm == Algorithm::Gcra) {
            const auto &surplus = std::get<GcraState>(merge.surplus);
            if (gcra::occupied(surplus, now) == 0)
                continue;
            charge(counter, step, 0);
            counter.tat = gcra::merged(counter.bucket(), surplus, step.rate, now).tat;
        } else if (step.algorithm == Algorithm::SlidingWindow) {
            const WindowState surplus = slidingwindow::rescaled(
                std::get<WindowState>(merge.surplus), step.rate.period, step.rate.period, now);
            if (surplus.cells.empty())
                continue;
            charge(counter, step, 0);
            slidingwindow::merge(counter.window, surplus);
        } else {
            const auto &surplus = std::get<CalendarState>(merge.surplus);
            if (surplus.start != step.period.start || surplus.amount == 0)
                continue;
            charge(counter, step, surplus.amount);
        }
        m_counters[step.key] = counter;
    }
    done({});
}

void StoreReference::reset(const std::vector<QByteArray> &keys, Done done)
{
    for (const QByteArray &key : keys)
        m_counters.erase(key);
    done({});
}

} // namespace sluice::test
