// SPDX-License-Identifier: GPL-3.0-or-later
// What the algorithms promise, checked on the log of everything that passed: refunds never let more
// through than the limit allows, and a calendar is reset exactly once in each of its periods.
#include "limitsetup.h"

#include <QDateTime>
#include <QRandomGenerator>
#include <QTest>
#include <QTimeZone>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

/// Tokens that one limit lets through, with refunds, debts and deadlines in any order.
class TokenTraffic
{
public:
    struct Passed
    {
        EngineTime at;
        MicroAmount used = 0; ///< of what was reserved
        MicroAmount reserved = 0;
        ReservationId id = 0;
        bool isOpen = true;
    };

    TokenTraffic(quint32 seed, Algorithm algorithm) : m_random(seed)
    {
        auto tokens = rule("tokens", SegmentKind::Shared, 100, 10s);
        tokens.algorithm = algorithm;
        tokens.unit = Unit::Token;
        m_limits = compile({tokens});
    }

    void step()
    {
        m_now += nanoseconds(m_random.bounded(qint64(400'000'000)));
        if (m_random.bounded(3) == 0 && !log.empty())
            settle(log[static_cast<size_t>(m_random.bounded(int(log.size())))]);
        Estimate estimate;
        estimate.input.firm = m_random.bounded(1, 40) * MicroPerUnit;
        estimate.deadline = 1h;
        const Decision decision = m_engine.reserve(m_now, *m_limits, subject("a"), estimate);
        if (!decision.isAdmitted())
            return;
        log.push_back(
            {m_now, decision.chain[0].cost, decision.chain[0].cost, decision.reservation});
    }

    [[nodiscard]] QStringList violations() const { return m_engine.violations(m_now); }

    std::vector<Passed> log;
    int debts = 0;

private:
    void settle(Passed &passed)
    {
        if (!passed.isOpen)
            return;
        passed.isOpen = false;
        Consumption real;
        const bool isDebt = m_random.bounded(6) == 0;
        debts += isDebt ? 1 : 0;
        real.input = isDebt ? passed.reserved * 2 : m_random.bounded(passed.reserved + 1);
        passed.used = std::min(passed.reserved, *real.input);
        m_engine.settle(m_now, passed.id, real);
    }

    QRandomGenerator m_random;
    Engine m_engine;
    std::shared_ptr<const LimitSet> m_limits;
    EngineTime m_now = Start;
};

/// Steps through two years and counts what a limit of one request each period lets through.
int admittedInTwoYears(const config::Calendar &calendar, milliseconds step)
{
    auto limit = rule("calendar", SegmentKind::Shared, 1, 0s);
    limit.algorithm = Algorithm::CalendarWindow;
    limit.calendar = calendar;
    const auto limits = compile({limit});
    Engine engine;
    int count = 0;
    constexpr milliseconds first = std::chrono::sys_days(2023y / 6 / 1).time_since_epoch();
    for (milliseconds now = first; now < first + 24h * 730; now += step)
        count += engine.reserve(now, *limits, subject("a")).isAdmitted() ? 1 : 0;
    return count;
}

/// The same by the clock on the wall: how often its date becomes a later one than ever before.
int datesInTwoYears(const QTimeZone &zone, milliseconds step)
{
    int count = 0;
    QDate latest;
    constexpr milliseconds first = std::chrono::sys_days(2023y / 6 / 1).time_since_epoch();
    for (milliseconds now = first; now < first + 24h * 730; now += step) {
        const QDate date = QDateTime::fromMSecsSinceEpoch(now.count(), zone).date();
        if (latest.isValid() && date <= latest)
            continue;
        latest = date;
        ++count;
    }
    return count;
}

/// The same for hours: how often the hour on the clock is another one, or it is set back.
int hoursInTwoYears(const QTimeZone &zone, milliseconds step)
{
    int count = 0;
    qint64 hour = -1;
    int offset = 0;
    constexpr milliseconds first = std::chrono::sys_days(2023y / 6 / 1).time_since_epoch();
    for (milliseconds now = first; now < first + 24h * 730; now += step) {
        const int offsetNow =
            zone.offsetFromUtc(QDateTime::fromMSecsSinceEpoch(now.count(), Qt::UTC));
        const qint64 local = now.count() / 1'000 + offsetNow;
        if (local / 3'600 == hour && offsetNow >= offset)
            continue;
        hour = local / 3'600;
        offset = offsetNow;
        ++count;
    }
    return count;
}

} // namespace

