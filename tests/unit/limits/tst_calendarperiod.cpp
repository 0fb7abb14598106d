// SPDX-License-Identifier: GPL-3.0-or-later
// Single cases of calendar periods, all in the past, where zones do not change any more. Every zone
// has its turn in tst_calendarzones.
#include "calendartext.h"

#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

void addColumns()
{
    QTest::addColumn<Calendar>("calendar");
    QTest::addColumn<QString>("wall");
    QTest::addColumn<QString>("start");
    QTest::addColumn<QString>("end");
}

void row(const char *name, const char *zone, CalendarUnit unit, const QString &wall,
    const QString &start, const QString &end)
{
    QTest::newRow(name) << Calendar{unit, QTimeZone(zone), Qt::Monday} << wall << start << end;
}

void week(const char *name, const char *zone, Qt::DayOfWeek weekStart, const QString &wall,
    const QString &start, const QString &end)
{
    QTest::newRow(name) << Calendar{CalendarUnit::Week, QTimeZone(zone), weekStart} << wall << start
                        << end;
}

} // namespace

class TestCalendarPeriod : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void monthsAndWeeksAreRealOnes_data();
    void monthsAndWeeksAreRealOnes();
    void daysBeginWhereTheirDateDoes_data();
    void daysBeginWhereTheirDateDoes();
    void hoursBeginWhereTheClockShowsAnother_data();
    void hoursBeginWhereTheClockShowsAnother();
    void theEdgesOfTime();
    void anInvalidZoneIsUtc();
    void theCurrentPeriodFollowsTheClockBothWays();

private:
    static void dividesTime();
};

void TestCalendarPeriod::monthsAndWeeksAreRealOnes_data()
{
    using enum CalendarUnit;
    addColumns();
    row("month of 31", "UTC", Month, u"2025-01-31T12:00:00"_s, u"2025-01-01T00:00:00"_s,
        u"2025-02-01T00:00:00"_s);
    row("leap February", "UTC", Month, u"2024-02-29T23:59:59"_s, u"2024-02-01T00:00:00"_s,
        u"2024-03-01T00:00:00"_s);
    row("no leap in 2100", "UTC", Month, u"2100-02-28T23:59:59"_s, u"2100-02-01T00:00:00"_s,
        u"2100-03-01T00:00:00"_s);
    row("leap day", "UTC", Day, u"2024-02-29T00:00:00"_s, u"2024-02-29T00:00:00"_s,
        u"2024-03-01T00:00:00"_s);
    row("first quarter", "UTC", Quarter, u"2024-03-31T00:00:00"_s, u"2024-01-01T00:00:00"_s,
        u"2024-04-01T00:00:00"_s);
    row("last quarter", "Asia/Tokyo", Quarter, u"2024-12-31T14:59:59"_s, u"2024-09-30T15:00:00"_s,
        u"2024-12-31T15:00:00"_s);
    row("year", "America/New_York", Year, u"2024-07-04T00:00:00"_s, u"2024-01-01T05:00:00"_s,
        u"2025-01-01T05:00:00"_s);
    row("year before 1970", "UTC", Year, u"1969-12-31T23:59:59"_s, u"1969-01-01T00:00:00"_s,
        u"1970-01-01T00:00:00"_s);
    row("end of December", "UTC", Month, u"2024-12-31T23:59:59"_s, u"2024-12-01T00:00:00"_s,
        u"2025-01-01T00:00:00"_s);

    week("week from Monday", "UTC", Qt::Monday, u"2024-12-31T00:00:00"_s, u"2024-12-30T00:00:00"_s,
        u"2025-01-06T00:00:00"_s);
    week("week from Sunday", "UTC", Qt::Sunday, u"2025-01-04T23:59:59"_s, u"2024-12-29T00:00:00"_s,
        u"2025-01-05T00:00:00"_s);
    week("week on its first day", "UTC", Qt::Saturday, u"2025-01-04T00:00:00"_s,
        u"2025-01-04T00:00:00"_s, u"2025-01-11T00:00:00"_s);
    week("week of 167 h", "Europe/Berlin", Qt::Monday, u"2025-03-30T21:59:59"_s,
        u"2025-03-23T23:00:00"_s, u"2025-03-30T22:00:00"_s);
}

