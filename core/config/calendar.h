// SPDX-License-Identifier: GPL-3.0-or-later
// How a calendar limit divides time. Values, any thread.
#pragma once

#include <QTimeZone>

namespace sluice::config {

enum class CalendarUnit : quint8 { Hour, Day, Week, Month, Quarter, Year };

/// The periods of an IANA time zone. An invalid zone counts as UTC.
struct Calendar
{
    CalendarUnit unit = CalendarUnit::Day;
    QTimeZone zone = QTimeZone::utc();
    Qt::DayOfWeek weekStart = Qt::Monday; ///< for CalendarUnit::Week

    friend bool operator==(const Calendar &, const Calendar &) = default;
};

} // namespace sluice::config
