// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/storemodel.h"

#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::test {

void StoreModel::greet(const QByteArray &gateway, Instant now)
{
    m_leases[gateway] = now.wall + m_lease;
}

bool StoreModel::isAlive(const QByteArray &gateway, const QByteArray &asking, Instant now) const
{
    const auto found = m_leases.find(gateway);
    return gateway == asking || (found != m_leases.end() && found->second > now.wall);
}

StoreModel::Counter &StoreModel::counterOf(const StoreStep &step, Instant now)
{
    const auto [place, isNew] = m_counters.try_emplace(step.key);
    Counter &counter = place->second;
    if (isNew) {
        counter.bucket = gcra::fresh(step.rate, now.engine);
        counter.windowPeriod = step.rate.period;
    }
    return counter;
}

MicroAmount StoreModel::heldOf(const Counter &counter, const QByteArray &asking, Instant now) const
{
    Int128 held = 0;
    for (const Held &hold : counter.holds)
        held += isAlive(hold.gateway, asking, now) ? hold.amount : 0;
    return clampTo64(held);
}

bool StoreModel::admits(
    const Counter &counter, const StoreStep &step, MicroAmount held, Instant now) const
{
    const MicroAmount capacity = step.rate.capacity();
    switch (step.algorithm) {
    case Algorithm::Gcra:
        return gcra::ask(counter.bucket, step.rate, step.cost, now.engine).admits;
    case Algorithm::SlidingWindow: {
        WindowState window = counter.window;
        if (counter.windowPeriod != step.rate.period)
            window =
                slidingwindow::rescaled(window, counter.windowPeriod, step.rate.period, now.engine);
        return slidingwindow::ask(window, step.rate, step.cost, now.engine).admits;
    }
    case Algorithm::CalendarWindow:
        return counter.level <= capacity - step.cost;
    case Algorithm::Concurrency:
        return held <= capacity - step.cost;
    }
    Q_UNREACHABLE();
}

/// What a dead gateway held is settled at its estimate.
void StoreModel::dropDead(Counter &counter, const QByteArray &asking, Instant now) const
{
    std::erase_if(
        counter.holds, [&](const Held &hold) { return !isAlive(hold.gateway, asking, now); });
}

/// Whether the counter is counted in other terms than those of the step.
bool StoreModel::isElsewhere(const Counter &counter, const StoreStep &step)
{
    if (step.algorithm == Algorithm::Gcra)
        return counter.bucket.quota != step.rate.quota || counter.bucket.period != step.rate.period;
    return step.algorithm == Algorithm::SlidingWindow && counter.windowPeriod != step.rate.period;
}

/// The state and the marks of its holds in the terms of the step.
void StoreModel::moveTo(Counter &counter, const StoreStep &step, Instant now)
{
    if (step.algorithm == Algorithm::Gcra) {
        const GcraState from = counter.bucket;
        for (Held &hold : counter.holds)
            hold.mark =
                gcra::rescaled({hold.mark, from.quota, from.period}, step.rate, now.engine).tat;
        counter.bucket = gcra::rescaled(from, step.rate, now.engine);
    } else if (step.algorithm == Algorithm::SlidingWindow
        && counter.windowPeriod != step.rate.period) {
        const nanoseconds from = counter.windowPeriod;
        for (Held &hold : counter.holds)
            hold.mark = slidingwindow::rescaledCell(
                static_cast<qint64>(hold.mark), from, step.rate.period, now.engine);
        counter.window =
            slidingwindow::rescaled(counter.window, from, step.rate.period, now.engine);
        counter.windowPeriod = step.rate.period;
    }
}

