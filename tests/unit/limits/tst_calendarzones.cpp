// SPDX-License-Identifier: GPL-3.0-or-later
// Every time zone over two years: exactly one reset for each period. The expectations use nothing
// but the zone's offset at an instant.
#include "calendartext.h"

#include <QRandomGenerator>
#include <QTest>

#include <array>

using namespace Qt::StringLiterals;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

constexpr std::array<CalendarUnit, 5> UnitsOfDays{CalendarUnit::Day, CalendarUnit::Week,
    CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year};

/// What the zone's clock shows, as if it were UTC.
milliseconds local(const QTimeZone &zone, milliseconds wall)
{
    return wall + std::chrono::seconds(zone.offsetFromUtc(dateTime(wall)));
}

QDate dateOn(const QTimeZone &zone, milliseconds wall)
{
    return QDate(1970, 1, 1).addDays(floor<days>(local(zone, wall)).count());
}

/// A number that grows with each period that a date can lie in, by 1.
qint64 ordinal(CalendarUnit unit, const QDate &date)
{
    switch (unit) {
    case CalendarUnit::Hour:
        break;
    case CalendarUnit::Day:
        return date.toJulianDay();
    case CalendarUnit::Week:
        return date.toJulianDay() / 7; // day 0 of the Julian count is a Monday
    case CalendarUnit::Month:
        return date.year() * 12LL + date.month();
    case CalendarUnit::Quarter:
        return date.year() * 4LL + (date.month() - 1) / 3;
    case CalendarUnit::Year:
        return date.year();
    }
    return 0;
}

/// The first instant at which the clock shows `date` or a later one, found by looking at the clock
/// every quarter of an hour.
milliseconds firstInstantOf(const QTimeZone &zone, const QDate &date)
{
    const milliseconds midnight = days(date.toJulianDay() - QDate(1970, 1, 1).toJulianDay());
    milliseconds late = midnight - 17h;
    while (local(zone, late) < midnight)
        late += 15min;
    milliseconds early = late - 15min;
    while (late - early > 1ms) {
        const milliseconds middle = early + (late - early) / 2;
        (local(zone, middle) < midnight ? early : late) = middle;
    }
    return late;
}

/// The changes of the offset in [from, to), found by looking at the clock every day.
std::vector<milliseconds> clockChanges(const QTimeZone &zone, milliseconds from, milliseconds to)
{
    std::vector<milliseconds> changes;
    const auto offset = [&zone](milliseconds wall) { return local(zone, wall) - wall; };
    for (milliseconds day = from; day < to; day += days(1)) {
        milliseconds early = day;
        milliseconds late = day + days(1);
        if (offset(early) == offset(late))
            continue;
        while (late - early > 1ms) {
            const milliseconds middle = early + (late - early) / 2;
            (offset(middle) == offset(day) ? early : late) = middle;
        }
        changes.push_back(late);
    }
    return changes;
}

/// How long a period may last: real lengths, give or take a change of the clock.
bool isPlausible(CalendarUnit unit, milliseconds length)
{
    const auto within = [length](int least, int most) {
        return days(least) - 3h <= length && length <= days(most) + 3h;
    };
    switch (unit) {
    case CalendarUnit::Hour:
        return 0ms < length && length <= hours(1);
    case CalendarUnit::Day:
        return within(1, 1);
    case CalendarUnit::Week:
        return within(7, 7);
    case CalendarUnit::Month:
        return within(28, 31);
    case CalendarUnit::Quarter:
        return within(90, 92);
    case CalendarUnit::Year:
        return within(365, 366);
    }
    return false;
}

/// The sentence that says what is wrong with an hour, empty if nothing is.
QByteArray faultOfHour(const QTimeZone &zone, const CalendarPeriod &hour)
{
    const milliseconds last = hour.end - 1ms;
    if (!isPlausible(CalendarUnit::Hour, hour.end - hour.start))
        return "bad length: " + text(hour);
    if (floor<hours>(local(zone, hour.start)) != floor<hours>(local(zone, last)))
        return "two hours in one: " + text(hour);
    if (local(zone, last) - local(zone, hour.start) < last - hour.start)
        return "set back within: " + text(hour);
    const milliseconds before = hour.start - 1ms;
    const bool another = floor<hours>(local(zone, before)) != floor<hours>(local(zone, hour.start));
    if (!another && local(zone, before) < local(zone, hour.start))
        return "a reset within the hour: " + text(hour);
    return {};
}

/// Walks from period to period and returns how many begin in (from, to); -1 if they are no
/// partition or one of them is wrong.
int walkHours(const QTimeZone &zone, milliseconds from, milliseconds to)
{
    const Calendar calendar{CalendarUnit::Hour, zone, Qt::Monday};
    CalendarPeriod period = periodAt(calendar, from);
    int count = 0;
    while (period.end < to) {
        const CalendarPeriod next = periodAt(calendar, period.end);
        QByteArray fault = faultOfHour(zone, next);
        if (next.start != period.end)
            fault = "a gap or an overlap: " + text(period) + ", " + text(next);
        if (!fault.isEmpty()) {
            qCritical() << zone.id() << fault;
            return -1;
        }
        period = next;
        ++count;
    }
    return count;
}

