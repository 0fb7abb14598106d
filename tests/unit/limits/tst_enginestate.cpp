// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine saves, another one takes over: every later decision is the same, and a state that
// is broken in any way changes nothing.
#include "limitscenario.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

constexpr qsizetype HeaderSize = 22;

/// The state with a checksum that fits its body again.
QByteArray sealed(QByteArray state)
{
    quint64 sum = 0xcbf2'9ce4'8422'2325;
    for (qsizetype i = HeaderSize; i < state.size(); ++i)
        sum = (sum ^ static_cast<unsigned char>(state[i])) * 0x100'0000'01b3;
    const auto size = quint64(state.size() - HeaderSize);
    for (int i = 0; i < 8; ++i) {
        state[6 + i] = static_cast<char>(size >> (56 - 8 * i));
        state[14 + i] = static_cast<char>(sum >> (56 - 8 * i));
    }
    return state;
}

void compare(const Decision &a, const Decision &b)
{
    QCOMPARE(a.verdict, b.verdict);
    QCOMPARE(a.wait, b.wait);
    QCOMPARE(a.binding, b.binding);
    QCOMPARE(a.chain.size(), b.chain.size());
    for (size_t i = 0; i < a.chain.size(); ++i) {
        QCOMPARE(a.chain[i].value, b.chain[i].value);
        QCOMPARE(a.chain[i].usage, b.chain[i].usage);
        QCOMPARE(a.chain[i].wait, b.chain[i].wait);
        QCOMPARE(a.chain[i].verdict, b.chain[i].verdict);
    }
}

/// An engine under random traffic.
class Run
{
public:
    explicit Run(quint32 seed) : scenario(seed), limits(scenario.edited()) { }

    void step(Engine &engine)
    {
        now = scenario.later(now);
        if (scenario.chance(60)) {
            limits = scenario.edited();
            engine.apply(now, *limits);
        }
        const Estimate estimate = scenario.estimate();
        const Decision decision = engine.reserve(now, *limits, scenario.request(), estimate);
        engine.settle(now, decision.reservation, scenario.consumption(estimate));
    }

    /// The same for two engines, which have to agree.
    void stepBoth(Engine &a, Engine &b)
    {
        now = scenario.later(now);
        if (scenario.chance(60)) {
            limits = scenario.edited();
            a.apply(now, *limits);
            b.apply(now, *limits);
        }
        const Subject who = scenario.request();
        const Estimate estimate = scenario.estimate();
        const Consumption consumption = scenario.consumption(estimate);
        const Decision first = a.reserve(now, *limits, who, estimate);
        const Decision second = b.reserve(now, *limits, who, estimate);
        compare(first, second);
        a.settle(now, first.reservation, consumption);
        b.settle(now, second.reservation, consumption);
    }

    LimitScenario scenario;
    Instant now = Start;
    std::shared_ptr<const LimitSet> limits;
};

QByteArray someState(Run &run)
{
    Engine engine;
    for (int i = 0; i < 60; ++i)
        run.step(engine);
    return engine.save(run.now);
}

} // namespace

class TestEngineState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesOnAsIfNothingHadHappened_data();
    void goesOnAsIfNothingHadHappened();
    void openReservationsAreSavedAtTheirEstimate();
    void limitsEditedMeanwhileKeepTheUsedUnits();
    void brokenStatesChangeNothing();
    void fuzzedStatesNeverCrash();
    void emptyAndIdleCountersTakeNoRoom();
};

void TestEngineState::goesOnAsIfNothingHadHappened_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 60; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestEngineState::goesOnAsIfNothingHadHappened()
{
    QFETCH(quint32, seed);
    Run run(seed);
    Engine engine;
    for (int i = 0; i < 300; ++i)
        run.step(engine);
    run.limits = run.scenario.complete();
    engine.apply(run.now, *run.limits);
    const QByteArray state = engine.save(run.now);
    QCOMPARE(engine.save(run.now), state);
    Engine other;
    QVERIFY(other.load(run.now, *run.limits, state));
    QCOMPARE(other.save(run.now), state);
    QCOMPARE(*Engine::savedAt(state), run.now.engine);
    for (int i = 0; i < 300 && !QTest::currentTestFailed(); ++i)
        run.stepBoth(engine, other);
    QCOMPARE(other.violations(run.now), QStringList());
}

