// SPDX-License-Identifier: GPL-3.0-or-later
// Which calendar period an instant lies in: an hour, day, week, month, quarter or year of an IANA
// time zone. Pure functions, any thread; CurrentPeriod saves the arithmetic and is used under the
// lock of its owner.
//
// The rules. Every instant lies in exactly one period, and each begins where the one before ends.
//
// - A day begins at the first instant at which the clock of the zone shows its date or a later one;
//   a week, month, quarter or year begins with its first day. So a day is as long as it is (23 h,
//   25 h, 24.5 h), and where clocks jump over midnight it begins at 01:00. A date that a zone left
//   out (Samoa, 30 December 2011) has no period; what begins on it begins with the date after it. A
//   clock that is set back over midnight does not bring the day before back, which has ended: a
//   second reset on the same date would give the quota twice.
// - An hour begins whenever the clock shows another hour than just before, or is set back. So a
//   repeated hour is two periods, of which a repeated half hour (Lord Howe Island) is a short one,
//   and a skipped hour is none. No period of an hour is longer than an hour: the quota per hour
//   holds by the stopwatch too.
#pragma once

#include "core/base/units.h"
#include "core/config/calendar.h"

#include <chrono>

namespace sluice::limits {

using std::chrono::milliseconds;

using config::Calendar;
using config::CalendarUnit;

/// Wall time since the Unix epoch: start <= t < end. By default empty.
struct CalendarPeriod
{
    milliseconds start{0};
    milliseconds end{0};

    [[nodiscard]] bool contains(milliseconds wall) const { return start <= wall && wall < end; }

    friend bool operator==(const CalendarPeriod &, const CalendarPeriod &) = default;
};

/// A calendar window's counter: what was charged in the period that began at `start`. The start is
/// the identity of the period and belongs to the counter's key (spec: limits, "Algorithms").
struct CalendarState
{
    milliseconds start{0};
    MicroAmount amount = 0;

    friend bool operator==(const CalendarState &, const CalendarState &) = default;
};

/// The period of `calendar` that `wall` lies in; it always contains `wall`. Costs some microseconds
/// of time zone arithmetic. All that lies before the year 1 or after the year 9999 (UTC) is one
/// period each.
CalendarPeriod periodAt(const Calendar &calendar, milliseconds wall);

/// Answers like periodAt() but computes only when time has left the period, in either direction.
/// One for each limit; not thread-safe.
class CurrentPeriod
{
public:
    explicit CurrentPeriod(Calendar calendar);

    [[nodiscard]] const Calendar &calendar() const { return m_calendar; }

    /// The period that `wall` lies in, which may be an earlier one than at the last call.
    CalendarPeriod at(milliseconds wall)
    {
        if (!m_period.contains(wall))
            m_period = periodAt(m_calendar, wall);
        return m_period;
    }

private:
    Calendar m_calendar;
    CalendarPeriod m_period; ///< empty until the first call
};

} // namespace sluice::limits
