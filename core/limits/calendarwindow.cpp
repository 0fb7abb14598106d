// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/calendarwindow.h"

#include <algorithm>

namespace sluice::limits::calendarwindow {

namespace {

nanoseconds untilEnd(const CalendarPeriod &period, milliseconds wall)
{
    // The period before the year 1 is longer than 64-bit nanoseconds reach.
    const Int128 left = static_cast<Int128>(period.end.count()) - wall.count();
    return toWait(left * nanoseconds(milliseconds(1)).count());
}

} // namespace

MicroAmount used(const CalendarState &state, const CalendarPeriod &period)
{
    return state.start == period.start ? state.amount : 0;
}

Answer ask(const CalendarState &state, const CalendarPeriod &period, MicroAmount quota,
    MicroAmount cost, milliseconds wall)
{
    if (cost > quota)
        return {false, true, nanoseconds(0)};
    if (used(state, period) <= quota - cost)
        return {true, false, nanoseconds(0)};
    return {false, false, untilEnd(period, wall)};
}

void charge(CalendarState &state, const CalendarPeriod &period, MicroAmount cost)
{
    state = {period.start, saturatingAdd64(used(state, period), cost)};
}

void adjust(CalendarState &state, milliseconds start, MicroAmount amount)
{
    if (state.start == start)
        state.amount = std::max<MicroAmount>(0, saturatingAdd64(state.amount, amount));
}

CalendarState rescaled(
    const CalendarState &state, const CalendarPeriod &from, const CalendarPeriod &to)
{
    return {to.start, used(state, from)};
}

bool isIdle(const CalendarState &state, const CalendarPeriod &period)
{
    return used(state, period) == 0;
}

Usage usage(
    const CalendarState &state, const CalendarPeriod &period, MicroAmount quota, milliseconds wall)
{
    Usage usage;
    usage.quota = quota;
    usage.used = used(state, period);
    usage.remaining = std::clamp<MicroAmount>(quota - usage.used, 0, quota);
    usage.nextIn = ask(state, period, quota, std::min(MicroPerUnit, quota), wall).wait;
    if (usage.used > 0)
        usage.fullIn = untilEnd(period, wall);
    return usage;
}

} // namespace sluice::limits::calendarwindow
