// SPDX-License-Identifier: GPL-3.0-or-later
// The limiter under many threads at once.
#include "core/limits/limiter.h"
#include "limitscenario.h"

#include <QTest>

#include <atomic>
#include <thread>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

class SteppingClock final : public Clock
{
public:
    [[nodiscard]] EngineTime now() const override { return EngineTime(m_now.fetch_add(1'000)); }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(Start);
    }

private:
    mutable std::atomic<qint64> m_now{Start.count()};
};

constexpr std::array Kinds{
    "window", "bucket", "calendar", "slots", "tokens", "cents", "member", "user"};

/// In descending order, so that the last one of a stack binds.
int quotaOf(int kind)
{
    return 190 - 10 * kind;
}

config::LimitRule stacked(int kind)
{
    constexpr std::array segments{SegmentKind::Shared, SegmentKind::ApiKey, SegmentKind::Shared,
        SegmentKind::Shared, SegmentKind::ApiKey, SegmentKind::Team, SegmentKind::TeamMember,
        SegmentKind::EndUser};
    const auto at = static_cast<size_t>(kind);
    auto result = rule(Kinds.at(at), segments.at(at), quotaOf(kind), 24h);
    const QByteArrayView name = Kinds.at(at);
    if (name == "window" || name == "cents")
        result.algorithm = Algorithm::SlidingWindow;
    if (name == "calendar" || name == "user")
        result.algorithm = Algorithm::CalendarWindow;
    if (name == "slots") {
        result.algorithm = Algorithm::Concurrency;
        result.unit = Unit::ConcurrentRequest;
    }
    if (name == "tokens")
        result.unit = Unit::Token;
    if (name == "cents" || name == "user")
        result.unit = Unit::Cents;
    return result;
}

Estimate oneUnitEach()
{
    Estimate estimate;
    estimate.input.firm = MicroPerUnit;
    estimate.cents = Expected{MicroPerUnit, 0};
    return estimate;
}

/// Something that people do beside the requests.
void operate(Limiter &limiter, LimitScenario &scenario, int thread)
{
    const auto [limit, value] = scenario.counter();
    if (thread == 0 && scenario.chance(20))
        limiter.apply(scenario.edited());
    if (thread == 1)
        limiter.sweep(50);
    if (thread == 2)
        limiter.takeChanges(100);
    if (thread == 3 && scenario.chance(10))
        limiter.restore(limiter.reset(limit, value));
    if (thread == 4 && scenario.chance(10))
        limiter.setOperations(scenario.operations(limiter.clock().now()));
    if (thread == 5 && scenario.chance(10))
        static_cast<void>(limiter.readings());
    if (thread == 6 && scenario.chance(10))
        static_cast<void>(limiter.explain(scenario.request(), scenario.estimate()));
    if (thread == 7 && scenario.chance(20))
        limiter.load(limiter.save()); // each counter twice as much as before
    if (thread == 0 && scenario.chance(20))
        limiter.beginSaving();
    if (thread == 0)
        limiter.takeUnsaved(50);
    if (thread == 5 && scenario.chance(50))
        limiter.saveAgain(limits::Engine::Records::Gone);
}

template <typename Work> void onThreads(int count, const Work &work)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&work, i] { work(i); });
    for (std::thread &thread : threads)
        thread.join();
}

} // namespace

class TestLimiter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void admitsExactlyTheCapacityFromAllThreads();
    void admitsTheLeastOfStackedLimits_data();
    void admitsTheLeastOfStackedLimits();
    void editsAndReadersBesideRequestsLoseNothing();
    void everythingAtOnceKeepsTheBooks_data();
    void everythingAtOnceKeepsTheBooks();
    void slotsNeverExceedTheirNumber();
    void beforeAnyConfigurationNothingIsLimited();
};