/// The mark of a hold on what has been charged.
Int128 StoreModel::charge(Counter &counter, const StoreStep &step, Instant now)
{
    moveTo(counter, step, now);
    switch (step.algorithm) {
    case Algorithm::Gcra:
        counter.bucket = gcra::charged(counter.bucket, step.rate, step.cost, now.engine);
        return counter.bucket.tat;
    case Algorithm::SlidingWindow:
        slidingwindow::charge(counter.window, step.rate.period, step.cost, now.engine);
        return slidingwindow::chargedCell(counter.window, step.rate.period, now.engine);
    case Algorithm::CalendarWindow:
        counter.level = saturatingAdd64(counter.level, step.cost);
        return 0;
    case Algorithm::Concurrency:
        return 0;
    }
    Q_UNREACHABLE();
}

/// Counters that say nothing read as fresh ones, and cells that do not count are not there.
CounterState StoreModel::stateOf(
    const Counter &counter, const StoreStep &step, bool isCharged, MicroAmount held, Instant now)
{
    switch (step.algorithm) {
    case Algorithm::Gcra:
        if (gcra::isIdle(counter.bucket, now.engine))
            return gcra::fresh(step.rate, now.engine);
        if (isCharged || step.keepsLastRate)
            return counter.bucket;
        return gcra::rescaled(counter.bucket, step.rate, now.engine);
    case Algorithm::SlidingWindow: {
        WindowState window = counter.window;
        if (counter.windowPeriod != step.rate.period)
            window =
                slidingwindow::rescaled(window, counter.windowPeriod, step.rate.period, now.engine);
        slidingwindow::charge(window, step.rate.period, 0, now.engine); // drops what has left
        return window;
    }
    case Algorithm::CalendarWindow:
        return CalendarState{step.period.start, counter.level};
    case Algorithm::Concurrency:
        return SlotState{held};
    }
    Q_UNREACHABLE();
}

StoreAnswer StoreModel::reserve(const QByteArray &gateway, const StoreBatch &batch, Instant now)
{
    StoreAnswer answer;
    answer.now = now;
    answer.isAdmitted = true;
    for (const StoreStep &step : batch.steps) {
        const Counter &counter = counterOf(step, now);
        StoreReading reading;
        reading.admits = admits(counter, step, heldOf(counter, gateway, now), now);
        answer.isAdmitted = answer.isAdmitted && (reading.admits || step.isShadow);
        answer.readings.push_back(reading);
    }
    for (size_t i = 0; i < batch.steps.size(); ++i) {
        const StoreStep &step = batch.steps[i];
        StoreReading &reading = answer.readings[i];
        Counter &counter = counterOf(step, now);
        reading.isCharged = answer.isAdmitted && reading.admits;
        if (reading.isCharged) {
            dropDead(counter, gateway, now);
            const Int128 mark = charge(counter, step, now);
            if (step.isHeld || step.algorithm == Algorithm::Concurrency) {
                counter.holds.push_back({batch.reservation, gateway, step.cost, mark});
                if (m_leases[gateway] < now.wall + m_lease / 2)
                    greet(gateway, now);
            }
        } else if (!step.keepsLastRate && isElsewhere(counter, step)) {
            dropDead(counter, gateway, now);
            moveTo(counter, step, now); // an edit moves it, whatever becomes of the request
        }
        reading.reserved = heldOf(counter, gateway, now);
        reading.state = stateOf(counter, step, reading.isCharged, reading.reserved, now);
    }
    return answer;
}

void StoreModel::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements, Instant now)
{
    for (const StoreSettlement &settlement : settlements) {
        const auto found = m_counters.find(settlement.step.key);
        if (found == m_counters.end())
            continue;
        Counter &counter = found->second;
        for (size_t i = 0; i < counter.holds.size(); ++i) {
            if (counter.holds[i].reservation == reservation) {
                settleHold(counter, i, settlement, now);
                break;
            }
        }
    }
}

