// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/limittext.h"

#include "core/base/duration.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::CalendarUnit;
using limits::Limit;
using limits::LimitScope;
using limits::SegmentKind;
using limits::Usage;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds Second{1'000'000'000};

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

/// "a second", "a minute", "in 30 m".
QString perPeriod(nanoseconds period)
{
    if (period == Second)
        return tr("a second");
    if (period == 60 * Second)
        return tr("a minute");
    if (period == 3600 * Second)
        return tr("an hour");
    if (period == 86'400 * Second)
        return tr("a day");
    return tr("in %1").arg(describeDuration(period));
}

/// "in any hour", "in any 24 hours": not "any day", which might be read as one of the calendar.
QString inAnyPeriod(nanoseconds period)
{
    if (period == Second)
        return tr("in any second");
    if (period == 60 * Second)
        return tr("in any minute");
    if (period == 3600 * Second)
        return tr("in any hour");
    if (period == 86'400 * Second)
        return tr("in any 24 hours");
    return tr("in any %1").arg(describeDuration(period));
}

/// "each month (Europe/Berlin)", "each week from Monday (UTC)".
QString eachPeriod(const limits::Calendar &calendar)
{
    QString each = tr("each %1").arg(calendarUnitName(calendar.unit));
    if (calendar.unit == CalendarUnit::Week)
        each = tr("%1 from %2").arg(each, QLocale::c().dayName(calendar.weekStart));
    return tr("%1 (%2)").arg(each, zoneName(calendar));
}

/// "1.5", "0.67": hundredths of a second, without trailing zeros.
QString shortSeconds(nanoseconds interval)
{
    const qint64 hundredths = (interval.count() + 5'000'000) / 10'000'000;
    QString text = QString::number(hundredths / 100);
    if (hundredths % 100 != 0)
        text += u'.' + QString::number(hundredths % 100).rightJustified(2, u'0');
    while (text.contains(u'.') && text.endsWith(u'0'))
        text.chop(1);
    return text;
}

/// "one every second", "one every 0.67 s", "5 000 a minute", "$5.00 an hour": the refill. Money has
/// no natural unit to come one by one.
QString refillPhrase(const Limit &limit)
{
    const qint64 count = limit.quota / MicroPerUnit;
    const nanoseconds interval = limit.period / std::max<qint64>(count, 1);
    if (limit.unit == Unit::Cents || interval < Second / 20)
        return tr("%1 %2").arg(shortAmountPhrase(limit.unit, limit.quota), perPeriod(limit.period));
    if (interval == Second)
        return tr("one every second");
    if (interval < 10 * Second)
        return tr("one every %1 s").arg(shortSeconds(interval));
    return tr("one every %1").arg(describeDuration(interval));
}

QString each(const Limit &limit)
{
    switch (limit.segment.kind) {
    case SegmentKind::Shared:
        return tr("everybody together");
    case SegmentKind::ApiKey:
        return tr("each key");
    case SegmentKind::EndUser:
        return tr("each user");
    case SegmentKind::Team:
        return tr("each team");
    case SegmentKind::TeamMember:
        return tr("each member");
    case SegmentKind::Property:
        return tr("each %1").arg(QString::fromUtf8(limit.segment.property));
    }
    Q_UNREACHABLE();
}

QString allower(const Limit &limit)
{
    switch (limit.scope) {
    case LimitScope::Global:
        return tr("the global limit");
    case LimitScope::Unified:
        return tr("the unified API");
    case LimitScope::Router:
        return tr("router %1").arg(QString::fromUtf8(limit.router));
    case LimitScope::Header:
        return tr("the client's own policy");
    }
    Q_UNREACHABLE();
}

QString freeBucket(const Usage &usage)
{
    if (usage.nextIn > nanoseconds::zero())
        return tr("next in %1").arg(describeDuration(usage.nextIn));
    return usage.fullIn > nanoseconds::zero() ? tr("full in %1").arg(describeDuration(usage.fullIn))
                                              : tr("now");
}

QString freeWindow(const Usage &usage)
{
    if (usage.nextIn > nanoseconds::zero())
        return tr("eases in %1").arg(describeDuration(usage.nextIn));
    return usage.fullIn > nanoseconds::zero()
        ? tr("empty in %1").arg(describeDuration(usage.fullIn))
        : tr("now");
}

} // namespace

QString calendarUnitName(CalendarUnit unit)
{
    switch (unit) {
    case CalendarUnit::Hour:
        return tr("hour");
    case CalendarUnit::Day:
        return tr("day");
    case CalendarUnit::Week:
        return tr("week");
    case CalendarUnit::Month:
        return tr("month");
    case CalendarUnit::Quarter:
        return tr("quarter");
    case CalendarUnit::Year:
        return tr("year");
    }
    Q_UNREACHABLE();
}

QString zoneName(const limits::Calendar &calendar)
{
    return calendar.zone.isValid() ? QString::fromUtf8(calendar.zone.id()) : u"UTC"_s;
}

QString periodPhrase(const Limit &limit)
{
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return perPeriod(limit.period);
    case Algorithm::SlidingWindow:
        return inAnyPeriod(limit.period);
    case Algorithm::CalendarWindow:
        return eachPeriod(limit.calendar);
    case Algorithm::Concurrency:
        return tr("at the same time");
    }
    Q_UNREACHABLE();
}

QString allowanceSentence(const Limit &limit)
{
    return tr("%1 allows %2 %3 %4")
        .arg(allower(limit), each(limit), shortAmountPhrase(limit.unit, limit.quota),
            periodPhrase(limit));
}

QString effectSentence(const Limit &limit)
{
    const QString amount = shortAmountPhrase(limit.unit, limit.quota);
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return tr("%1 at once, then %2").arg(amount, refillPhrase(limit));
    case Algorithm::SlidingWindow:
        return tr("%1 %2").arg(amount, inAnyPeriod(limit.period));
    case Algorithm::CalendarWindow:
        return tr("%1 %2, all free again when the next one begins")
            .arg(amount, eachPeriod(limit.calendar));
    case Algorithm::Concurrency:
        return tr("%1 at the same time, the next one when one ends").arg(amount);
    }
    Q_UNREACHABLE();
}

QString freeAgain(const Limit &limit, const Usage &usage)
{
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return freeBucket(usage);
    case Algorithm::SlidingWindow:
        return freeWindow(usage);
    case Algorithm::CalendarWindow: {
        const nanoseconds left = std::max(usage.nextIn, usage.fullIn);
        return left > nanoseconds::zero() ? tr("resets in %1").arg(describeDuration(left))
                                          : tr("now");
    }
    case Algorithm::Concurrency:
        if (usage.taken() == 0)
            return tr("now");
        return usage.remaining < MicroPerUnit ? tr("when one ends") : tr("as they end");
    }
    Q_UNREACHABLE();
}

} // namespace sluice::insight
