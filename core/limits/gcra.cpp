// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/gcra.h"

#include <algorithm>

namespace sluice::limits::gcra {

namespace {

/// An instant in 1/quota ns.
Int128 ticks(EngineTime now, MicroAmount quota)
{
    return static_cast<Int128>(now.count()) * quota;
}

/// From now until TAT lies at most `room` (in 1/quota ns) ahead; rounded up to a whole ns.
nanoseconds untilAtMost(const GcraState &state, Int128 room, EngineTime now)
{
    const Int128 reached = ceilDivide(saturatingAdd(state.tat, -room), state.quota);
    return toWait(saturatingAdd(reached, -now.count()));
}

} // namespace

GcraState fresh(const Rate &rate, EngineTime now)
{
    return {ticks(now, rate.quota), rate.quota, rate.period};
}

// Whatever the quota is, this is the used micro-units times the period. That is why a change of the
// quota alone is exact.
Int128 occupied(const GcraState &state, EngineTime now)
{
    return std::max<Int128>(0, saturatingAdd(state.tat, -ticks(now, state.quota)));
}

GcraState rescaled(const GcraState &state, const Rate &rate, EngineTime now)
{
    if (state.quota == rate.quota && state.period == rate.period)
        return state;
    Int128 ahead = occupied(state, now);
    if (state.period != rate.period)
        ahead = scaleUp(ahead, rate.period.count(), state.period.count());
    return {saturatingAdd(ticks(now, rate.quota), ahead), rate.quota, rate.period};
}

Answer ask(const GcraState &state, const Rate &rate, MicroAmount cost, EngineTime now)
{
    if (cost > rate.capacity())
        return {false, true, nanoseconds(0)};
    if (state.period != rate.period)
        return ask(rescaled(state, rate, now), rate, cost, now);
    const Int128 room = static_cast<Int128>(rate.capacity() - cost) * rate.period.count();
    if (occupied(state, now) <= room)
        return {true, false, nanoseconds(0)};
    return {false, false, untilAtMost(state, room, now)};
}

GcraState charged(const GcraState &state, const Rate &rate, MicroAmount cost, EngineTime now)
{
    GcraState next = rescaled(state, rate, now);
    const Int128 step = static_cast<Int128>(cost) * rate.period.count();
    next.tat = saturatingAdd(std::max(next.tat, ticks(now, rate.quota)), step);
    return next;
}

GcraState merged(const GcraState &state, const GcraState &other, const Rate &rate, EngineTime now)
{
    GcraState next = rescaled(state, rate, now);
    const Int128 added = occupied(rescaled(other, rate, now), now);
    next.tat = saturatingAdd(std::max(next.tat, ticks(now, rate.quota)), added);
    return next;
}

bool isIdle(const GcraState &state, EngineTime now)
{
    return state.tat <= ticks(now, state.quota);
}

Usage usage(const GcraState &state, const Rate &rate, EngineTime now)
{
    if (state.period != rate.period)
        return usage(rescaled(state, rate, now), rate, now);
    Usage usage;
    usage.quota = rate.capacity();
    const Int128 ahead = occupied(state, now);
    if (ahead == 0) {
        usage.remaining = usage.quota;
        return usage;
    }
    const qint64 period = rate.period.count();
    const Int128 used = ahead / period;
    const Int128 touched = ahead % period > 0 ? used + 1 : used;
    usage.used = clampTo64(used);
    usage.remaining = clampTo64(std::max<Int128>(0, usage.quota - touched));
    const MicroAmount one = std::min(MicroPerUnit, usage.quota);
    if (usage.remaining < one)
        usage.nextIn = untilAtMost(state, static_cast<Int128>(usage.quota - one) * period, now);
    usage.fullIn = untilAtMost(state, 0, now);
    return usage;
}

} // namespace sluice::limits::gcra