void StoreModel::settleHold(
    Counter &counter, size_t index, const StoreSettlement &settlement, Instant now)
{
    const Held hold = counter.holds[index];
    counter.holds.erase(counter.holds.begin() + static_cast<qsizetype>(index));
    const MicroAmount more = settlement.actual - hold.amount;
    GcraState &bucket = counter.bucket;
    switch (settlement.step.algorithm) {
    case Algorithm::Gcra:
        if (more > 0) {
            bucket = gcra::charged(bucket, {bucket.quota, bucket.period, 0}, more, now.engine);
        } else {
            const Int128 credit = std::min(static_cast<Int128>(-more) * bucket.period.count(),
                gcra::occupied({hold.mark, bucket.quota, bucket.period}, now.engine));
            bucket.tat -= credit;
            for (size_t newer = index; newer < counter.holds.size(); ++newer)
                counter.holds[newer].mark -= credit;
        }
        break;
    case Algorithm::SlidingWindow:
        slidingwindow::adjust(
            counter.window, counter.windowPeriod, static_cast<qint64>(hold.mark), more, now.engine);
        break;
    case Algorithm::CalendarWindow:
        counter.level = std::max<MicroAmount>(0, saturatingAdd64(counter.level, more));
        break;
    case Algorithm::Concurrency:
        break;
    }
}

namespace {

/// Whether the surplus adds something now.
bool addsSomething(const StoreMerge &merge, EngineTime now)
{
    const StoreStep &step = merge.step;
    if (step.algorithm == Algorithm::Gcra)
        return gcra::occupied(std::get<GcraState>(merge.surplus), now) > 0;
    if (step.algorithm == Algorithm::SlidingWindow)
        return !slidingwindow::isIdle(std::get<WindowState>(merge.surplus), step.rate.period, now);
    if (step.algorithm == Algorithm::CalendarWindow) {
        const auto &state = std::get<CalendarState>(merge.surplus);
        return state.start == step.period.start && state.amount > 0;
    }
    return false; // slots belong to who holds them
}

} // namespace

void StoreModel::merge(const std::vector<StoreMerge> &merges, Instant now)
{
    for (const StoreMerge &merge : merges) {
        const StoreStep &step = merge.step;
        if (!addsSomething(merge, now.engine))
            continue; // nothing is added, so nothing is moved
        Counter &counter = counterOf(step, now);
        moveTo(counter, step, now);
        if (step.algorithm == Algorithm::Gcra) {
            counter.bucket = gcra::merged(
                counter.bucket, std::get<GcraState>(merge.surplus), step.rate, now.engine);
        } else if (step.algorithm == Algorithm::SlidingWindow) {
            slidingwindow::charge(counter.window, step.rate.period, 0, now.engine);
            slidingwindow::merge(counter.window, std::get<WindowState>(merge.surplus));
        } else {
            counter.level =
                saturatingAdd64(counter.level, std::get<CalendarState>(merge.surplus).amount);
        }
    }
}

void StoreModel::reset(const std::vector<QByteArray> &keys)
{
    for (const QByteArray &key : keys)
        m_counters.erase(key);
}

CounterState StoreModel::state(const StoreStep &step, Instant now) const
{
    const auto found = m_counters.find(step.key);
    Counter counter;
    if (found != m_counters.end())
        counter = found->second;
    else
        counter.bucket = gcra::fresh(step.rate, now.engine);
    return stateOf(counter, step, false, heldOf(counter, {}, now), now);
}

int StoreModel::openHolds() const
{
    size_t count = 0;
    for (const auto &[key, counter] : m_counters)
        count += counter.holds.size();
    return static_cast<int>(count);
}

StoreAnswer StoreModel::normal(const StoreBatch &batch, StoreAnswer answer)
{
    const EngineTime now = answer.now.engine;
    for (size_t i = 0; i < std::min(batch.steps.size(), answer.readings.size()); ++i) {
        const Rate &rate = batch.steps[i].rate;
        CounterState &state = answer.readings[i].state;
        if (auto *bucket = std::get_if<GcraState>(&state); bucket && gcra::isIdle(*bucket, now))
            *bucket = gcra::fresh(rate, now);
        else if (auto *window = std::get_if<WindowState>(&state))
            slidingwindow::charge(*window, rate.period, 0, now);
    }
    return answer;
}

} // namespace sluice::test