class TestEngineTheorems : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refundsOfABucketLetNoMorePass_data();
    void refundsOfABucketLetNoMorePass();
    void aRefundMovesUpWhatWasAdmittedBehindIt();
    void aResetLeavesNothingToGiveBack();
    void noIntervalOfASlidingWindowHoldsMore_data();
    void noIntervalOfASlidingWindowHoldsMore();
    void aCalendarIsResetOncePerPeriod_data();
    void aCalendarIsResetOncePerPeriod();
    void aWallClockThatIsSetGivesNothingTwice();
};

void TestEngineTheorems::refundsOfABucketLetNoMorePass_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 10; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestEngineTheorems::refundsOfABucketLetNoMorePass()
{
    QFETCH(quint32, seed);
    TokenTraffic traffic(seed, Algorithm::Gcra);
    for (int i = 0; i < 6'000; ++i)
        traffic.step();
    QCOMPARE(traffic.violations(), QStringList());
    QVERIFY(traffic.debts > 20 && traffic.log.size() > 500);
    // In any interval: no more than the capacity and what was refilled meanwhile.
    constexpr Int128 Capacity = static_cast<Int128>(100 * MicroPerUnit) * nanoseconds(10s).count();
    Int128 mostSpare = 0; // how little the best interval that ends here has used of its refill
    Int128 used = 0;
    for (const auto &passed : traffic.log) {
        const Int128 refilled =
            static_cast<Int128>((passed.at - Start).count()) * 100 * MicroPerUnit;
        mostSpare = std::max(mostSpare, refilled - used);
        used += static_cast<Int128>(passed.used) * nanoseconds(10s).count();
        QVERIFY(used - (refilled - mostSpare) <= Capacity);
    }
}

void TestEngineTheorems::aRefundMovesUpWhatWasAdmittedBehindIt()
{
    auto tokens = rule("tokens", SegmentKind::Shared, 10, 10s);
    tokens.unit = Unit::Token;
    const auto limits = compile({tokens});
    Engine engine;
    const auto ask = [&](EngineTime now, qint64 amount) {
        Estimate estimate;
        estimate.input.firm = amount * MicroPerUnit;
        return engine.reserve(now, *limits, subject("a"), estimate);
    };
    const Decision first = ask(Start, 6);
    const Decision behind = ask(Start, 4);
    engine.settle(Start, first.reservation, Consumption::nothing());
    // With the first one gone the second occupies 4 s, which are over now: nothing is left of it.
    QVERIFY(ask(Start + 5s, 10).isAdmitted());
    engine.settle(Start + 5s, behind.reservation, Consumption::nothing());
    QVERIFY(!ask(Start + 5s, 1).isAdmitted());
    QVERIFY(ask(Start + 6s, 1).isAdmitted());
}

void TestEngineTheorems::aResetLeavesNothingToGiveBack()
{
    for (const Algorithm algorithm :
        {Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow}) {
        auto tokens = rule("tokens", SegmentKind::Shared, 10, 24h);
        tokens.algorithm = algorithm;
        tokens.unit = Unit::Token;
        const auto limits = compile({tokens});
        Engine engine;
        Estimate estimate;
        estimate.input.firm = 8 * MicroPerUnit;
        const Decision old = engine.reserve(Start, *limits, subject("a"), estimate);
        engine.reset(Start, "tokens", {});
        QVERIFY(engine.reserve(Start, *limits, subject("a"), estimate).isAdmitted());
        engine.settle(Start, old.reservation, Consumption::nothing());
        const Decision refused = engine.reserve(Start, *limits, subject("a"), estimate);
        QCOMPARE(refused.verdict, Verdict::LimitReached);
        QCOMPARE(refused.chain[0].usage.taken(), 8 * MicroPerUnit);
        QCOMPARE(engine.violations(Start), QStringList());
    }
}

void TestEngineTheorems::noIntervalOfASlidingWindowHoldsMore_data()
{
    refundsOfABucketLetNoMorePass_data();
}

void TestEngineTheorems::noIntervalOfASlidingWindowHoldsMore()
{
    QFETCH(quint32, seed);
    TokenTraffic traffic(seed, Algorithm::SlidingWindow);
    for (int i = 0; i < 6'000; ++i)
        traffic.step();
    QCOMPARE(traffic.violations(), QStringList());
    QVERIFY(traffic.debts > 20 && traffic.log.size() > 500);
    MicroAmount sum = 0;
    MicroAmount most = 0;
    auto from = traffic.log.begin();
    for (const auto &passed : traffic.log) {
        sum += passed.used;
        for (; from->at <= passed.at - 10s; ++from)
            sum -= from->used;
        most = std::max(most, sum);
    }
    QVERIFY(most <= 100 * MicroPerUnit);
    QVERIFY(most > 80 * MicroPerUnit); // and it is not just strict
}

void TestEngineTheorems::aCalendarIsResetOncePerPeriod_data()
{
    QTest::addColumn<QByteArray>("zone");
    for (const char *zone : {"UTC", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran",
             "Atlantic/Azores", "Africa/Casablanca", "America/New_York", "Asia/Kathmandu",
             "Antarctica/Troll", "America/Havana"})
        QTest::newRow(zone) << QByteArray(zone);
}

void TestEngineTheorems::aCalendarIsResetOncePerPeriod()
{
    QFETCH(QByteArray, zone);
    const QTimeZone of(zone);
    QVERIFY2(of.isValid(), "the package tzdata is missing");
    constexpr milliseconds step = 15min;
    QCOMPARE(admittedInTwoYears({config::CalendarUnit::Day, of, Qt::Monday}, step),
        datesInTwoYears(of, step));
    QCOMPARE(admittedInTwoYears({config::CalendarUnit::Hour, of, Qt::Monday}, step),
        hoursInTwoYears(of, step));
    // 1 June 2023 was a Thursday: 104 Mondays follow in 730 days.
    QCOMPARE(admittedInTwoYears({config::CalendarUnit::Week, of, Qt::Monday}, 1h), 105);
    const int months = admittedInTwoYears({config::CalendarUnit::Month, of, Qt::Monday}, 1h);
    QVERIFY(months == 24 || months == 25); // where it is still May at first
    const int years = admittedInTwoYears({config::CalendarUnit::Year, of, Qt::Monday}, 1h);
    QCOMPARE(years, 3);
}

void TestEngineTheorems::aWallClockThatIsSetGivesNothingTwice()
{
    auto limit = rule("hourly", SegmentKind::Shared, 5, 0s);
    limit.algorithm = Algorithm::CalendarWindow;
    limit.calendar.unit = config::CalendarUnit::Hour;
    const auto limits = compile({limit});
    const milliseconds noon = std::chrono::sys_days(2024y / 3 / 1).time_since_epoch() + 12h;
    Engine engine;
    const auto passing = [&](EngineTime now, milliseconds wall) {
        int count = 0;
        for (int i = 0; i < 10; ++i)
            count += engine.reserve({now, wall}, *limits, subject("a")).isAdmitted() ? 1 : 0;
        engine.sweep({now, wall}, 100);
        return count;
    };
    QCOMPARE(passing(Start, noon + 30min), 5);
    QCOMPARE(passing(Start + 1min, noon + 91min), 5); // set forward by an hour
    QCOMPARE(passing(Start + 2min, noon + 32min), 0); // and back
    QCOMPARE(passing(Start + 3min, noon - 27min), 5); // and once more
    QCOMPARE(passing(Start + 4min, noon + 34min), 0);
    QCOMPARE(passing(Start + 61min, noon + 91min), 0);
    // The wait is exact as well: the next hour has been used up, so it is the one after.
    const Instant now{Start + 62min, noon + 30min};
    QCOMPARE(engine.explain(now, *limits, subject("a")).wait, nanoseconds(90min));
}

QTEST_GUILESS_MAIN(TestEngineTheorems)
#include "tst_enginetheorems.moc"