/// The same for the other units: each period is a later one than before, by 1.
int walkDays(const Calendar &calendar, milliseconds from, milliseconds to)
{
    const auto shown = [&calendar](milliseconds wall) {
        return ordinal(calendar.unit, dateOn(calendar.zone, wall));
    };
    CalendarPeriod period = periodAt(calendar, from);
    int count = 0;
    while (period.end < to) {
        const CalendarPeriod next = periodAt(calendar, period.end);
        const bool touches = next.start == period.end && next.contains(next.start)
            && isPlausible(calendar.unit, next.end - next.start);
        const bool follows = shown(next.start) == shown(period.start) + 1
            && shown(next.start - 1ms) == shown(period.start)
            && periodAt(calendar, next.end - 1ms) == next;
        if (!touches || !follows) {
            qCritical() << calendar.zone.id() << int(calendar.unit) << text(period) << text(next);
            return -1;
        }
        period = next;
        ++count;
    }
    return count;
}

const std::vector<QTimeZone> &allZones()
{
    static const std::vector<QTimeZone> zones = [] {
        std::vector<QTimeZone> list;
        for (const QByteArray &id : QTimeZone::availableTimeZoneIds())
            list.emplace_back(id);
        return list;
    }();
    return zones;
}

} // namespace

class TestCalendarZones : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void knowsEveryZone();
    void daysOfEveryZoneResetExactlyOnce_data();
    void daysOfEveryZoneResetExactlyOnce();
    void periodsBeginWhenTheDateFirstShows();
    void hoursOfEveryZoneAcrossClockChanges();
    void hoursOfTwoYears_data();
    void hoursOfTwoYears();
    void goesOnWhereTheZonesTableEnds();
    void everyInstantLiesInOnePeriod_data();
    void everyInstantLiesInOnePeriod();
};

void TestCalendarZones::knowsEveryZone()
{
    QVERIFY(allZones().size() > 300);
    for (const QTimeZone &zone : allZones())
        QVERIFY2(zone.isValid(), zone.id().constData());
}

void TestCalendarZones::daysOfEveryZoneResetExactlyOnce_data()
{
    QTest::addColumn<CalendarUnit>("unit");
    QTest::addColumn<int>("resets");
    QTest::newRow("day") << CalendarUnit::Day << 730;
    QTest::newRow("week") << CalendarUnit::Week << 104; // Mondays in 2025 and 2026
    QTest::newRow("month") << CalendarUnit::Month << 24;
    QTest::newRow("quarter") << CalendarUnit::Quarter << 8;
    QTest::newRow("year") << CalendarUnit::Year << 2;
}

void TestCalendarZones::daysOfEveryZoneResetExactlyOnce()
{
    QFETCH(CalendarUnit, unit);
    QFETCH(int, resets);
    // From noon of the last day before to noon of the last day of the two years, in every zone.
    for (const QTimeZone &zone : allZones()) {
        const milliseconds from = firstInstantOf(zone, QDate(2025, 1, 1)) - 12h;
        const milliseconds to = firstInstantOf(zone, QDate(2027, 1, 1)) - 12h;
        QCOMPARE(walkDays({unit, zone, Qt::Monday}, from, to), resets);
    }
}

void TestCalendarZones::periodsBeginWhenTheDateFirstShows()
{
    const milliseconds from = at(u"2025-01-01T00:00:00"_s);
    const milliseconds to = at(u"2027-01-01T00:00:00"_s);
    for (const QTimeZone &zone : allZones()) {
        for (QDate date(2025, 1, 1); date < QDate(2027, 1, 1); date = date.addMonths(1)) {
            const milliseconds first = firstInstantOf(zone, date);
            for (const CalendarUnit unit : UnitsOfDays) {
                const bool begins = ordinal(unit, date) != ordinal(unit, date.addDays(-1));
                const milliseconds start = periodAt({unit, zone, Qt::Monday}, first).start;
                QVERIFY2(begins ? start == first : start < first, zone.id().constData());
            }
        }
        for (const milliseconds change : clockChanges(zone, from, to)) {
            for (int day = -1; day <= 1; ++day) {
                const milliseconds first = firstInstantOf(zone, dateOn(zone, change).addDays(day));
                const Calendar calendar{CalendarUnit::Day, zone, Qt::Monday};
                QCOMPARE(periodAt(calendar, first).start, first);
                QCOMPARE(periodAt(calendar, first - 1ms).end, first);
            }
        }
    }
}

