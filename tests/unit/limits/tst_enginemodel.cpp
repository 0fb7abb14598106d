// SPDX-License-Identifier: GPL-3.0-or-later
// Random traffic, settlements, edits, operations and clocks that are set: the engine decides and
// reads exactly as its slow model, and every wait it names is exact.
#include "limitmodel.h"
#include "limitscenario.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

using Fingerprint = std::vector<std::tuple<QByteArray, quint64, CounterState, MicroAmount>>;

Fingerprint fingerprint(const Engine &engine, Instant now)
{
    Fingerprint result;
    for (const CounterReading &reading : readings(engine, now))
        result.emplace_back(reading.value, reading.change, reading.state, reading.claims.reserved);
    return result;
}

/// The engine and its model, side by side.
class Pair
{
public:
    explicit Pair(quint32 seed) : m_scenario(seed) { edit(); }

    void step()
    {
        m_now = m_scenario.later(m_now);
        if (m_scenario.chance(60))
            edit();
        if (m_scenario.chance(20))
            m_engine.sweep(m_now, 7'000);
        m_model.sweep(m_now); // what is overdue is settled by then, whatever its number
        m_engine.sweep(m_now, 100'000);
        if (m_scenario.chance(100))
            setOperations();
        if (m_scenario.chance(80))
            resetOne();
        if (m_scenario.chance(80))
            restoreOne();
        while (m_scenario.chance(2) && !m_open.empty())
            settleOne();
        decide();
        if (m_steps++ % 16 == 0)
            QCOMPARE(m_engine.violations(m_now), QStringList());
        QCOMPARE(m_engine.openReservations(), qint64(m_model.openCount()));
    }

    [[nodiscard]] int count(Verdict verdict) const
    {
        return m_verdicts[static_cast<size_t>(verdict)];
    }

private:
    void edit()
    {
        m_limits = m_scenario.edited();
        m_engine.apply(m_now, *m_limits);
        m_model.apply(m_now, m_limits);
    }

    void setOperations()
    {
        const Operations operations = m_scenario.operations(m_now.engine);
        m_engine.setOperations(m_now, operations);
        m_model.setOperations(operations);
        m_hasRaises = !operations.raises.empty();
    }

    void resetOne()
    {
        const auto [limit, value] = m_scenario.counter();
        m_readings = m_engine.reset(m_now, limit, value);
        m_removed = m_model.reset(m_now, limit, value);
    }

    void restoreOne()
    {
        if (!m_readings.empty() && !m_limits->find(m_readings.front().limit->name)) {
            m_readings.clear(); // the limit is gone, and with it what could be restored
            m_removed.clear();
        }
        m_engine.restore(m_now, std::exchange(m_readings, {}));
        m_model.restore(m_now, std::exchange(m_removed, {}));
    }

    void settleOne()
    {
        const auto at = m_open.begin() + m_scenario.below(int(m_open.size()));
        const auto [engineId, modelId, estimate] = *at;
        const Consumption consumption = m_scenario.consumption(estimate);
        m_engine.settle(m_now, engineId, consumption);
        m_model.settle(m_now, modelId, consumption);
        if (m_scenario.chance(4)) // it may be settled again, which says nothing
            m_engine.settle(m_now, engineId, Consumption::nothing());
        else
            m_open.erase(at);
    }

    void decide()
    {
        const Subject who = m_scenario.request();
        const Estimate estimate = m_scenario.estimate();
        const Decision explained = m_engine.explain(m_now, *m_limits, who, estimate);
        compare(explained, m_model.ask(m_now, who, estimate));
        changes(m_engine, m_now);
        const bool isCompared = m_steps % 8 == 0;
        const Fingerprint before = isCompared ? fingerprint(m_engine, m_now) : Fingerprint();
        const Decision decision = m_engine.reserve(m_now, *m_limits, who, estimate);
        const LimitModel::Outcome expected = m_model.decide(m_now, who, estimate);
        compare(decision, expected);
        ++m_verdicts[static_cast<size_t>(decision.verdict)];
        QCOMPARE(decision.reservation != 0, expected.id != 0);
        if (decision.reservation != 0)
            m_open.emplace_back(decision.reservation, expected.id, estimate);
        if (decision.isAdmitted()) {
            QCOMPARE(decision.binding, expected.binding);
            return;
        }
        QVERIFY(changes(m_engine, m_now).empty());
        QVERIFY(!isCompared || fingerprint(m_engine, m_now) == before);
        if (decision.verdict == Verdict::LimitReached)
            checkWait(who, estimate, decision.wait);
    }

    void compare(const Decision &decision, const LimitModel::Outcome &expected)
    {
        QCOMPARE(decision.verdict, expected.verdict);
        QCOMPARE(decision.chain.size(), expected.links.size());
        for (size_t i = 0; i < expected.links.size(); ++i) {
            const ChainLink &link = decision.chain[i];
            const LimitModel::Link &model = expected.links[i];
            if (link.verdict != model.verdict
                || (link.verdict != LinkVerdict::Skipped && model.capacity
                    && (link.usage.remaining != model.remaining || link.usage.used != model.used)))
                qInfo() << m_steps << i << link.limit->name << "alg" << int(link.limit->algorithm)
                        << int(link.limit->unit) << link.value << "q" << link.limit->quota
                        << link.limit->period.count() << int(link.limit->calendar.unit)
                        << link.limit->overrides.size() << "cost" << link.cost << model.cost
                        << "used" << link.usage.used << model.used << link.usage.reserved
                        << model.reserved << link.usage.remaining << model.remaining
                        << int(link.verdict) << int(model.verdict);
            QCOMPARE(link.verdict, model.verdict);
            if (link.verdict == LinkVerdict::Skipped || model.capacity == 0)
                continue;
            QCOMPARE(link.value, model.value);
            QCOMPARE(link.cost, model.cost);
            QCOMPARE(link.usage.quota, model.capacity);
            QCOMPARE(link.usage.remaining, model.remaining);
            QCOMPARE(link.usage.reserved, model.reserved);
            QCOMPARE(link.usage.used, model.used);
        }
    }

    void checkWait(const Subject &who, const Estimate &estimate, nanoseconds wait)
    {
        const Instant then = m_now.after(wait);
        const Instant early{then.engine - 1ms, then.wall - 1ms};
        QVERIFY(wait > 0ns);
        const Verdict at = m_model.ask(then, who, estimate).verdict;
        // When the wait for a time is over a slot may still be missing, or a raise.
        QVERIFY(at == Verdict::Admitted || at == Verdict::SlotsTaken
            || (at == Verdict::NeverFits && m_hasRaises));
        QCOMPARE(m_engine.explain(then, *m_limits, who, estimate).verdict, at);
        if (wait <= 1ms)
            return;
        const Verdict before = m_model.ask(early, who, estimate).verdict;
        QVERIFY(before == Verdict::LimitReached || (before == Verdict::NeverFits && m_hasRaises));
        QCOMPARE(m_engine.explain(early, *m_limits, who, estimate).verdict, before);
    }

    LimitScenario m_scenario;
    Engine m_engine;
    LimitModel m_model;
    Instant m_now = Start;
    std::shared_ptr<const LimitSet> m_limits;
    std::vector<std::tuple<ReservationId, quint64, Estimate>> m_open;
    std::vector<CounterReading> m_readings;
    LimitModel::Removed m_removed;
    std::array<int, static_cast<size_t>(Verdict::Blocked) + 1> m_verdicts{};
    int m_steps = 0;
    bool m_hasRaises = false;
};

} // namespace

class TestEngineModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decidesAsTheModel_data();
    void decidesAsTheModel();
};

void TestEngineModel::decidesAsTheModel_data()
{
    const int seeds = qEnvironmentVariable("SLUICE_TEST_SEEDS", u"16"_s).toInt();
    QTest::addColumn<quint32>("seed");
    for (int seed = 1; seed <= seeds; ++seed)
        QTest::addRow("seed %d", seed) << quint32(seed);
}

void TestEngineModel::decidesAsTheModel()
{
    QFETCH(quint32, seed);
    Pair pair(seed);
    for (int step = 0; step < 1'000; ++step) {
        pair.step();
        if (QTest::currentTestFailed()) {
            qInfo("step %d", step);
            return;
        }
    }
    QVERIFY(pair.count(Verdict::Admitted) > 20);
}

QTEST_GUILESS_MAIN(TestEngineModel)
#include "tst_enginemodel.moc"
