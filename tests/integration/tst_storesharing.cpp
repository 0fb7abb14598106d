// SPDX-License-Identifier: GPL-3.0-or-later
// Many gateways on one real server, Redis or PostgreSQL: exactly the quota passes, all or nothing
// is charged, what a gateway holds ends with its lease, and what it has counted by itself is added
// once, whatever becomes of the answer.
#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"
#include "tcprelay.h"
#include "tests/support/bothservers.h"

#include <QDeadlineTimer>
#include <QSemaphore>
#include <QTest>
#include <QThread>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using test::SharedServer;
using test::stepOf;
using test::StoreProbe;

namespace {

constexpr MicroAmount One = MicroPerUnit;
constexpr int Gateways = 8;
constexpr int RequestsEach = 250;
constexpr int Quota = 100;

/// What all gateways together were told.
struct Tally
{
    std::atomic<int> admitted = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> failed = 0;
};

/// One gateway thread: asks for all it wants at once.
void runGateway(const SharedServer &server, int number, const std::vector<StoreStep> &steps,
    const std::function<void()> &allHaveAsked, Tally &tally)
{
    QEventLoop loop;
    StoreProbe probe = server.probe();
    int open = RequestsEach;
    for (int i = 0; i < RequestsEach; ++i) {
        StoreBatch batch{QByteArray::number(number) + '/' + QByteArray::number(i), steps};
        // In any order: no two gateways wait for each other.
        if (i % 2 == number % 2)
            std::reverse(batch.steps.begin(), batch.steps.end());
        probe.store().reserve(batch, [&](const Result<StoreAnswer> &answer) {
            ++(!answer ? tally.failed : answer->isAdmitted ? tally.admitted : tally.refused);
            if (--open == 0)
                loop.quit();
        });
    }
    loop.exec();
    allHaveAsked(); // a gateway's slots end with it
}

/// What is held of a counter, in units: asked with a cost that never fits, so nothing changes.
qint64 heldOf(StoreProbe &probe, StoreStep step)
{
    step.cost = step.rate.quota + 1;
    const auto answer = probe.reserve({"asks", {step}});
    return answer ? answer->readings.at(0).reserved / One : -1;
}

/// Units that count, the same way. A bucket of a year does not refill while a test runs.
qint64 usedOf(StoreProbe &probe, StoreStep step)
{
    step.cost = step.rate.quota + 1;
    const auto answer = probe.reserve({"asks", {step}});
    if (!answer)
        return -1;
    if (const auto *calendar = std::get_if<CalendarState>(&answer->readings.at(0).state))
        return calendar->amount / One;
    Limit limit;
    limit.algorithm = step.algorithm;
    limit.quota = step.rate.quota;
    limit.period = step.rate.period;
    return usageAt(limit, answer->readings.at(0).state, answer->now).takenUnits();
}

/// A counter that has used so many units, and nothing else.
CounterState surplusOf(const StoreStep &step, qint64 units, Instant now)
{
    if (step.algorithm == Algorithm::CalendarWindow)
        return CalendarState{step.period.start, units * One};
    if (step.algorithm == Algorithm::SlidingWindow) {
        WindowState state;
        slidingwindow::charge(state, step.rate.period, units * One, now.engine);
        return state;
    }
    GcraState state = gcra::fresh(step.rate, now.engine);
    state.tat += Int128(units * One) * step.rate.period.count();
    return state;
}

} // namespace

class TestStoreSharing : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase_data() { m_servers.addRows(); } // every test is run against both

    void init();
    void exactlyTheQuotaPasses_data();
    void exactlyTheQuotaPasses();
    void chargesAllOrNothing();
    void slotsOfADeadGatewayAreFreeAgain();
    void slotsOfALivingGatewayStayItsOwn();
    void otherHoldsOfADeadGatewayStayCharged();
    void mergesOnceWithoutAnAnswer_data();
    void mergesOnceWithoutAnAnswer();
    void othersMergesAreOthers();

private:
    /// A store of a gateway of its own.
    StoreProbe probeOf(std::chrono::milliseconds lease, std::chrono::milliseconds renewal)
    {
        test::StoreTerms terms;
        terms.lease = lease;
        terms.renewal = renewal;
        return m_server->probe(terms);
    }

    test::BothServers m_servers;
    SharedServer *m_server = nullptr;
};

void TestStoreSharing::init()
{
    m_server = m_servers.ofThisRow();
    QVERIFY(m_server);
}