void TestCalendarZones::hoursOfEveryZoneAcrossClockChanges()
{
    const milliseconds from = at(u"2025-01-01T00:00:00"_s);
    const milliseconds to = at(u"2027-01-01T00:00:00"_s);
    int changes = 0;
    for (const QTimeZone &zone : allZones()) {
        // Hours look alike between two changes, so a day of each stretch tells for all of it.
        QVERIFY(walkHours(zone, from, from + 24h) >= 23);
        for (const milliseconds change : clockChanges(zone, from, to)) {
            QVERIFY(walkHours(zone, change - 6h, change + 18h) >= 23);
            ++changes;
        }
    }
    QVERIFY(changes > 300);
}

void TestCalendarZones::hoursOfTwoYears_data()
{
    QTest::addColumn<QByteArray>("zone");
    QTest::addColumn<int>("resets");
    // The first hour counts only where it begins after the new year of UTC. A skipped hour and a
    // repeated one make up for each other. Lord Howe has a half of an hour more for each two
    // changes, in two periods of 30 minutes; Chatham changes at a quarter to, which cuts an hour
    // in two each time. The year 2024 has 366 days.
    constexpr int Hours = (366 + 365) * 24;
    QTest::newRow("UTC") << QByteArray("UTC") << Hours - 1;
    QTest::newRow("Berlin") << QByteArray("Europe/Berlin") << Hours - 1;
    QTest::newRow("Casablanca") << QByteArray("Africa/Casablanca") << Hours - 1;
    QTest::newRow("Kathmandu") << QByteArray("Asia/Kathmandu") << Hours;
    QTest::newRow("Chatham") << QByteArray("Pacific/Chatham") << Hours + 4;
    QTest::newRow("Lord Howe") << QByteArray("Australia/Lord_Howe") << Hours - 1 + 2;
    QTest::newRow("fixed") << QByteArray("UTC-03:30") << Hours;
}

void TestCalendarZones::hoursOfTwoYears()
{
    QFETCH(QByteArray, zone);
    QFETCH(int, resets);
    const milliseconds from = at(u"2024-01-01T00:00:00"_s);
    const milliseconds to = at(u"2026-01-01T00:00:00"_s);
    QCOMPARE(walkHours(QTimeZone(zone), from, to), resets);
}

void TestCalendarZones::goesOnWhereTheZonesTableEnds()
{
    // Tables of zones end in 2037; from there on a rule counts.
    for (const char *id : {"Europe/Berlin", "Australia/Lord_Howe", "America/New_York"}) {
        const QTimeZone zone(id);
        const milliseconds from = at(u"2037-01-15T12:00:00"_s);
        const milliseconds to = at(u"2039-01-15T12:00:00"_s);
        QCOMPARE(walkDays({CalendarUnit::Day, zone, Qt::Monday}, from, to), 730);
        const auto changes = clockChanges(zone, from, to);
        QCOMPARE(changes.size(), size_t(4));
        for (const milliseconds change : changes)
            QVERIFY(walkHours(zone, change - 24h, change + 24h) >= 47);
        // Asked at the very last instant of the table.
        const CalendarPeriod period = periodAt({CalendarUnit::Hour, zone, Qt::Monday}, changes[1]);
        QVERIFY(period.contains(changes[1]));
        const CalendarPeriod year = periodAt({CalendarUnit::Year, zone, Qt::Monday}, changes[1]);
        QCOMPARE(year.end, firstInstantOf(zone, QDate(2038, 1, 1)));
    }
}

void TestCalendarZones::everyInstantLiesInOnePeriod_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 4; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestCalendarZones::everyInstantLiesInOnePeriod()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    const milliseconds from = at(u"1850-01-01T00:00:00"_s);
    const milliseconds length = at(u"2100-01-01T00:00:00"_s) - from;
    for (int i = 0; i < 5'000; ++i) {
        const auto &zones = allZones();
        const Calendar calendar{static_cast<CalendarUnit>(random.bounded(6)),
            zones[random.bounded(static_cast<quint32>(zones.size()))],
            static_cast<Qt::DayOfWeek>(random.bounded(1, 8))};
        const milliseconds wall = from
            + milliseconds(
                static_cast<qint64>(random.generate64() % static_cast<quint64>(length.count())));
        const CalendarPeriod period = periodAt(calendar, wall);
        QVERIFY2(period.contains(wall), calendar.zone.id().constData());
        QCOMPARE(periodAt(calendar, period.start), period);
        QCOMPARE(periodAt(calendar, period.end - 1ms), period);
        QCOMPARE(periodAt(calendar, period.start - 1ms).end, period.start);
        QCOMPARE(periodAt(calendar, period.end).start, period.end);
        if (calendar.unit == CalendarUnit::Hour)
            QCOMPARE(faultOfHour(calendar.zone, period), QByteArray());
    }
}

QTEST_GUILESS_MAIN(TestCalendarZones)
#include "tst_calendarzones.moc"
