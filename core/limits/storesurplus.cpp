// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/storesurplus.h"

#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>
#include <utility>

namespace sluice::limits {

namespace {

/// What `state` has on top of `base`, counted as `limit` does; nothing if there is nothing.
struct Difference
{
    const Limit &limit;
    const CounterState &base;
    Instant now;

    std::optional<CounterState> operator()(const GcraState &state) const
    {
        const auto *former = std::get_if<GcraState>(&base);
        if (former == nullptr)
            return std::nullopt;
        const Rate rate = limit.rate();
        const GcraState current = gcra::rescaled(state, rate, now.engine);
        const Int128 ahead = gcra::occupied(current, now.engine)
            - gcra::occupied(gcra::rescaled(*former, rate, now.engine), now.engine);
        if (ahead <= 0)
            return std::nullopt;
        GcraState surplus = gcra::fresh(rate, now.engine);
        surplus.tat = saturatingAdd(surplus.tat, ahead);
        return surplus;
    }

    std::optional<CounterState> operator()(const WindowState &state) const
    {
        const auto *former = std::get_if<WindowState>(&base);
        WindowState surplus;
        for (const WindowCell &cell : state.cells) {
            MicroAmount before = 0;
            if (former != nullptr)
                for (const WindowCell &old : former->cells)
                    before += old.index == cell.index ? old.amount : 0;
            if (cell.amount > before)
                surplus.cells.append({cell.index, cell.amount - before});
        }
        if (surplus.cells.empty())
            return std::nullopt;
        return surplus;
    }

    std::optional<CounterState> operator()(const CalendarState &state) const
    {
        const auto *former = std::get_if<CalendarState>(&base);
        const bool isSame = former != nullptr && former->start == state.start;
        const MicroAmount before = isSame ? former->amount : 0;
        if (state.amount <= before)
            return std::nullopt;
        return CalendarState{state.start, state.amount - before};
    }

    std::optional<CounterState> operator()(const SlotState & /*state*/) const
    {
        return std::nullopt;
    }
};

StoreStep stepOf(const QByteArray &key, const Limit &limit, const CalendarPeriod &period)
{
    StoreStep step;
    step.key = key;
    step.algorithm = limit.algorithm;
    step.rate = limit.rate();
    step.period = period;
    return step;
}

} // namespace

void StoreSurplus::note(const CounterBook &book, const Standing &standing, const LimitPtr &limit,
    const QByteArray &owner, Instant now)
{
    const QByteArray value = standing.key.value.toByteArray();
    const QByteArray key = storeKey(*limit, owner, value, standing.period);
    if (m_bases.contains(key))
        return;
    const CounterState state = standing.counter == CounterTable::None
        ? freshState(*limit, now)
        : book.stateOf(book.counters.at(standing.counter));
    m_bases.emplace(key, Base{limit, owner, value, standing.key.period, standing.period, state});
}

void StoreSurplus::close(const CounterBook &book, const Standing &standing, const Limit &limit,
    const QByteArray &owner, Instant now)
{
    if (m_bases.empty())
        return;
    const auto found =
        m_bases.find(storeKey(limit, owner, standing.key.value.toByteArray(), standing.period));
    if (found == m_bases.end())
        return;
    close(book, found->first, found->second, now);
    m_bases.erase(found);
}

void StoreSurplus::close(
    const CounterBook &book, const QByteArray &key, const Base &base, Instant now)
{
    const quint32 number = find(book, base);
    if (number == CounterTable::None)
        return; // it says nothing any more
    const CounterTable::Entry &counter = book.counters.at(number);
    const Limit &limit = *book.registry.at(book.registry.latest(counter.terms)).limit;
    if (auto surplus = std::visit(Difference{limit, base.state, now}, book.stateOf(counter)))
        m_closed.push_back({limit.store, {stepOf(key, limit, base.period), std::move(*surplus)}});
}

void StoreSurplus::reset(const Limit &limit, const QByteArray &key)
{
    m_bases.erase(key);
    std::erase_if(m_closed, [&key](const Closed &closed) { return closed.merge.step.key == key; });
    m_resets.emplace(limit.store, key);
}

void StoreSurplus::owe(const CounterReading &reading, const Limit &running, Instant now)
{
    const Limit &limit = *reading.limit;
    const ValueParts parts = partsOf(limit, reading.value);
    CounterState state = reading.state;
    CalendarPeriod period;
    if (limit.algorithm == Algorithm::CalendarWindow) {
        period = periodAt(running.calendar, now.wall);
        state = CalendarState{period.start, usageAt(limit, state, now).taken()};
    } else if (const auto *window = std::get_if<WindowState>(&state)) {
        state = slidingwindow::rescaled(*window, limit.period, running.period, now.engine);
    }
    const QByteArray key =
        storeKey(running, limit.isPolicy() ? reading.apiKey : parts.owner, parts.value, period);
    // Of a counter that is noted memory's own surplus has it already.
    if (!m_bases.contains(key))
        m_closed.push_back({running.store, {stepOf(key, running, period), std::move(state)}});
}

StoreDues StoreSurplus::take(const CounterBook &book, int store, Instant now)
{
    for (const auto &[key, base] : std::exchange(m_bases, {}))
        close(book, key, base, now);
    StoreDues dues;
    const auto [first, last] = m_resets.equal_range(store);
    for (auto reset = first; reset != last; ++reset)
        dues.resets.push_back(reset->second);
    m_resets.erase(first, last);
    const auto others = std::stable_partition(m_closed.begin(), m_closed.end(),
        [store](const Closed &closed) { return closed.store != store; });
    for (auto closed = others; closed != m_closed.end(); ++closed)
        dues.merges.push_back(std::move(closed->merge));
    m_closed.erase(others, m_closed.end());
    return dues;
}

quint32 StoreSurplus::find(const CounterBook &book, const Base &base)
{
    const quint32 group = book.registry.groupOf(*base.limit);
    const quint32 owner = book.registry.ownerOf(base.owner);
    if (group == LimitRegistry::None || owner == LimitRegistry::None)
        return CounterTable::None;
    return book.counters.find(
        book.counters.hashed({group, owner, base.value, base.periodNumber, 0}));
}

} // namespace sluice::limits
