// SPDX-License-Identifier: GPL-3.0-or-later
// The sliding window against the list of everything ever admitted.
#include "core/limits/slidingwindow.h"

#include <QRandomGenerator>
#include <QTest>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;

namespace {

struct Admission
{
    EngineTime at{0};
    MicroAmount cost = 0;
};

using Log = std::vector<Admission>;

/// What was admitted from `from` on, including it.
MicroAmount admittedSince(const Log &log, EngineTime from)
{
    MicroAmount total = 0;
    for (auto it = log.rbegin(); it != log.rend() && it->at >= from; ++it)
        total += it->cost;
    return total;
}

/// What counts at `now` by definition: the 61 cells that end with the current one.
MicroAmount counted(const Log &log, EngineTime now, nanoseconds period)
{
    MicroAmount total = 0;
    const qint64 first = slidingwindow::cellAt(now, period) - 60;
    for (auto it = log.rbegin(); it != log.rend(); ++it) {
        if (slidingwindow::cellAt(it->at, period) < first)
            break;
        total += it->cost;
    }
    return total;
}

Rate randomRate(QRandomGenerator &random)
{
    constexpr std::array<qint64, 6> Periods{
        59, 60, 61'000'000'007, 60'000'000'000, 3'600'000'000'001, 31'536'000'000'000'000};
    return {random.bounded(1, 40) * MicroPerUnit,
        nanoseconds(Periods[random.bounded(static_cast<quint32>(Periods.size()))])};
}

} // namespace

class TestSlidingWindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void admitsTheQuotaAndThenWaits();
    void neverOverInAnyIntervalAndHardlyLate_data();
    void neverOverInAnyIntervalAndHardlyLate();
    void keepsAtMost61Cells();
    void anotherPeriodKeepsUnitsInTheLatestCell();
    void rescalingNeverReleasesEarly();
    void timeThatRunsBackReleasesNothingEarly();
};

void TestSlidingWindow::admitsTheQuotaAndThenWaits()
{
    const Rate rate{3 * MicroPerUnit, 60s};
    WindowState state;
    const EngineTime now = 1000s + 500ms;
    for (int i = 0; i < 3; ++i) {
        QVERIFY(slidingwindow::ask(state, rate, MicroPerUnit, now).admits);
        slidingwindow::charge(state, rate.period, MicroPerUnit, now);
    }
    const Answer refused = slidingwindow::ask(state, rate, MicroPerUnit, now);
    QVERIFY(!refused.admits);
    QVERIFY(!refused.neverFits);
    QCOMPARE(refused.wait, nanoseconds(60s + 500ms)); // cell [1000 s, 1001 s) leaves at 1061 s
    QVERIFY(slidingwindow::ask(state, rate, 4 * MicroPerUnit, now).neverFits);
    const Usage usage = slidingwindow::usage(state, rate, now);
    QCOMPARE(usage, (Usage{3 * MicroPerUnit, 0, rate.quota, 0, refused.wait, refused.wait}));
    QVERIFY(slidingwindow::isIdle(state, rate.period, now + refused.wait));
    QVERIFY(!slidingwindow::isIdle(state, rate.period, now + refused.wait - 1ns));
}

