// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counter.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

namespace sluice::limits {

namespace {

/// Reads one state as the algorithm of its limit reads it, everything taken as used.
struct Reader
{
    const Limit &limit;
    const Rate rate;
    const Instant now;

    /// The bucket of a client's policy goes on leaking in its last admitted quota.
    Usage operator()(const GcraState &state) const
    {
        if (limit.scope == LimitScope::Header)
            return gcra::usage(state, rate, now.engine);
        return gcra::usage(gcra::rescaled(state, limit.rate(), now.engine), rate, now.engine);
    }

    Usage operator()(const WindowState &state) const
    {
        return slidingwindow::usage(state, rate, now.engine);
    }

    Usage operator()(const CalendarState &state) const
    {
        return calendarwindow::usage(
            state, periodAt(limit.calendar, now.wall), rate.capacity(), now.wall);
    }

    Usage operator()(const SlotState &state) const
    {
        Usage usage;
        usage.quota = rate.capacity();
        usage.used = state.amount;
        usage.remaining = std::max<MicroAmount>(0, usage.quota - usage.used);
        return usage;
    }
};

} // namespace

Usage usageAt(const Limit &limit, const CounterState &state, Instant now, const Claims &claims)
{
    Rate rate = limit.rate();
    rate.extra = claims.extra;
    Usage usage = std::visit(Reader{limit, rate, now}, state);
    usage.reserved = std::min(claims.reserved, usage.used);
    usage.used -= usage.reserved;
    return usage;
}

Usage usageAt(const CounterReading &reading, Instant now)
{
    return usageAt(*reading.limit, reading.state, now, reading.claims);
}

CounterState freshState(const Limit &limit, Instant now)
{
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return gcra::fresh(limit.rate(), now.engine);
    case Algorithm::SlidingWindow:
        return WindowState{};
    case Algorithm::CalendarWindow:
        return CalendarState{periodAt(limit.calendar, now.wall).start, 0};
    case Algorithm::Concurrency:
        return SlotState{};
    }
    Q_UNREACHABLE();
}

} // namespace sluice::limits