void TestCalendarPeriod::monthsAndWeeksAreRealOnes()
{
    dividesTime();
}

void TestCalendarPeriod::daysBeginWhereTheirDateDoes_data()
{
    using enum CalendarUnit;
    addColumns();
    row("23 h", "Europe/Berlin", Day, u"2025-03-30T12:00:00"_s, u"2025-03-29T23:00:00"_s,
        u"2025-03-30T22:00:00"_s);
    row("25 h", "Europe/Berlin", Day, u"2025-10-26T12:00:00"_s, u"2025-10-25T22:00:00"_s,
        u"2025-10-26T23:00:00"_s);
    row("24.5 h", "Australia/Lord_Howe", Day, u"2025-04-05T18:00:00"_s, u"2025-04-05T13:00:00"_s,
        u"2025-04-06T13:30:00"_s);
    row("45 minutes", "Asia/Kathmandu", Day, u"2025-05-01T18:15:00"_s, u"2025-05-01T18:15:00"_s,
        u"2025-05-02T18:15:00"_s);
    row("month over a clock change", "Pacific/Chatham", Month, u"2025-04-10T00:00:00"_s,
        u"2025-03-31T10:15:00"_s, u"2025-04-30T11:15:00"_s);
    row("Sao Paulo begins at 01:00", "America/Sao_Paulo", Day, u"2018-11-04T12:00:00"_s,
        u"2018-11-04T03:00:00"_s, u"2018-11-05T02:00:00"_s);
    row("Sao Paulo ends twice", "America/Sao_Paulo", Day, u"2018-02-18T02:30:00"_s,
        u"2018-02-17T02:00:00"_s, u"2018-02-18T03:00:00"_s);
    row("Beirut begins at 01:00", "Asia/Beirut", Day, u"2022-03-26T22:00:00"_s,
        u"2022-03-26T22:00:00"_s, u"2022-03-27T21:00:00"_s);
    row("Cairo begins at 01:00", "Africa/Cairo", Day, u"2023-04-28T12:00:00"_s,
        u"2023-04-27T22:00:00"_s, u"2023-04-28T21:00:00"_s);
    row("Cairo ends at 24:00 set back", "Africa/Cairo", Day, u"2023-10-26T21:30:00"_s,
        u"2023-10-25T21:00:00"_s, u"2023-10-26T22:00:00"_s);
    row("Havana begins at 01:00", "America/Havana", Day, u"2025-03-09T05:00:00"_s,
        u"2025-03-09T05:00:00"_s, u"2025-03-10T04:00:00"_s);
    row("yesterday does not come back after a minute", "America/St_Johns", Day,
        u"2010-11-07T03:00:00"_s, u"2010-11-07T02:30:00"_s, u"2010-11-08T03:30:00"_s);
    row("yesterday does not come back after two hours", "Antarctica/Casey", Day,
        u"2010-03-04T15:30:00"_s, u"2010-03-04T13:00:00"_s, u"2010-03-05T16:00:00"_s);
    row("last month does not come back", "America/Goose_Bay", Month, u"2009-11-01T03:30:00"_s,
        u"2009-11-01T03:00:00"_s, u"2009-12-01T04:00:00"_s);
    row("the day before the missing one", "Pacific/Apia", Day, u"2011-12-30T09:59:59"_s,
        u"2011-12-29T10:00:00"_s, u"2011-12-30T10:00:00"_s);
    row("the day after the missing one", "Pacific/Apia", Day, u"2011-12-30T10:00:00"_s,
        u"2011-12-30T10:00:00"_s, u"2011-12-31T10:00:00"_s);
    week("a week of 6 days that begins on a missing one", "Pacific/Apia", Qt::Friday,
        u"2012-01-01T00:00:00"_s, u"2011-12-30T10:00:00"_s, u"2012-01-05T10:00:00"_s);
    row("a month of 30 days", "Pacific/Apia", Month, u"2011-12-15T00:00:00"_s,
        u"2011-12-01T10:00:00"_s, u"2011-12-31T10:00:00"_s);
    row("far ahead, by rule", "AAA-24", Day, u"2025-06-01T00:00:00"_s, u"2025-06-01T00:00:00"_s,
        u"2025-06-02T00:00:00"_s);
    row("far behind, by rule", "AAA23:30", Day, u"2025-06-01T23:30:00"_s, u"2025-06-01T23:30:00"_s,
        u"2025-06-02T23:30:00"_s);
    row("a date shown twice is one day", "America/Juneau", Day, u"1867-10-19T12:00:00"_s,
        u"1867-10-18T08:57:41"_s, u"1867-10-20T08:57:41"_s);
}

