// SPDX-License-Identifier: GPL-3.0-or-later
// The engine where its own limits are: absurd amounts, texts and clocks, no room, ids that never
// were. All of it is defined, and nothing of it costs more than the request that brings it.
#include "limitsetup.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

constexpr MicroAmount Most = std::numeric_limits<MicroAmount>::max();
constexpr std::array Algorithms{
    Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow};

config::LimitRule tokens(Algorithm algorithm, MicroAmount quota, nanoseconds period = 60s)
{
    auto result = rule("tokens", SegmentKind::Shared, 1, period);
    result.algorithm = algorithm;
    result.unit = Unit::Token;
    result.capacity = quota;
    return result;
}

Estimate firm(MicroAmount input)
{
    Estimate result;
    result.input.firm = input;
    return result;
}

Consumption used(MicroAmount input)
{
    Consumption result;
    result.input = input;
    result.output = 0;
    return result;
}

} // namespace

class TestEngineLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hugeAmountsSaturate_data();
    void hugeAmountsSaturate();
    void zeroCostsHoldTheirCell();
    void longValuesStayApart();
    void manyUsersComeAndGo();
    void timeMayStandStill();
    void wallClocksBeforeTheEpochCount();
    void emptySubjectsAreShared();
    void idsThatNeverWereSettleNothing();
    void aFullStoreForgetsWhatIsOver();
    void overdueReservationsAreSweptInSteps();
    void expiredHoldsStayGone();
    void endlessDeadlinesAndRaises();
};

void TestEngineLimits::hugeAmountsSaturate_data()
{
    QTest::addColumn<int>("algorithm");
    for (const Algorithm algorithm : Algorithms)
        QTest::addRow("algorithm %d", int(algorithm)) << int(algorithm);
}

void TestEngineLimits::hugeAmountsSaturate()
{
    QFETCH(int, algorithm);
    const auto limits = compile({tokens(static_cast<Algorithm>(algorithm), Most, 365 * 24h)});
    Engine engine;
    Estimate estimate = firm(Most);
    estimate.output = {Most, Most};
    const Decision first = engine.reserve(Start, *limits, subject("a"), estimate);
    QVERIFY(first.isAdmitted());
    QCOMPARE(first.chain[0].cost, Most);
    QCOMPARE(first.chain[0].usage.remaining, 0);
    QCOMPARE(engine.reserve(Start, *limits, subject("a"), firm(1)).verdict, Verdict::LimitReached);
    Consumption dear = used(Most);
    dear.output = Most;
    engine.settle(Start, first.reservation, dear);
    QCOMPARE(engine.violations(Start), QStringList());
    const Decision refused = engine.reserve(Start, *limits, subject("a"), firm(1));
    QCOMPARE(refused.verdict, Verdict::LimitReached);
    QVERIFY(refused.wait > 0ns);
    Engine other;
    other.load(Start, *limits, engine.save(Start));
    QCOMPARE(other.explain(Start, *limits, subject("a"), firm(1)).wait, refused.wait);
}

void TestEngineLimits::zeroCostsHoldTheirCell()
{
    // An excess counts from when its request was admitted, though that had cost nothing then.
    const auto limits = compile({tokens(Algorithm::SlidingWindow, 10 * MicroPerUnit)});
    Engine engine;
    engine.reserve(Start, *limits, subject("a"), firm(MicroPerUnit));
    const Decision free = engine.reserve(Start + 30s, *limits, subject("a"), firm(0));
    QVERIFY(free.isAdmitted());
    engine.settle(Start + 31s, free.reservation, used(9 * MicroPerUnit));
    QVERIFY(!engine.explain(Start + 31s, *limits, subject("a"), firm(1)).isAdmitted());
    QVERIFY(engine.explain(Start + 62s, *limits, subject("a"), firm(MicroPerUnit)).isAdmitted());
    const auto at = [&](nanoseconds later) {
        return engine.explain(Start + later, *limits, subject("a"), firm(9 * MicroPerUnit));
    };
    QVERIFY(!at(89s).isAdmitted());
    QVERIFY(at(92s).isAdmitted());
}

