// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/calendarperiod.h"

#include <QDateTime>

#include <algorithm>

namespace sluice::limits {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

constexpr milliseconds Earliest = sys_days(1y / 1 / 1).time_since_epoch();
constexpr milliseconds Latest = sys_days(10'000y / 1 / 1).time_since_epoch();

/// No clock is as far ahead of UTC: those of the world 14 h, those of a POSIX rule, which Qt takes
/// for a zone too, at most 24:59:59.
constexpr milliseconds FurthestAhead = 25h;

/// How the zone's clock runs from some instant on: local time = UTC + offset, until `end`.
struct Stretch
{
    milliseconds offset{0};
    milliseconds end{0};
};

QDateTime utc(milliseconds wall)
{
    return QDateTime::fromMSecsSinceEpoch(wall.count(), Qt::UTC);
}

milliseconds offsetAt(const QTimeZone &zone, milliseconds wall)
{
    return seconds(zone.offsetFromUtc(utc(wall)));
}

/// At the very instant of the last change in the zone's table Qt 6.4 sees no further one, though
/// the zone's rule goes on. That one is months away, and nobody walks so far.
Stretch stretchAt(const QTimeZone &zone, milliseconds wall)
{
    const QDateTime next = zone.nextTransition(utc(wall)).atUtc;
    return {offsetAt(zone, wall),
        next.isValid() ? milliseconds(next.toMSecsSinceEpoch()) : milliseconds::max()};
}

/// The first instant at which the zone's clock shows `date` or a later one.
milliseconds startOf(const QTimeZone &zone, sys_days date)
{
    const milliseconds midnight = date.time_since_epoch();
    milliseconds from = midnight - FurthestAhead;
    for (;;) {
        const Stretch stretch = stretchAt(zone, from);
        const milliseconds first = std::max(from, midnight - stretch.offset);
        if (first < stretch.end)
            return first;
        from = stretch.end;
    }
}

/// The first day of the week, month, quarter or year that `date` belongs to.
sys_days firstDay(const Calendar &calendar, sys_days date)
{
    const year_month_day day(date);
    const unsigned monthsIntoQuarter = (static_cast<unsigned>(day.month()) - 1) % 3;
    switch (calendar.unit) {
    case CalendarUnit::Hour:
    case CalendarUnit::Day:
        break;
    case CalendarUnit::Week:
        return date - (weekday(date) - weekday(static_cast<unsigned>(calendar.weekStart)));
    case CalendarUnit::Month:
        return day.year() / day.month() / 1;
    case CalendarUnit::Quarter:
        return day.year() / (day.month() - months(monthsIntoQuarter)) / 1;
    case CalendarUnit::Year:
        return day.year() / 1 / 1;
    }
    return date;
}

/// The first day of the period after the one that begins on `first`.
sys_days nextFirstDay(CalendarUnit unit, sys_days first)
{
    const year_month_day day(first);
    switch (unit) {
    case CalendarUnit::Hour:
    case CalendarUnit::Day:
        break;
    case CalendarUnit::Week:
        return first + days(7);
    case CalendarUnit::Month:
        return day + months(1);
    case CalendarUnit::Quarter:
        return day + months(3);
    case CalendarUnit::Year:
        return day + months(12);
    }
    return first + days(1);
}

/// For every unit from a day on.
CalendarPeriod periodOfDays(const Calendar &calendar, milliseconds wall)
{
    const milliseconds local = wall + offsetAt(calendar.zone, wall);
    sys_days first = firstDay(calendar, sys_days(floor<days>(local)));
    sys_days next = nextFirstDay(calendar.unit, first);
    milliseconds end = startOf(calendar.zone, next);
    // The clock shows a date of a period that has ended: it has been set back over midnight.
    while (end <= wall) {
        first = next;
        next = nextFirstDay(calendar.unit, first);
        end = startOf(calendar.zone, next);
    }
    return {startOf(calendar.zone, first), end};
}

/// The first instant after `wall` at which an hour begins.
milliseconds nextHour(const QTimeZone &zone, milliseconds wall)
{
    Stretch stretch = stretchAt(zone, wall);
    const auto hour = floor<hours>(wall + stretch.offset);
    for (;;) {
        const milliseconds full = hour + hours(1) - stretch.offset;
        if (full <= stretch.end)
            return full;
        // The clock changes within the hour: if it goes on in the same hour, so does the period.
        const Stretch next = stretchAt(zone, stretch.end);
        const bool setBack = next.offset < stretch.offset;
        if (setBack || floor<hours>(stretch.end + next.offset) != hour)
            return stretch.end;
        stretch = next;
    }
}

CalendarPeriod hourAt(const QTimeZone &zone, milliseconds wall)
{
    // No hour is longer than an hour, so one begins after this and not after `wall`.
    CalendarPeriod period;
    period.end = nextHour(zone, wall - hours(1));
    do {
        period.start = period.end;
        period.end = nextHour(zone, period.start);
    } while (period.end <= wall);
    return period;
}

} // namespace

CalendarPeriod periodAt(const Calendar &calendar, milliseconds wall)
{
    if (wall < Earliest)
        return {milliseconds::min(), Earliest};
    if (wall >= Latest)
        return {Latest, milliseconds::max()};
    const CalendarPeriod period = calendar.unit == CalendarUnit::Hour
        ? hourAt(calendar.zone, wall)
        : periodOfDays(calendar, wall);
    return {std::max(period.start, Earliest), std::min(period.end, Latest)};
}

CurrentPeriod::CurrentPeriod(Calendar calendar) : m_calendar(std::move(calendar)) { }

} // namespace sluice::limits
