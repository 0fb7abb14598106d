// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakestore.h"

#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

namespace sluice::test {

using namespace Qt::StringLiterals;
using namespace sluice::limits;

namespace {

const Error Unreachable{ErrorCode::Io, u"the fake store is down"_s, {}};

Limit limitOf(const StoreStep &step)
{
    Limit limit;
    limit.algorithm = step.algorithm;
    limit.quota = step.rate.quota;
    limit.period = step.rate.period;
    return limit;
}

} // namespace

FakeServer::Counter &FakeServer::counter(const StoreStep &step)
{
    const auto found = m_counters.find(step.key);
    if (found != m_counters.end())
        return found->second;
    CounterState state = freshState(limitOf(step), now);
    if (step.algorithm == Algorithm::CalendarWindow)
        state = CalendarState{step.period.start, 0};
    return m_counters.emplace(step.key, Counter{step, state}).first->second;
}

void FakeServer::charge(Counter &counter, MicroAmount amount)
{
    CounterState &state = counter.state;
    const Rate rate = counter.step.rate;
    if (auto *bucket = std::get_if<GcraState>(&state)) {
        if (amount >= 0)
            *bucket = gcra::charged(*bucket, rate, amount, now.engine);
        else
            bucket->tat += Int128(amount) * rate.period.count();
    } else if (auto *window = std::get_if<WindowState>(&state)) {
        if (amount >= 0)
            slidingwindow::charge(*window, rate.period, amount, now.engine);
        else
            slidingwindow::adjust(*window, rate.period,
                slidingwindow::cellAt(now.engine, rate.period), amount, now.engine);
    } else if (auto *calendar = std::get_if<CalendarState>(&state)) {
        calendar->amount += amount;
    } else {
        std::get<SlotState>(state).amount += amount;
    }
}

MicroAmount FakeServer::heldOf(const QByteArray &key) const
{
    MicroAmount held = 0;
    for (const auto &[hold, amount] : m_holds)
        held += hold.first == key ? amount : 0;
    return held;
}

StoreAnswer FakeServer::reserve(const StoreBatch &batch)
{
    StoreAnswer answer;
    answer.now = now;
    answer.isAdmitted = true;
    for (const StoreStep &step : batch.steps) {
        Counter &found = counter(step);
        found.step = step;
        const Usage usage = usageAt(limitOf(step), found.state, now);
        StoreReading reading;
        reading.admits = usage.used + step.cost <= step.rate.capacity();
        answer.isAdmitted = answer.isAdmitted && (reading.admits || step.isShadow);
        answer.readings.push_back(reading);
    }
    for (size_t i = 0; i < batch.steps.size(); ++i) {
        const StoreStep &step = batch.steps[i];
        Counter &found = counter(step);
        StoreReading &reading = answer.readings[i];
        reading.isCharged = answer.isAdmitted && reading.admits;
        if (reading.isCharged)
            charge(found, step.cost);
        if (reading.isCharged && step.isHeld)
            m_holds[{step.key, batch.reservation}] = step.cost;
        reading.state = found.state;
        reading.reserved = heldOf(step.key);
    }
    return answer;
}

void FakeServer::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    for (const StoreSettlement &settlement : settlements) {
        const auto hold = m_holds.find({settlement.step.key, reservation});
        if (hold == m_holds.end())
            continue;
        charge(counter(settlement.step), settlement.actual - hold->second);
        m_holds.erase(hold);
    }
}

void FakeServer::merge(const std::vector<StoreMerge> &merges)
{
    for (const StoreMerge &merge : merges)
        charge(counter(merge.step), usageAt(limitOf(merge.step), merge.surplus, now).used);
}

void FakeServer::setDown(bool isDown)
{
    m_isDown = isDown;
    for (FakeStore *store : m_stores)
        store->m_listener(!isDown, isDown ? Unreachable.message : QString());
    if (isDown)
        letGo();
}

void FakeServer::letGo()
{
    m_isHolding = false;
    for (const auto &answer : std::exchange(m_pending, {}))
        answer();
}

MicroAmount FakeServer::used(QByteArrayView part) const
{
    for (const auto &[key, counter] : m_counters)
        if (key.contains(part))
            return usageAt(limitOf(counter.step), counter.state, now).used;
    return 0;
}

FakeStore::FakeStore(FakeServer &server, Listener listener)
    : m_server(server), m_listener(std::move(listener))
{
    m_server.m_stores.insert(this);
}

FakeStore::~FakeStore()
{
    m_server.m_stores.erase(this);
}

void FakeStore::reserve(const StoreBatch &batch, Answered answered)
{
    ++m_server.asked;
    const auto answer = [&server = m_server, batch, answered = std::move(answered)] {
        if (server.m_isDown)
            answered(Unreachable);
        else
            answered(server.reserve(batch));
    };
    if (m_server.m_isHolding)
        m_server.m_pending.emplace_back(answer);
    else
        answer();
}

void FakeStore::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    m_server.settle(reservation, settlements);
}

void FakeStore::merge(const std::vector<StoreMerge> &merges, Done done)
{
    if (m_server.m_isDown)
        return done(Unreachable);
    m_server.merge(merges);
    done({});
}

void FakeStore::reset(const std::vector<QByteArray> &keys, Done done)
{
    for (const QByteArray &key : keys)
        m_server.m_counters.erase(key);
    done({});
}

} // namespace sluice::test