void TestCalendarPeriod::daysBeginWhereTheirDateDoes()
{
    dividesTime();
}

void TestCalendarPeriod::hoursBeginWhereTheClockShowsAnother_data()
{
    using enum CalendarUnit;
    addColumns();
    row("hour", "UTC", Hour, u"2025-06-01T12:59:59"_s, u"2025-06-01T12:00:00"_s,
        u"2025-06-01T13:00:00"_s);
    row("hour at a quarter to", "Asia/Kathmandu", Hour, u"2025-06-01T12:14:59"_s,
        u"2025-06-01T11:15:00"_s, u"2025-06-01T12:15:00"_s);
    row("hour before a skipped one", "Europe/Berlin", Hour, u"2025-03-30T00:59:59"_s,
        u"2025-03-30T00:00:00"_s, u"2025-03-30T01:00:00"_s);
    row("hour after a skipped one", "Europe/Berlin", Hour, u"2025-03-30T01:00:00"_s,
        u"2025-03-30T01:00:00"_s, u"2025-03-30T02:00:00"_s);
    row("hour, the first time", "Europe/Berlin", Hour, u"2025-10-26T00:59:59"_s,
        u"2025-10-26T00:00:00"_s, u"2025-10-26T01:00:00"_s);
    row("hour, repeated", "Europe/Berlin", Hour, u"2025-10-26T01:00:00"_s, u"2025-10-26T01:00:00"_s,
        u"2025-10-26T02:00:00"_s);
    row("hour, then half of it again", "Australia/Lord_Howe", Hour, u"2025-04-05T14:59:59"_s,
        u"2025-04-05T14:00:00"_s, u"2025-04-05T15:00:00"_s);
    row("the repeated half", "Australia/Lord_Howe", Hour, u"2025-04-05T15:00:00"_s,
        u"2025-04-05T15:00:00"_s, u"2025-04-05T15:30:00"_s);
    row("half of it skipped", "Australia/Lord_Howe", Hour, u"2025-10-04T15:45:00"_s,
        u"2025-10-04T15:30:00"_s, u"2025-10-04T16:00:00"_s);
    row("hour cut short", "America/Caracas", Hour, u"2016-05-01T06:59:59"_s,
        u"2016-05-01T06:30:00"_s, u"2016-05-01T07:00:00"_s);
    row("an hour of a minute", "America/St_Johns", Hour, u"2010-11-07T02:30:30"_s,
        u"2010-11-07T02:30:00"_s, u"2010-11-07T02:31:00"_s);
    row("the rest of the hour before midnight, again", "America/St_Johns", Hour,
        u"2010-11-07T02:31:00"_s, u"2010-11-07T02:31:00"_s, u"2010-11-07T03:30:00"_s);
    // No zone has done this yet, so one by rule: at 01:40 back to 01:20.
    constexpr const char *BackWithinTheHour = "AAA0BBB-0:20,M3.5.0/1,M10.5.0/1:40";
    row("set back within the hour", BackWithinTheHour, Hour, u"2025-10-26T01:19:59"_s,
        u"2025-10-26T00:40:00"_s, u"2025-10-26T01:20:00"_s);
    row("a part of the hour again", BackWithinTheHour, Hour, u"2025-10-26T01:59:59"_s,
        u"2025-10-26T01:20:00"_s, u"2025-10-26T02:00:00"_s);
    row("set forward within the hour: no reset", "America/Dominica", Hour, u"1911-07-01T04:30:00"_s,
        u"1911-07-01T04:05:36"_s, u"1911-07-01T05:00:00"_s);
    row("no reset before it either", "America/Dominica", Hour, u"1911-07-01T04:06:00"_s,
        u"1911-07-01T04:05:36"_s, u"1911-07-01T05:00:00"_s);
}

