// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitperiods.h"

#include "core/config/scalars.h"

#include <QTimeZone>

#include <algorithm>
#include <array>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr nanoseconds ShortestWindow = std::chrono::seconds(1); ///< its cells are a sixtieth

struct PeriodName
{
    QByteArrayView name;
    CalendarUnit unit;
};

constexpr std::array<PeriodName, 6> PeriodNames{{
    {"hour", CalendarUnit::Hour},
    {"day", CalendarUnit::Day},
    {"week", CalendarUnit::Week},
    {"month", CalendarUnit::Month},
    {"quarter", CalendarUnit::Quarter},
    {"year", CalendarUnit::Year},
}};

std::optional<CalendarUnit> calendarUnit(QByteArrayView text)
{
    const auto found = std::find_if(PeriodNames.begin(), PeriodNames.end(),
        [text](const PeriodName &period) { return period.name == text; });
    return found == PeriodNames.end() ? std::nullopt : std::optional(found->unit);
}

/// A word that is none of the calendar's; a duration starts with a digit.
bool isWord(QByteArrayView text)
{
    return !text.isEmpty()
        && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

void reportWord(Context &context, const Value &period, QByteArrayView word)
{
    QList<QByteArrayView> names;
    for (const PeriodName &known : PeriodNames)
        names.append(known.name);
    const QByteArray nearestName = period.node->isLiteral ? QByteArray() : nearest(word, names);
    const QString meant = QString::fromLatin1(nearestName);
    context.error(period,
        u"%1 is neither a duration like 24h nor one of: hour, day, week, month, quarter, year%2"_s
            .arg(shown(period),
                meant.isEmpty() ? QString() : u"; did you mean \"%1\"?"_s.arg(meant)),
        meant);
}

/// The length of a window that rolls, or nullopt after an error.
std::optional<nanoseconds> readLength(Context &context, const Value &period, QByteArrayView text)
{
    if (isWord(text)) {
        reportWord(context, period, text);
        return std::nullopt;
    }
    const std::optional<nanoseconds> length = readDuration(context, period);
    if (!length || *length >= ShortestWindow)
        return length;
    context.error(period, u"a window is at least a second long"_s, u"1s"_s);
    return std::nullopt;
}

/// The known zone that a name is nearest to.
QString nearestZone(QByteArrayView name)
{
    static const QList<QByteArray> zones = QTimeZone::availableTimeZoneIds();
    const QByteArray city = QByteArray(1, '/') + name.toByteArray();
    QList<QByteArrayView> candidates;
    for (const QByteArray &zone : zones) {
        if (zone.endsWith(city)) // "Berlin" is not near to "Europe/Berlin" by letters
            return QString::fromLatin1(zone);
        candidates.append(zone);
    }
    return QString::fromLatin1(nearest(name, candidates));
}

std::optional<QTimeZone> readZone(Context &context, const Value &value)
{
    const std::optional<QByteArray> id = readName(context, value);
    if (!id)
        return std::nullopt;
    if (QTimeZone::isTimeZoneIdAvailable(*id))
        return QTimeZone(*id);
    const QString meant = context.isFull() || value.node->isLiteral ? QString() : nearestZone(*id);
    context.error(value,
        u"there is no time zone %1%2"_s.arg(shown(value),
            meant.isEmpty() ? u"; write one like Europe/Berlin"_s
                            : u", did you mean \"%1\"?"_s.arg(meant)),
        meant);
    return std::nullopt;
}

void warnWithoutEffect(
    Context &context, const Value &zone, const Value &weekStart, const LimitRule &rule)
{
    const bool isRolling = rule.algorithm == Algorithm::SlidingWindow;
    if (isRolling && zone)
        context.warnAtKey(zone, u"timezone has no effect: this period is a window that rolls"_s);
    if (isRolling && weekStart) {
        context.warnAtKey(
            weekStart, u"week-starts has no effect: this period is a window that rolls"_s);
    } else if (weekStart && rule.calendar.unit != CalendarUnit::Week) {
        context.warnAtKey(weekStart, u"week-starts has no effect: this period is not a week"_s);
    }
}

} // namespace

void readPeriod(Context &context, MapReader &map, LimitRule &rule)
{
    const Value period = map.take("period");
    const Value zone = map.take("timezone");
    const Value weekStart = map.take("week-starts");
    const std::optional<QTimeZone> timeZone = readZone(context, zone);
    const std::optional<Qt::DayOfWeek> day = readChoice<Qt::DayOfWeek>(context, weekStart,
        {{"monday", Qt::Monday}, {"tuesday", Qt::Tuesday}, {"wednesday", Qt::Wednesday},
            {"thursday", Qt::Thursday}, {"friday", Qt::Friday}, {"saturday", Qt::Saturday},
            {"sunday", Qt::Sunday}});
    rule.algorithm = Algorithm::SlidingWindow;
    rule.refill = ShortestWindow;
    if (!period)
        context.error(map.value(), u"a limit of this list needs a period"_s, u"period: 24h"_s);
    const std::optional<QByteArray> text = readText(context, period);
    if (!text)
        return;
    if (const std::optional<CalendarUnit> unit = calendarUnit(*text)) {
        rule.algorithm = Algorithm::CalendarWindow;
        rule.refill = nanoseconds(0);
        rule.calendar.unit = *unit;
        rule.calendar.zone = timeZone.value_or(QTimeZone::systemTimeZone());
        assign(rule.calendar.weekStart, day);
    } else if (const std::optional<nanoseconds> length = readLength(context, period, *text)) {
        rule.refill = *length;
    } else {
        return;
    }
    warnWithoutEffect(context, zone, weekStart, rule);
}

} // namespace sluice::config