void TestLimiter::admitsExactlyTheCapacityFromAllThreads()
{
    const SteppingClock clock;
    Limiter limiter(clock);
    limiter.apply(compile({rule("all", SegmentKind::Shared, 100, 24h),
        rule("key", SegmentKind::ApiKey, 1'000'000, 1s)}));
    std::atomic<int> passed = 0;
    std::atomic<int> refused = 0;
    onThreads(8, [&](int thread) {
        const Subject who = subject("key" + QByteArray::number(thread));
        for (int i = 0; i < 250; ++i)
            ++(limiter.reserve(who).isAdmitted() ? passed : refused);
    });
    QCOMPARE(passed, 100);
    QCOMPARE(refused, 1'900);
    const Decision decision = limiter.explain(subject("x"));
    QCOMPARE(decision.chain[0].usage.remaining / MicroPerUnit, 0);
}

void TestLimiter::admitsTheLeastOfStackedLimits_data()
{
    QTest::addColumn<std::vector<int>>("kinds");
    for (int chosen = 1; chosen < 1 << int(Kinds.size()); ++chosen) {
        std::vector<int> kinds;
        QByteArray name;
        for (int kind = 0; kind < int(Kinds.size()); ++kind) {
            if ((chosen >> kind & 1) == 0)
                continue;
            kinds.push_back(kind);
            name += Kinds[size_t(kind)] + QByteArray(" ");
        }
        if (kinds.size() <= 4)
            QTest::newRow(name.constData()) << kinds;
    }
}

/// 2 000 requests on eight threads, none settled before all are decided: the smallest quota binds.
void TestLimiter::admitsTheLeastOfStackedLimits()
{
    QFETCH(std::vector<int>, kinds);
    std::vector<config::LimitRule> rules;
    for (const int kind : kinds)
        rules.push_back(stacked(kind));
    const SteppingClock clock;
    Limiter limiter(clock);
    limiter.apply(compile(rules));
    std::atomic<int> passed = 0;
    onThreads(8, [&](int) {
        for (int i = 0; i < 250; ++i) {
            Subject who = subject("key", "user");
            who.team = "team";
            who.member = "member";
            passed += limiter.reserve(who, oneUnitEach()).isAdmitted() ? 1 : 0;
        }
    });
    QCOMPARE(passed, quotaOf(kinds.back()));
    QCOMPARE(limiter.violations(), QStringList());
    for (const CounterReading &reading : limiter.readings())
        QCOMPARE(usageAt(reading, Instant(clock)).takenUnits(), quotaOf(kinds.back()));
}

void TestLimiter::everythingAtOnceKeepsTheBooks_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 6; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

/// Eight threads reserve, settle, read, edit, reset, restore, raise and sweep as they like.
void TestLimiter::everythingAtOnceKeepsTheBooks()
{
    QFETCH(quint32, seed);
    const SteppingClock clock;
    Limiter limiter(clock);
    LimitScenario first(seed);
    limiter.apply(first.edited());
    onThreads(8, [&](int thread) {
        LimitScenario scenario(seed);
        for (int skipped = 0; skipped < thread; ++skipped)
            scenario.below(8);
        std::vector<ReservationId> open;
        for (int i = 0; i < 300; ++i) {
            const Estimate estimate = scenario.estimate();
            open.push_back(limiter.reserve(scenario.request(), estimate).reservation);
            if (scenario.chance(2)) {
                limiter.settle(open.back(), scenario.consumption(estimate));
                open.pop_back();
            }
            operate(limiter, scenario, thread);
        }
        for (const ReservationId id : open)
            limiter.settle(id, {});
    });
    QCOMPARE(limiter.violations(), QStringList());
    for (const CounterReading &reading : limiter.readings())
        QCOMPARE(reading.claims.reserved, 0); // nothing is open any more
}

void TestLimiter::slotsNeverExceedTheirNumber()
{
    const SteppingClock clock;
    Limiter limiter(clock);
    auto concurrency = rule("slots", SegmentKind::Shared, 5, 0s);
    concurrency.algorithm = Algorithm::Concurrency;
    concurrency.unit = Unit::ConcurrentRequest;
    limiter.apply(compile({concurrency}));
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    onThreads(8, [&](int) {
        for (int i = 0; i < 2'000; ++i) {
            const Decision decision = limiter.reserve(subject("a"));
            if (!decision.isAdmitted())
                continue;
            const int now = ++running;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) { }
            --running;
            limiter.settle(decision.reservation, {});
        }
    });
    QVERIFY(most <= 5);
    QCOMPARE(usageAt(limiter.readings().at(0), Instant(clock)).taken(), 0);
}

void TestLimiter::editsAndReadersBesideRequestsLoseNothing()
{
    const SteppingClock clock;
    Limiter limiter(clock);
    const auto limitsOf = [](int i) {
        return compile({rule("all", SegmentKind::Shared, 100, 24h),
            rule("key", SegmentKind::ApiKey, 1'000 + i % 7, 24h)});
    };
    limiter.apply(limitsOf(0));
    std::atomic<int> passed = 0;
    onThreads(8, [&](int thread) {
        for (int i = 0; i < 250; ++i) {
            if (thread == 0)
                limiter.apply(limitsOf(i));
            if (thread == 1)
                limiter.sweep(100);
            if (thread == 2)
                QVERIFY(limiter.takeChanges(1'000).size() <= 9);
            passed += limiter.reserve(subject(QByteArray::number(thread))).isAdmitted() ? 1 : 0;
        }
    });
    QCOMPARE(passed, 100);
    MicroAmount used = 0;
    for (const CounterReading &reading : limiter.readings()) {
        if (reading.limit->name == "key")
            used += usageAt(*reading.limit, reading.state, Start).used;
    }
    QVERIFY(used >= 100 * MicroPerUnit);
    QVERIFY(used < 101 * MicroPerUnit);
}

void TestLimiter::beforeAnyConfigurationNothingIsLimited()
{
    const SteppingClock clock;
    Limiter limiter(clock);
    QVERIFY(limiter.limits());
    QVERIFY(limiter.reserve(subject("a")).isAdmitted());
    QCOMPARE(&limiter.clock(), &clock);
}

QTEST_GUILESS_MAIN(TestLimiter)
#include "tst_limiter.moc"