void TestCalendarPeriod::hoursBeginWhereTheClockShowsAnother()
{
    dividesTime();
}

void TestCalendarPeriod::dividesTime()
{
    QFETCH(Calendar, calendar);
    QFETCH(QString, wall);
    QFETCH(QString, start);
    QFETCH(QString, end);
    QVERIFY(calendar.zone.isValid());
    const CalendarPeriod expected{at(start), at(end)};
    QCOMPARE(text(periodAt(calendar, at(wall))), text(expected));
    QCOMPARE(text(periodAt(calendar, expected.start)), text(expected));
    QCOMPARE(text(periodAt(calendar, expected.end - 1ms)), text(expected));
    QCOMPARE(periodAt(calendar, expected.start - 1ms).end, expected.start);
    QCOMPARE(periodAt(calendar, expected.end).start, expected.end);
}

void TestCalendarPeriod::theEdgesOfTime()
{
    const milliseconds first = at(u"0001-01-01T00:00:00"_s);
    for (const char *id : {"UTC", "Pacific/Apia", "America/St_Johns", "Pacific/Kiritimati"}) {
        for (int unit = 0; unit < 6; ++unit) {
            const Calendar calendar{static_cast<CalendarUnit>(unit), QTimeZone(id), Qt::Wednesday};
            const CalendarPeriod before = periodAt(calendar, milliseconds::min());
            QCOMPARE(before, (CalendarPeriod{milliseconds::min(), first}));
            const CalendarPeriod after = periodAt(calendar, milliseconds::max() - 1ms);
            QCOMPARE(after.end, milliseconds::max());
            QCOMPARE(periodAt(calendar, before.end).start, before.end);
            QVERIFY(periodAt(calendar, before.end).contains(before.end));
            QCOMPARE(periodAt(calendar, after.start - 1ms).end, after.start);
            QCOMPARE(periodAt(calendar, after.start), after);
        }
    }
}

void TestCalendarPeriod::anInvalidZoneIsUtc()
{
    for (int unit = 0; unit < 6; ++unit) {
        const auto calendarUnit = static_cast<CalendarUnit>(unit);
        const milliseconds wall = at(u"2025-03-30T12:34:56"_s);
        QCOMPARE(periodAt({calendarUnit, QTimeZone(), Qt::Monday}, wall),
            periodAt({calendarUnit, QTimeZone::utc(), Qt::Monday}, wall));
    }
}

void TestCalendarPeriod::theCurrentPeriodFollowsTheClockBothWays()
{
    const Calendar calendar{CalendarUnit::Day, QTimeZone("Europe/Berlin"), Qt::Monday};
    CurrentPeriod current(calendar);
    QCOMPARE(current.calendar(), calendar);
    QRandomGenerator random(7);
    milliseconds wall = at(u"2025-03-28T00:00:00"_s);
    for (int i = 0; i < 2'000; ++i) {
        wall += milliseconds(random.bounded(-3'000'000, 3'600'000));
        QCOMPARE(current.at(wall), periodAt(calendar, wall));
    }
    // The instants around a reset.
    const milliseconds reset = current.at(wall).end;
    QCOMPARE(current.at(reset - 1ms).end, reset);
    QCOMPARE(current.at(reset).start, reset);
    QCOMPARE(current.at(reset - 1ms).end, reset);
}

QTEST_GUILESS_MAIN(TestCalendarPeriod)
#include "tst_calendarperiod.moc"
