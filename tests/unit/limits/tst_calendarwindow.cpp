// SPDX-License-Identifier: GPL-3.0-or-later
// The calendar window against the list of everything ever charged.
#include "core/limits/calendarwindow.h"

#include <QRandomGenerator>
#include <QTest>

#include <limits>
#include <map>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;

namespace {

constexpr MicroAmount Most = std::numeric_limits<MicroAmount>::max();

milliseconds at(const QString &utc)
{
    return milliseconds(QDateTime::fromString(utc + u"Z"_s, Qt::ISODate).toMSecsSinceEpoch());
}

Calendar berlin(CalendarUnit unit)
{
    return {unit, QTimeZone("Europe/Berlin"), Qt::Monday};
}

/// The local month of a charge and what it cost.
struct Charge
{
    int month = 0;
    MicroAmount cost = 0;
};

int monthAt(const QTimeZone &zone, milliseconds wall)
{
    const QDate date = QDateTime::fromMSecsSinceEpoch(wall.count(), zone).date();
    return date.year() * 12 + date.month();
}

MicroAmount chargedIn(const std::vector<Charge> &log, int month)
{
    MicroAmount total = 0;
    for (const Charge &charge : log)
        total += charge.month == month ? charge.cost : 0;
    return total;
}

} // namespace

class TestCalendarWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void admitsTheQuotaAndThenWaitsForThePeriodsEnd();
    void equalsTheListOfCharges_data();
    void equalsTheListOfCharges();
    void everyHourAndDayAcrossAClockChangeHasOneQuota();
    void aClockThatIsSetBackFindsTheEarlierCounter();
    void settlesInThePeriodOfTheAdmission();
    void anEditKeepsWhatIsUsed();
    void debtAndOverflow();
    void readsAnEmptyAndASmallQuota();
};

void TestCalendarWindow::admitsTheQuotaAndThenWaitsForThePeriodsEnd()
{
    const Calendar month = berlin(CalendarUnit::Month);
    const MicroAmount quota = 3 * MicroPerUnit;
    const milliseconds wall = at(u"2025-03-30T12:00:00"_s) + 1ms;
    const CalendarPeriod period = periodAt(month, wall);
    CalendarState state;
    for (int i = 0; i < 3; ++i) {
        QVERIFY(calendarwindow::ask(state, period, quota, MicroPerUnit, wall).admits);
        calendarwindow::charge(state, period, MicroPerUnit);
    }
    const Answer refused = calendarwindow::ask(state, period, quota, 1, wall);
    QVERIFY(!refused.admits);
    QVERIFY(!refused.neverFits);
    QCOMPARE(wall + refused.wait, nanoseconds(at(u"2025-03-31T22:00:00"_s)));
    QVERIFY(calendarwindow::ask(state, period, quota, quota + 1, wall).neverFits);
    QCOMPARE(calendarwindow::usage(state, period, quota, wall),
        (Usage{quota, 0, quota, 0, refused.wait, refused.wait}));

    const milliseconds last = period.end - 1ms;
    QVERIFY(!calendarwindow::ask(state, periodAt(month, last), quota, 1, last).admits);
    const CalendarPeriod next = periodAt(month, period.end);
    QVERIFY(calendarwindow::ask(state, next, quota, quota, period.end).admits);
    QVERIFY(calendarwindow::isIdle(state, next));
    QVERIFY(!calendarwindow::isIdle(state, period));
}

