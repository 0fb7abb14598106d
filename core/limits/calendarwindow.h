// SPDX-License-Identifier: GPL-3.0-or-later
// The calendar window: at most the quota in each period of a calendar, all of it free again when
// the next one begins (spec: limits, "Algorithms"). Pure functions, any thread.
//
// `period` is always the one that the wall clock stands in, as periodAt() tells; `wall` lies in it.
// The period's start is part of the counter's key. So when the wall clock is set back into an
// earlier period, that period's counter counts on (or a new one, if it is gone), and the later
// period's is found again as it was. A state that belongs to another period counts nothing here,
// and charging moves it: who keeps one state only for both forgets the other period's units.
#pragma once

#include "core/limits/answer.h"
#include "core/limits/calendarperiod.h"
#include "core/limits/counter.h"

namespace sluice::limits::calendarwindow {

/// What is charged in `period`, micro-units.
MicroAmount used(const CalendarState &state, const CalendarPeriod &period);

/// Whether `cost` (micro-units, >= 0) fits into what is left of `quota`. If not, it will at the end
/// of the period and not 1 ms earlier, unless it exceeds the whole quota.
Answer ask(const CalendarState &state, const CalendarPeriod &period, MicroAmount quota,
    MicroAmount cost, milliseconds wall);

/// Adds `cost` (micro-units, >= 0) in `period`, beyond the quota where reality was dearer.
void charge(CalendarState &state, const CalendarPeriod &period, MicroAmount cost);

/// Settles what was admitted in the period that began at `start`: adds `amount`, or gives back a
/// negative one but never more than is there. Nothing happens if the state has moved on: the units
/// of a period that has ended bind nobody.
void adjust(CalendarState &state, milliseconds start, MicroAmount amount);

/// The same used units after an edit of the calendar; both are the periods at the edit.
CalendarState rescaled(
    const CalendarState &state, const CalendarPeriod &from, const CalendarPeriod &to);

/// True if nothing is used in `period`.
bool isIdle(const CalendarState &state, const CalendarPeriod &period);

/// How full the counter is; see usageAt(). Both times end with the period.
Usage usage(
    const CalendarState &state, const CalendarPeriod &period, MicroAmount quota, milliseconds wall);

} // namespace sluice::limits::calendarwindow