void TestEngineLimits::longValuesStayApart()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 2, 60s)});
    Engine engine;
    for (const int size : {24, 25, 256, 10'000, 65'535, 65'536, 65'560, 200'000}) {
        const QByteArray a(size, 'a');
        const QByteArray b = a.chopped(1) + 'b';
        QCOMPARE(admitted(engine, Start, *limits, subject(a), 5), 2);
        QCOMPARE(admitted(engine, Start, *limits, subject(b), 5), 2);
        QCOMPARE(engine.reset(Start, "key", a).size(), 1U);
        QCOMPARE(admitted(engine, Start, *limits, subject(a), 5), 2);
    }
    QCOMPARE(engine.counterCount(), 16);
    Engine other;
    other.load(Start, *limits, engine.save(Start));
    QCOMPARE(other.counterCount(), 16);
    engine.sweep(Start + 61s, 100);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngineLimits::manyUsersComeAndGo()
{
    auto limit = rule("user", SegmentKind::EndUser, 5, 10s);
    const auto limits = compile({limit});
    Engine engine;
    qint64 most = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        const EngineTime now = Start + 1ms * i;
        engine.reserve(now, *limits, subject("a", QByteArray::number(i)));
        most = std::max(most, engine.counterCount());
    }
    // Each lives for two seconds, 2 000 of them at once, and is swept before a second as many more.
    QVERIFY(most < 8'000);
    engine.sweep(Start + 1'100s, 100'000);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngineLimits::timeMayStandStill()
{
    for (const Algorithm algorithm : Algorithms) {
        const auto limits = compile({tokens(algorithm, 10 * MicroPerUnit)});
        Engine engine;
        int passed = 0;
        for (int i = 0; i < 100; ++i) {
            const Decision decision =
                engine.reserve(Start, *limits, subject("a"), firm(MicroPerUnit));
            passed += decision.isAdmitted() ? 1 : 0;
            engine.settle(Start, decision.reservation, used(i < 20 ? 0 : MicroPerUnit));
        }
        QCOMPARE(passed, 30); // 20 that were given back and ten that were not
        QVERIFY(!engine.explain(Start, *limits, subject("a"), firm(MicroPerUnit)).isAdmitted());
        QCOMPARE(engine.violations(Start), QStringList());
    }
}

void TestEngineLimits::wallClocksBeforeTheEpochCount()
{
    auto daily = tokens(Algorithm::CalendarWindow, 5 * MicroPerUnit);
    daily.calendar.zone = QTimeZone(QByteArrayLiteral("America/New_York"));
    const auto limits = compile({daily});
    Engine engine;
    const Instant epoch{Start, 0ms};
    QVERIFY(engine.reserve(epoch, *limits, subject("a"), firm(5 * MicroPerUnit)).isAdmitted());
    const Decision refused = engine.explain(epoch, *limits, subject("a"), firm(1));
    QCOMPARE(refused.wait, nanoseconds(5h));
    QCOMPARE(usageAt(readings(engine, epoch)[0], epoch).taken(), 5 * MicroPerUnit);
    engine.sweep({Start + 48h, 48h}, 10);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngineLimits::emptySubjectsAreShared()
{
    std::vector<config::LimitRule> rules;
    for (const SegmentKind kind : {SegmentKind::Shared, SegmentKind::ApiKey, SegmentKind::EndUser,
             SegmentKind::Team, SegmentKind::TeamMember, SegmentKind::Property})
        rules.push_back(rule("limit" + QByteArray::number(int(kind)), kind, 3, 60s));
    const auto limits = compile(rules);
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, Subject(), 9), 3);
    QCOMPARE(engine.counterCount(), 6);
    Subject lost;
    lost.entry = Entry::Router;
    lost.router = "no such router";
    lost.member = "of no team";
    QVERIFY(!engine.reserve(Start, *limits, lost).isAdmitted());
    QVERIFY(engine.reset(Start, "no such limit", {}).empty());
    QVERIFY(engine.reset(Start, "limit1", "nobody").empty());
    engine.restore(Start, {});
    engine.setOperations(Start, {{{"no such limit", "x", 1, Start + 1s}}, {}});
    QVERIFY(engine.takeChanges(Start, 0).empty());
    quint32 from = 1'000;
    QVERIFY(engine.readings(Start, from, 10).empty());
    QCOMPARE(from, 0U);
}

void TestEngineLimits::idsThatNeverWereSettleNothing()
{
    const auto limits = compile({tokens(Algorithm::Gcra, 10 * MicroPerUnit)});
    Engine engine;
    const Decision open = engine.reserve(Start, *limits, subject("a"), firm(4 * MicroPerUnit));
    const quint64 id = open.reservation;
    for (const quint64 other : {quint64{0}, id + 1, id - 1, id + (1ULL << 32U), ~0ULL, 1ULL << 63U})
        engine.settle(Start, other, Consumption::nothing());
    QCOMPARE(engine.openReservations(), 1);
    engine.settle(Start, id, used(MicroPerUnit));
    engine.settle(Start, id, Consumption::nothing());
    // Its place is taken by another one, which the old id does not name.
    const Decision next = engine.reserve(Start, *limits, subject("a"), firm(2 * MicroPerUnit));
    engine.settle(Start, id, Consumption::nothing());
    QCOMPARE(engine.openReservations(), 1);
    QCOMPARE(next.chain[0].usage.used, MicroPerUnit);
    QCOMPARE(next.chain[0].usage.reserved, 2 * MicroPerUnit);
}

void TestEngineLimits::aFullStoreForgetsWhatIsOver()
{
    config::Configuration configuration;
    configuration.server.maxCounters = 4;
    auto daily = rule("daily", SegmentKind::EndUser, 5, 0s);
    daily.algorithm = Algorithm::CalendarWindow;
    auto shadow = rule("shadow", SegmentKind::ApiKey, 5, 1h);
    shadow.mode = LimitMode::Shadow;
    configuration.limits = {shadow, daily};
    const auto limits = LimitSet::compile(configuration);
    Engine engine;
    const auto ask = [&](Instant now, const QByteArray &key, const QByteArray &user) {
        return engine.reserve(now, *limits, subject(key, user));
    };
    const Instant evening{Start, std::chrono::sys_days(2024y / 5 / 2).time_since_epoch() - 1min};
    for (const char *user : {"a", "b", "c"})
        QVERIFY(ask(evening, "k", user).isAdmitted());
    QCOMPARE(engine.counterCount(), 4);
    // No room for a shadow, which never refuses; none for another user either.
    QCOMPARE(ask(evening, "l", "a").chain[0].verdict, LinkVerdict::WouldRefuse);
    QCOMPARE(ask(evening, "k", "d").verdict, Verdict::NoRoom);
    // Yesterday's counters are kept for a while, but not where others need the room.
    const Instant morning = evening.after(2min);
    engine.sweep(morning, 100);
    QCOMPARE(engine.counterCount(), 4);
    QCOMPARE(ask(morning, "k", "d").verdict, Verdict::NoRoom);
    QVERIFY(ask(morning, "k", "d").isAdmitted());
}

void TestEngineLimits::overdueReservationsAreSweptInSteps()
{
    const auto limits = compile({tokens(Algorithm::Gcra, 1'000 * MicroPerUnit)});
    Engine engine;
    for (int i = 0; i < 100; ++i)
        engine.reserve(Start, *limits, subject("a"), firm(MicroPerUnit));
    engine.sweep(Start + 1h, 10);
    QCOMPARE(engine.openReservations(), 90);
    engine.sweep(Start + 1h, 1'000);
    QCOMPARE(engine.openReservations(), 0);
    QCOMPARE(engine.overdueCount(), 100);
}

void TestEngineLimits::expiredHoldsStayGone()
{
    // What a window has forgotten comes back with no longer one, nor does its refund take away
    // what others have used.
    Engine engine;
    const auto brief = compile({tokens(Algorithm::SlidingWindow, 10 * MicroPerUnit, 1s)});
    const Decision old = engine.reserve(Start, *brief, subject("a"), firm(6 * MicroPerUnit));
    const auto wide = compile({tokens(Algorithm::SlidingWindow, 10 * MicroPerUnit, 1h)});
    engine.reserve(Start + 2s, *brief, subject("a"), firm(5 * MicroPerUnit));
    engine.apply(Start + 2s, *wide);
    engine.settle(Start + 3s, old.reservation, Consumption::nothing());
    const Decision now = engine.explain(Start + 3s, *wide, subject("a"), firm(1));
    QCOMPARE(now.chain[0].usage.used + now.chain[0].usage.reserved, 5 * MicroPerUnit);
}

void TestEngineLimits::endlessDeadlinesAndRaises()
{
    const auto limits = compile({tokens(Algorithm::Gcra, Most)});
    Engine engine;
    engine.setOperations(Start, {{{"tokens", {}, Most, EngineTime::max()}}, {}});
    Estimate estimate = firm(Most);
    estimate.deadline = nanoseconds::max();
    QVERIFY(engine.reserve(Start, *limits, subject("a"), estimate).isAdmitted());
    engine.sweep(Start + 1h, 10);
    QCOMPARE(engine.openReservations(), 1);
    QCOMPARE(readings(engine)[0].claims.extra, Most);
    QCOMPARE(usageAt(readings(engine)[0], Start).quota, Most);
}

QTEST_GUILESS_MAIN(TestEngineLimits)
#include "tst_enginelimits.moc"
