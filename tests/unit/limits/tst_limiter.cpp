// SPDX-License-Identifier: GPL-3.0-or-later
// The limiter under many threads at once.
#include "core/limits/limiter.h"
#include "limitsetup.h"

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

    [[nodiscard]] std::chrono::milliseconds wall() const override { return {}; }

private:
    mutable std::atomic<qint64> m_now{Start.count()};
};

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
    void editsAndReadersBesideRequestsLoseNothing();
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
