// SPDX-License-Identifier: GPL-3.0-or-later
// Instants and calendar periods as text, for the tests of calendars. Pure.
#pragma once

#include "core/limits/calendarperiod.h"

#include <QDateTime>

namespace sluice::test {

using namespace sluice::limits;

/// UTC as in "2025-01-31T12:00:00".
inline milliseconds at(const QString &utc)
{
    const QDateTime instant = QDateTime::fromString(utc + QLatin1Char('Z'), Qt::ISODate);
    Q_ASSERT(instant.isValid());
    return milliseconds(instant.toMSecsSinceEpoch());
}

inline QDateTime dateTime(milliseconds wall)
{
    return QDateTime::fromMSecsSinceEpoch(wall.count(), Qt::UTC);
}

inline QByteArray text(const CalendarPeriod &period)
{
    const QString start = dateTime(period.start).toString(Qt::ISODateWithMs);
    return QString(start + QLatin1String(" .. ") + dateTime(period.end).toString(Qt::ISODateWithMs))
        .toUtf8();
}

} // namespace sluice::test