void TestCalendarWindow::equalsTheListOfCharges_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestCalendarWindow::equalsTheListOfCharges()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    const MicroAmount quota = random.bounded(5, 60) * MicroPerUnit;
    const Calendar calendar = berlin(CalendarUnit::Month);
    CurrentPeriod current(calendar);
    std::map<milliseconds, CalendarState> counters; // by the start of the period
    std::vector<Charge> log;
    milliseconds wall = at(u"2025-01-20T00:00:00"_s);
    int refusals = 0;
    for (int i = 0; i < 2'000; ++i) {
        // Mostly on, by hours; now and then the clock is set back, over the end of a month too.
        wall += milliseconds(1h) * random.bounded(0, 20) + milliseconds(random.bounded(3'600'000));
        if (random.bounded(20) == 0)
            wall -= milliseconds(1h) * random.bounded(1, 200);
        const CalendarPeriod period = current.at(wall);
        CalendarState &state = counters[period.start];
        const MicroAmount used = chargedIn(log, monthAt(calendar.zone, wall));
        const MicroAmount cost = random.bounded(8 * static_cast<int>(MicroPerUnit));
        const Answer answer = calendarwindow::ask(state, period, quota, cost, wall);
        QCOMPARE(calendarwindow::used(state, period), used);
        QCOMPARE(answer.admits, used + cost <= quota);
        QCOMPARE(answer.neverFits, cost > quota);
        if (answer.admits) {
            QCOMPARE(answer.wait, 0ns);
            calendarwindow::charge(state, period, cost);
            log.push_back({monthAt(calendar.zone, wall), cost});
        } else if (!answer.neverFits) {
            const auto then = std::chrono::floor<milliseconds>(wall + answer.wait);
            QCOMPARE(nanoseconds(then), wall + answer.wait);
            QVERIFY(monthAt(calendar.zone, then) > monthAt(calendar.zone, wall));
            QCOMPARE(monthAt(calendar.zone, then - 1ms), monthAt(calendar.zone, wall));
            const milliseconds early = then - 1ms;
            QVERIFY(!calendarwindow::ask(state, current.at(early), quota, cost, early).admits);
            QVERIFY(calendarwindow::ask(state, current.at(then), quota, cost, then).admits);
            ++refusals;
        }
    }
    QVERIFY(counters.size() > 12);
    QVERIFY(log.size() > 50);
    QVERIFY(refusals > 100);
}

void TestCalendarWindow::everyHourAndDayAcrossAClockChangeHasOneQuota()
{
    // 26 October 2025 in Berlin has 25 hours, and 02:00 to 03:00 twice: 25 and 1 are admitted.
    const milliseconds midnight = at(u"2025-10-25T22:00:00"_s);
    const auto admitted = [midnight](CalendarUnit unit) {
        CurrentPeriod current(berlin(unit));
        CalendarState state;
        int count = 0;
        for (milliseconds wall = midnight; wall < midnight + 25h; wall += 1min) {
            const CalendarPeriod period = current.at(wall);
            if (calendarwindow::ask(state, period, MicroPerUnit, MicroPerUnit, wall).admits) {
                calendarwindow::charge(state, period, MicroPerUnit);
                ++count;
            }
        }
        return count;
    };
    QCOMPARE(admitted(CalendarUnit::Hour), 25);
    QCOMPARE(admitted(CalendarUnit::Day), 1);
}

void TestCalendarWindow::aClockThatIsSetBackFindsTheEarlierCounter()
{
    const Calendar day = berlin(CalendarUnit::Day);
    const CalendarPeriod monday = periodAt(day, at(u"2025-06-02T12:00:00"_s));
    const CalendarPeriod tuesday = periodAt(day, monday.end);
    CalendarState ofMonday;
    CalendarState ofTuesday;
    calendarwindow::charge(ofMonday, monday, 5);
    calendarwindow::charge(ofTuesday, tuesday, 7);
    calendarwindow::charge(ofMonday, monday, 1);
    QCOMPARE(calendarwindow::used(ofMonday, monday), 6);
    QCOMPARE(calendarwindow::used(ofTuesday, tuesday), 7);
    // Each counts in its own period only, the later as little as the earlier.
    QCOMPARE(calendarwindow::used(ofTuesday, monday), 0);
    QCOMPARE(calendarwindow::used(ofMonday, tuesday), 0);
    calendarwindow::charge(ofTuesday, monday, 2);
    QCOMPARE(ofTuesday, (CalendarState{monday.start, 2}));
}

