// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/chartscale.h"

#include "ui/widgets/format.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui::chartscale {

namespace {

constexpr qint64 Minute = 60'000;
constexpr qint64 Hour = 60 * Minute;
constexpr qint64 Day = 24 * Hour;
constexpr double MicroPerDollar = 100.0 * double(MicroPerUnit);

/// 1, 2 or 5 times a power of ten, at least this.
double niceStep(double least)
{
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (power * factor >= least * (1 - 1e-9))
            return power * factor;
    }
    return power * 10;
}

QDateTime local(qint64 at)
{
    return QDateTime::fromMSecsSinceEpoch(at);
}

QString dayLabel(const QDateTime &time)
{
    return QLocale().toString(time.date(), u"d MMM"_s);
}

/// The first multiple of the step, counted from local midnight, that is not before.
QDateTime firstWithin(const QDateTime &from, qint64 step)
{
    const QDateTime midnight = from.date().startOfDay();
    const qint64 since = midnight.msecsTo(from);
    return midnight.addMSecs((since + step - 1) / step * step);
}

QList<TimeTick> hourTicks(qint64 from, qint64 until, qint64 step)
{
    QList<TimeTick> ticks;
    for (QDateTime at = firstWithin(local(from), step); at.toMSecsSinceEpoch() <= until;
         at = firstWithin(at.addMSecs(1), step))
        ticks.append({at.toMSecsSinceEpoch(), QLocale().toString(at.time(), u"HH:mm"_s)});
    return ticks;
}

QList<TimeTick> dayTicks(qint64 from, qint64 until, qint64 days)
{
    QList<TimeTick> ticks;
    QDate day = local(from).date();
    if (day.startOfDay() < local(from))
        day = day.addDays(1);
    // A fixed place in the calendar, so that the labels move with the days and do not jump.
    day = day.addDays((days - day.toJulianDay() % days) % days);
    for (; day.startOfDay().toMSecsSinceEpoch() <= until; day = day.addDays(days)) {
        const QDateTime at = day.startOfDay();
        ticks.append({at.toMSecsSinceEpoch(), dayLabel(at)});
    }
    return ticks;
}

} // namespace

QList<double> valueTicks(double highest, int most, Unit unit)
{
    if (!(highest > 0) || most < 1)
        return {0};
    double step = niceStep(highest / most);
    if (unit == Unit::Count)
        step = std::max(1.0, step);
    QList<double> ticks;
    const int count = int(std::ceil(highest / step - 1e-9));
    for (int i = 0; i <= count; ++i)
        ticks.append(step * i);
    return ticks;
}

QString valueLabel(double value, double step, Unit unit)
{
    if (unit == Unit::Count)
        return format::count(std::llround(value));
    const double dollars = value / MicroPerDollar;
    const int decimals = step <= 0 || step >= MicroPerDollar
        ? 0
        : std::max(2, int(std::ceil(-std::log10(step / MicroPerDollar) - 1e-9)));
    if (decimals == 0)
        return u'$' + format::count(std::llround(dollars));
    return u'$' + QString::number(dollars, 'f', decimals);
}

QList<TimeTick> timeTicks(const std::vector<qint64> &edges, int most)
{
    if (edges.size() < 2 || most < 1)
        return {};
    const qint64 from = edges.front();
    const qint64 until = edges.back();
    const qint64 span = until - from;
    constexpr std::array hours{5 * Minute, 10 * Minute, 15 * Minute, 20 * Minute, 30 * Minute, Hour,
        2 * Hour, 3 * Hour, 6 * Hour, 12 * Hour};
    if (span <= 2 * Day) {
        for (const qint64 step : hours) {
            if (span / step <= most)
                return hourTicks(from, until, step);
        }
    }
    for (const qint64 days : {1, 2, 5, 7, 10, 14, 20, 30, 60}) {
        if (span / (days * Day) <= most)
            return dayTicks(from, until, days);
    }
    return {};
}

} // namespace sluice::ui::chartscale