void TestStoreSharing::exactlyTheQuotaPasses_data()
{
    QTest::addColumn<std::vector<StoreStep>>("steps");
    // In the time that the test takes, nothing of a year's quota is refilled.
    const std::vector<StoreStep> kinds{stepOf("bucket", Algorithm::Gcra, Quota, 24h * 365),
        stepOf("window", Algorithm::SlidingWindow, Quota, 24h),
        stepOf("calendar", Algorithm::CalendarWindow, Quota, 1h),
        stepOf("slots", Algorithm::Concurrency, Quota, 1h)};
    std::vector<StoreStep> all;
    for (StoreStep step : kinds) {
        QTest::newRow(step.key.constData()) << std::vector<StoreStep>{step};
        step.isHeld = true;
        QTest::addRow("%s, held", step.key.constData()) << std::vector<StoreStep>{step};
        all.push_back(step);
    }
    all[2].rate.quota *= 2;
    QTest::newRow("all at once") << all;
}

void TestStoreSharing::exactlyTheQuotaPasses()
{
    QFETCH(std::vector<StoreStep>, steps);
    Tally tally;
    QSemaphore asked;
    QSemaphore end;
    const auto allHaveAsked = [&] {
        asked.release();
        end.acquire();
    };
    std::vector<std::unique_ptr<QThread>> threads;
    for (int i = 0; i < Gateways; ++i) {
        threads.emplace_back(
            QThread::create([&, i] { runGateway(*m_server, i, steps, allHaveAsked, tally); }));
        threads.back()->start();
    }
    const bool haveAllAsked = asked.tryAcquire(Gateways, 60'000);
    end.release(Gateways);
    for (const auto &thread : threads)
        QVERIFY(thread->wait(60'000));
    QVERIFY(haveAllAsked);
    QCOMPARE(tally.failed.load(), 0);
    QCOMPARE(tally.admitted.load(), Quota);
    QCOMPARE(tally.refused.load(), Gateways * RequestsEach - Quota);
}

void TestStoreSharing::chargesAllOrNothing()
{
    StoreProbe probe = m_server->probe();
    const StoreStep wide = stepOf("wide", Algorithm::Gcra, 10, 24h);
    StoreStep narrow = stepOf("narrow", Algorithm::SlidingWindow, 1, 24h);
    StoreStep shadow = stepOf("shadow", Algorithm::CalendarWindow, 1, 24h);
    shadow.isShadow = true;
    const auto first = probe.reserve({"1", {wide, shadow, narrow}});
    QVERIFY(first && first->isAdmitted);
    QVERIFY(first->readings[1].isCharged);
    narrow.rate.quota = 2 * One;
    const auto second = probe.reserve({"2", {wide, shadow, narrow}});
    QVERIFY(second && second->isAdmitted);
    QVERIFY(!second->readings[1].admits);
    const auto third = probe.reserve({"3", {wide, shadow, narrow}});
    QVERIFY(third && !third->isAdmitted);
    QVERIFY(third->readings[0].admits && !third->readings[0].isCharged);
    const auto &state = std::get<GcraState>(third->readings[0].state);
    QCOMPARE(gcra::usage(state, wide.rate, third->now.engine).remaining / One, 8);
}

void TestStoreSharing::slotsOfADeadGatewayAreFreeAgain()
{
    constexpr auto Lease = 600ms;
    StoreProbe dead = probeOf(Lease, 24h); // renews nothing
    StoreProbe alive = m_server->probe();
    const StoreStep step = stepOf("slots", Algorithm::Concurrency, 3, 1h);
    QVERIFY(alive.reserve({"alive", {step}})->isAdmitted);
    QVERIFY(dead.reserve({"1", {step}})->isAdmitted);
    QVERIFY(dead.reserve({"2", {step}})->isAdmitted);
    const SystemClock clock;
    const EngineTime death = clock.now();
    QVERIFY(!alive.reserve({"no room yet", {step}})->isAdmitted);
    QTRY_COMPARE(heldOf(alive, step), 1);
    QVERIFY(clock.now() - death < Lease + 200ms);
    QVERIFY(alive.reserve({"4", {step}})->isAdmitted);
    QVERIFY(alive.reserve({"5", {step}})->isAdmitted);
    QVERIFY(!alive.reserve({"6", {step}})->isAdmitted);
    // What the dead one held is gone: it gives nothing back.
    QVERIFY(dead.settle("1", {{step, 0}}));
    QVERIFY(!alive.reserve({"7", {step}})->isAdmitted);
}

void TestStoreSharing::slotsOfALivingGatewayStayItsOwn()
{
    constexpr auto Lease = 600ms;
    StoreProbe holder = probeOf(Lease, 100ms);
    StoreProbe other = m_server->probe();
    const StoreStep step = stepOf("slots", Algorithm::Concurrency, 1, 1h);
    QVERIFY(holder.reserve({"1", {step}})->isAdmitted);
    QDeadlineTimer passed(3 * Lease);
    QTRY_VERIFY(passed.hasExpired());
    QVERIFY(!other.reserve({"2", {step}})->isAdmitted);
    QVERIFY(holder.settle("1", {{step, 0}}));
    QVERIFY(other.reserve({"3", {step}})->isAdmitted);
}

void TestStoreSharing::otherHoldsOfADeadGatewayStayCharged()
{
    StoreProbe dying = probeOf(300ms, 50ms);
    StoreProbe alive = m_server->probe();
    StoreStep window = stepOf("estimate", Algorithm::SlidingWindow, 100, 1h);
    window.isHeld = true;
    window.cost = 40 * One;
    QVERIFY(dying.reserve({"estimated", {window}})->isAdmitted);
    QCOMPARE(heldOf(alive, window), 40);
    dying.close(); // tells the server nothing
    QTRY_COMPARE(heldOf(alive, window), 0);
    window.isHeld = false;
    window.cost = 60 * One;
    QVERIFY(alive.reserve({"the rest", {window}})->isAdmitted);
    window.cost = 1;
    QVERIFY(!alive.reserve({"no more", {window}})->isAdmitted);
}

void TestStoreSharing::mergesOnceWithoutAnAnswer_data()
{
    QTest::addColumn<Algorithm>("algorithm");
    QTest::addColumn<bool>("isSilent"); // else the connection ends
    for (const bool isSilent : {false, true}) {
        const char *how = isSilent ? "silent" : "broken off";
        QTest::addRow("bucket, %s", how) << Algorithm::Gcra << isSilent;
        QTest::addRow("window, %s", how) << Algorithm::SlidingWindow << isSilent;
        QTest::addRow("calendar, %s", how) << Algorithm::CalendarWindow << isSilent;
    }
}

void TestStoreSharing::mergesOnceWithoutAnAnswer()
{
    QFETCH(const Algorithm, algorithm);
    QFETCH(const bool, isSilent);
    test::TcpRelay relay(m_server->port());
    test::StoreTerms terms;
    terms.timeout = 1s;
    terms.relay = relay.port();
    StoreProbe cutOff = m_server->probe(terms);
    StoreProbe other = m_server->probe();
    const StoreStep step = stepOf("merged", algorithm, 100, 24h * 365);
    const auto first = cutOff.reserve({"first", {step}});
    QVERIFY2(first, test::reasonOf(first).constData());
    const std::vector<StoreMerge> merges{{step, surplusOf(step, 7, first->now)}};
    QCOMPARE(usedOf(other, step), 1);

    (isSilent ? relay.dropsAnswers : relay.breaksOffNextAnswer) = true;
    QVERIFY(!cutOff.merge(merges, "one")); // which the server has done
    QTRY_COMPARE(usedOf(other, step), 8);
    relay.dropsAnswers = false;
    QTRY_VERIFY_WITH_TIMEOUT(cutOff.isUp(), 20'000);
    for (int i = 0; i < 2; ++i) {
        const auto again = cutOff.merge(merges, "one");
        QVERIFY2(again, test::reasonOf(again).constData());
    }
    QCOMPARE(usedOf(other, step), 8);
}

void TestStoreSharing::othersMergesAreOthers()
{
    StoreProbe one = m_server->probe();
    StoreProbe other = m_server->probe();
    const StoreStep step = stepOf("merged", Algorithm::Gcra, 100, 24h * 365);
    const auto first = one.reserve({"first", {step}});
    QVERIFY(first && other.reserve({"second", {step}}));
    const std::vector<StoreMerge> merges{{step, surplusOf(step, 7, first->now)}};
    QVERIFY(one.merge(merges, "one"));
    QVERIFY(other.merge(merges, "one"));
    QCOMPARE(usedOf(one, step), 9);
    QVERIFY(other.merge(merges, "two"));
    QCOMPARE(usedOf(one, step), 16);
    // What is known to be merged stays so when the counter is empty again.
    QVERIFY(other.reset({step.key}));
    QVERIFY(other.merge(merges, "two"));
    QCOMPARE(usedOf(one, step), 0);
}

QTEST_GUILESS_MAIN(TestStoreSharing)
#include "tst_storesharing.moc"