void TestCalendarWindow::settlesInThePeriodOfTheAdmission()
{
    const Calendar day = berlin(CalendarUnit::Day);
    const CalendarPeriod today = periodAt(day, at(u"2025-06-02T12:00:00"_s));
    const CalendarPeriod tomorrow = periodAt(day, today.end);
    CalendarState state;
    calendarwindow::charge(state, today, 100);
    calendarwindow::adjust(state, today.start, -30);
    QCOMPARE(calendarwindow::used(state, today), 70);
    calendarwindow::adjust(state, today.start, 50);
    QCOMPARE(calendarwindow::used(state, today), 120);
    calendarwindow::adjust(state, today.start, -1'000);
    QCOMPARE(calendarwindow::used(state, today), 0);
    calendarwindow::charge(state, tomorrow, 10);
    // Today has ended: what is settled late binds nobody tomorrow.
    calendarwindow::adjust(state, today.start, -5);
    QCOMPARE(state, (CalendarState{tomorrow.start, 10}));
    calendarwindow::adjust(state, today.start, 5);
    QCOMPARE(state, (CalendarState{tomorrow.start, 10}));
}

void TestCalendarWindow::anEditKeepsWhatIsUsed()
{
    const milliseconds wall = at(u"2025-06-04T12:30:00"_s);
    const CalendarPeriod hour = periodAt(berlin(CalendarUnit::Hour), wall);
    const CalendarPeriod month = periodAt(berlin(CalendarUnit::Month), wall);
    CalendarState state;
    calendarwindow::charge(state, hour, 9);
    const CalendarState longer = calendarwindow::rescaled(state, hour, month);
    QCOMPARE(calendarwindow::used(longer, month), 9);
    QCOMPARE(calendarwindow::rescaled(longer, month, hour), state);
    // What an ended period held is gone before the edit.
    const CalendarPeriod next = periodAt(berlin(CalendarUnit::Hour), hour.end);
    QVERIFY(calendarwindow::isIdle(calendarwindow::rescaled(state, next, month), month));
}

void TestCalendarWindow::debtAndOverflow()
{
    const milliseconds wall = at(u"2025-06-04T12:30:00"_s);
    const CalendarPeriod period = periodAt(berlin(CalendarUnit::Day), wall);
    CalendarState state;
    calendarwindow::charge(state, period, Most);
    calendarwindow::charge(state, period, Most);
    QCOMPARE(state.amount, Most);
    calendarwindow::adjust(state, period.start, Most);
    QCOMPARE(state.amount, Most);
    QVERIFY(!calendarwindow::ask(state, period, Most, 1, wall).admits);
    QVERIFY(calendarwindow::ask(state, period, Most, 0, wall).admits);
    const Usage usage = calendarwindow::usage(state, period, 10, wall);
    QCOMPARE(usage.used, Most);
    QCOMPARE(usage.remaining, 0);
    calendarwindow::adjust(state, period.start, -Most);
    calendarwindow::adjust(state, period.start, std::numeric_limits<MicroAmount>::min());
    QCOMPARE(state.amount, 0);

    // The longest period there is: the wait is as long as can be said, and does not wrap.
    const CalendarPeriod early = periodAt(berlin(CalendarUnit::Day), milliseconds::min());
    calendarwindow::charge(state, early, 10);
    QCOMPARE(
        calendarwindow::ask(state, early, 10, 1, milliseconds::min()).wait, nanoseconds::max());
}

void TestCalendarWindow::readsAnEmptyAndASmallQuota()
{
    const milliseconds wall = at(u"2025-06-04T12:30:00"_s);
    const CalendarPeriod period = periodAt(berlin(CalendarUnit::Hour), wall);
    CalendarState state;
    QCOMPARE(calendarwindow::usage(state, period, MicroPerUnit, wall),
        (Usage{0, 0, MicroPerUnit, MicroPerUnit, 0ns, 0ns}));
    // Half a unit per hour: "one more" is the whole quota.
    const MicroAmount half = MicroPerUnit / 2;
    calendarwindow::charge(state, period, 1);
    QCOMPARE(calendarwindow::usage(state, period, half, wall),
        (Usage{1, 0, half, half - 1, 30min, 30min}));
    // Something is used, but one more fits: nothing to wait for.
    QCOMPARE(calendarwindow::usage(state, period, 2 * MicroPerUnit, wall),
        (Usage{1, 0, 2 * MicroPerUnit, 2 * MicroPerUnit - 1, 0ns, 30min}));
}

QTEST_GUILESS_MAIN(TestCalendarWindow)
#include "tst_calendarwindow.moc"