void TestEngineState::openReservationsAreSavedAtTheirEstimate()
{
    auto tokens = rule("tokens", SegmentKind::Shared, 100, 60s);
    tokens.unit = Unit::Token;
    auto concurrency = rule("slots", SegmentKind::Shared, 1, 0s);
    concurrency.algorithm = Algorithm::Concurrency;
    concurrency.unit = Unit::ConcurrentRequest;
    const auto limits = compile({tokens, concurrency});
    Estimate estimate;
    estimate.input.firm = 40 * MicroPerUnit;
    Engine engine;
    const Decision open = engine.reserve(Start, *limits, subject("a"), estimate);
    Engine other;
    QVERIFY(other.load(Start, *limits, engine.save(Start)));
    QCOMPARE(other.openReservations(), 0);
    const Decision next = other.reserve(Start, *limits, subject("a"), estimate);
    QVERIFY(next.isAdmitted()); // the slot is free
    QCOMPARE(next.chain[0].usage.used, 40 * MicroPerUnit);
    other.settle(Start, open.reservation + 1'000, Consumption::nothing());
    QCOMPARE(other.openReservations(), 1);
}

void TestEngineState::limitsEditedMeanwhileKeepTheUsedUnits()
{
    auto bucket = rule("bucket", SegmentKind::Shared, 100, 1h);
    auto window = rule("window", SegmentKind::Shared, 100, 1h);
    window.algorithm = Algorithm::SlidingWindow;
    auto calendar = rule("calendar", SegmentKind::Shared, 100, 0s);
    calendar.algorithm = Algorithm::CalendarWindow;
    Engine engine;
    const auto before = compile({bucket, window, calendar});
    QCOMPARE(admitted(engine, Start, *before, subject("a"), 30), 30);
    bucket.refill = window.refill = 2h;
    bucket.capacity = 40 * MicroPerUnit;
    calendar.calendar.unit = config::CalendarUnit::Year;
    const auto after = compile({bucket, window, calendar});
    Engine other;
    QVERIFY(other.load(Start, *after, engine.save(Start)));
    for (const ChainLink &link : other.explain(Start, *after, subject("a")).chain)
        QCOMPARE(link.usage.used, 30 * MicroPerUnit);
    QCOMPARE(admitted(other, Start, *after, subject("a")), 10);
}

void TestEngineState::brokenStatesChangeNothing()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 60s)});
    Engine engine;
    admitted(engine, Start, *limits, subject("a"), 3);
    const QByteArray mine = engine.save(Start);
    Run run(7);
    const QByteArray state = someState(run);
    QVERIFY(state.size() > 100);
    QVERIFY(!engine.load(run.now.engine - 1ns, *limits, state));
    for (qsizetype size = 0; size < state.size(); ++size) {
        QVERIFY(!engine.load(run.now, *limits, state.first(size)));
        if (size > HeaderSize)
            QVERIFY(!engine.load(run.now, *limits, sealed(state.first(size))));
    }
    QVERIFY(!engine.load(run.now, *limits, state + '\0'));
    QVERIFY(!engine.load(run.now, *limits, sealed(state + '\0')));
    QByteArray newer = state;
    newer[5] = 2;
    const auto refused = engine.load(Start, *limits, newer);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Unsupported);
    QCOMPARE(engine.save(Start), mine);
    QCOMPARE(admitted(engine, Start, *limits, subject("a")), 2);
}

void TestEngineState::fuzzedStatesNeverCrash()
{
    QRandomGenerator random(11);
    int taken = 0;
    for (quint32 seed = 1; seed <= 8; ++seed) {
        Run run(seed);
        const QByteArray good = someState(run);
        for (int i = 0; i < 1'500; ++i) {
            QByteArray bad = good;
            for (int flips = random.bounded(1, 4); flips > 0; --flips) {
                const qsizetype at = random.bounded(int(HeaderSize), int(bad.size()));
                bad[at] = static_cast<char>(random.bounded(3) == 0 ? 0xff : random.bounded(256));
            }
            Engine engine;
            if (!engine.load(run.now, *run.limits, sealed(bad)))
                continue;
            ++taken; // and what it has taken over it can work with
            for (int step = 0; step < 3; ++step)
                run.step(engine);
            engine.sweep(run.now, 1'000);
            readings(engine, run.now);
            QVERIFY(engine.save(run.now).size() >= HeaderSize);
        }
    }
    QVERIFY(taken > 100);
}

void TestEngineState::emptyAndIdleCountersTakeNoRoom()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 50s)});
    Engine engine;
    const QByteArray empty = engine.save(Start + 10s);
    for (int i = 0; i < 100; ++i)
        engine.reserve(Start, *limits, subject(QByteArray::number(i)));
    QVERIFY(engine.save(Start + 10s - 1ns).size() > 100 * 10);
    QCOMPARE(engine.save(Start + 10s), empty);
    Engine other;
    QVERIFY(other.load(Start + 10s, *limits, empty));
    QCOMPARE(other.counterCount(), 0);
}

QTEST_GUILESS_MAIN(TestEngineState)
#include "tst_enginestate.moc"