void TestSlidingWindow::neverOverInAnyIntervalAndHardlyLate_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 12; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestSlidingWindow::neverOverInAnyIntervalAndHardlyLate()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    const Rate rate = randomRate(random);
    const nanoseconds period = rate.period;
    EngineTime now{1'700'000'000'000'000'000};
    WindowState state;
    Log log;
    for (int i = 0; i < 5'000; ++i) {
        const auto most = static_cast<quint64>(std::max<qint64>(1, period.count() / 4));
        now += nanoseconds(
            random.bounded(3) == 0 ? static_cast<qint64>(random.generate64() % most) : 0);
        const MicroAmount cost = random.bounded(1, 4 * static_cast<int>(MicroPerUnit));
        const Answer answer = slidingwindow::ask(state, rate, cost, now);
        QCOMPARE(slidingwindow::usage(state, rate, now).used, counted(log, now, period));
        if (answer.neverFits) {
            QVERIFY(cost > rate.quota);
        } else if (answer.admits) {
            slidingwindow::charge(state, period, cost, now);
            log.push_back({now, cost});
            // Any interval of that length that holds too much has one that ends at an admission.
            QVERIFY(admittedSince(log, now - period) <= rate.quota);
        } else {
            const auto late = nanoseconds(period.count() / 60 + 1);
            QVERIFY(admittedSince(log, now - period - late) + cost > rate.quota);
            QVERIFY(counted(log, now + answer.wait, period) + cost <= rate.quota);
            QVERIFY(counted(log, now + answer.wait - 1ns, period) + cost > rate.quota);
        }
    }
    QVERIFY(log.size() > 100);
}

void TestSlidingWindow::keepsAtMost61Cells()
{
    const Rate rate{1'000'000 * MicroPerUnit, 61s};
    WindowState state;
    size_t most = 0;
    for (EngineTime now{0}; now < 1h; now += 100ms) {
        slidingwindow::charge(state, rate.period, MicroPerUnit, now);
        most = std::max(most, state.cells.size());
    }
    QCOMPARE(most, 61U);
}

void TestSlidingWindow::anotherPeriodKeepsUnitsInTheLatestCell()
{
    WindowState state;
    slidingwindow::charge(state, 60s, 5, 100s + 1ms);
    slidingwindow::charge(state, 60s, 7, 130s);
    const EngineTime now = 130s + 250ms;
    // Longer cells of 2 s: [100 s, 101 s) lies in [100 s, 102 s), [130 s, 131 s) in [130 s, 132 s).
    const WindowState longer = slidingwindow::rescaled(state, 60s, 120s, now);
    QCOMPARE(longer, (WindowState{{{50, 5}, {65, 7}}}));
    // Shorter cells of 0.5 s: the latest part of the first; of the second, the part that has begun.
    const WindowState shorter = slidingwindow::rescaled(state, 60s, 30s, now);
    QCOMPARE(shorter, (WindowState{{{201, 5}, {260, 7}}}));
    // What is older than the new window is gone.
    QCOMPARE(slidingwindow::rescaled(state, 60s, 6s, now), (WindowState{{{1302, 7}}}));
}

void TestSlidingWindow::rescalingNeverReleasesEarly()
{
    QRandomGenerator random(99);
    for (int round = 0; round < 2'000; ++round) {
        const nanoseconds from(random.bounded(60, 100'000));
        const nanoseconds to(random.bounded(60, 100'000));
        EngineTime now{1'000'000'000};
        WindowState state;
        Log log;
        for (int i = 0; i < 20; ++i) {
            now += nanoseconds(random.bounded(static_cast<int>(from.count() / 10)));
            slidingwindow::charge(state, from, 1, now);
            log.push_back({now, 1});
        }
        state = slidingwindow::rescaled(state, from, to, now);
        const Rate rate{1'000, to};
        const MicroAmount inside = admittedSince(log, now - std::min(from, to));
        QVERIFY(slidingwindow::usage(state, rate, now).used >= inside);
        QVERIFY(slidingwindow::usage(state, rate, now).used <= 20);
        QVERIFY(std::is_sorted(state.cells.begin(), state.cells.end(),
            [](const auto &a, const auto &b) { return a.index < b.index; }));
        QVERIFY(state.cells.back().index <= slidingwindow::cellAt(now, to));
    }
}

void TestSlidingWindow::timeThatRunsBackReleasesNothingEarly()
{
    WindowState state;
    slidingwindow::charge(state, 60s, 1, 100s);
    slidingwindow::charge(state, 60s, 1, 90s);
    QCOMPARE(state, (WindowState{{{100, 2}}}));
}

QTEST_GUILESS_MAIN(TestSlidingWindow)
#include "tst_slidingwindow.moc"
