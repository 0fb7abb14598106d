// SPDX-License-Identifier: GPL-3.0-or-later
// Random traffic, policies, edits and sweeps: the engine decides and reads exactly as its slow
// model, and every wait it names is exact.
#include "limitmodel.h"
#include "limitsetup.h"

#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

class Scenario
{
public:
    explicit Scenario(quint32 seed) : m_random(seed)
    {
        auto &header = m_configuration.policyHeader;
        header.shareMissingSegment = m_random.bounded(2) == 0;
        if (m_random.bounded(2) == 0)
            header.algorithm = config::PolicyHeader::Algorithm::TokenBucket;
        m_configuration.routers.resize(2);
        m_configuration.routers[0].name = "a";
        m_configuration.routers[1].name = "b";
        m_configuration.routers[1].limitsDisabled = true;
        const std::array kinds{
            SegmentKind::ApiKey, SegmentKind::EndUser, SegmentKind::Property, SegmentKind::Shared};
        for (int i = 0; i < 6; ++i) {
            auto limit = rule("limit" + QByteArray::number(i), kinds[static_cast<size_t>(i % 4)], 1,
                1s, i < 4 ? LimitScope::Global : LimitScope::Router);
            limit.router = i < 4 ? "" : "a";
            limit.segment.property = i == 2 ? "tenant" : "";
            limit.onMissing = static_cast<MissingSegment>(m_random.bounded(3));
            m_configuration.limits.push_back(limit);
            changeRate(m_configuration.limits.back());
        }
    }

    std::shared_ptr<const LimitSet> edited()
    {
        auto &limit = m_configuration.limits[static_cast<size_t>(m_random.bounded(6))];
        limit.mode = m_random.bounded(4) == 0 ? LimitMode::Shadow : LimitMode::Enforce;
        changeRate(limit);
        return LimitSet::compile(m_configuration);
    }

    EngineTime later(EngineTime now)
    {
        const std::array<qint64, 6> most{
            1, 1'000, 1'000'000, 500'000'000, 3'000'000'000, 40'000'000'000};
        const qint64 step = most[static_cast<size_t>(m_random.bounded(6))];
        return now + nanoseconds(m_random.bounded(2) == 0 ? 0 : m_random.bounded(step));
    }

    Subject request()
    {
        Subject who = subject("key" + QByteArray::number(m_random.bounded(3)));
        if (m_random.bounded(4) != 0)
            who.endUser = "user" + QByteArray::number(m_random.bounded(4));
        if (m_random.bounded(4) != 0)
            who.properties = {{"tenant", "t" + QByteArray::number(m_random.bounded(2))}};
        who.entry = m_random.bounded(2) == 0 ? Entry::Direct : Entry::Router;
        if (who.entry == Entry::Router)
            who.router = m_random.bounded(4) == 0 ? "b" : "a";
        for (int i = m_random.bounded(4); i > 1; --i)
            who.policies.push_back(policy());
        return who;
    }

    bool chance(int oneIn) { return m_random.bounded(oneIn) == 0; }

private:
    void changeRate(config::LimitRule &limit)
    {
        const std::array<nanoseconds, 5> periods{nanoseconds(999'999'937), 5s, 60s, 61s, 10min};
        limit.capacity = m_random.bounded(1, 30) * MicroPerUnit + m_random.bounded(2) * 123'457;
        limit.refill = periods[static_cast<size_t>(m_random.bounded(5))];
    }

    Policy policy()
    {
        const std::array<config::Segment, 3> segments{config::Segment{SegmentKind::ApiKey, {}},
            config::Segment{SegmentKind::EndUser, {}},
            config::Segment{SegmentKind::Property, "tenant"}};
        Policy result;
        result.quota = m_random.bounded(1, 12) * MicroPerUnit;
        result.window = std::chrono::seconds(60 + m_random.bounded(2));
        result.segment = segments[static_cast<size_t>(m_random.bounded(3))];
        return result;
    }

    QRandomGenerator m_random;
    config::Configuration m_configuration;
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
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 12; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestEngineModel::decidesAsTheModel()
{
    QFETCH(quint32, seed);
    Scenario scenario(seed);
    Engine engine;
    LimitModel model;
    std::shared_ptr<const LimitSet> limits = scenario.edited();
    EngineTime now = Start;
    std::array<int, 8> verdicts{};
    for (int step = 0; step < 3'000; ++step) {
        now = scenario.later(now);
        if (step == 0 || scenario.chance(60)) {
            limits = scenario.edited();
            engine.apply(now, *limits);
            model.apply(now, *limits);
        }
        if (scenario.chance(20))
            engine.sweep(now, 7);
        const Subject who = scenario.request();
        changes(engine, now);
        const Decision decision = engine.reserve(now, *limits, who);
        const LimitModel::Outcome expected = model.decide(now, *limits, who, true);
        QCOMPARE(decision.verdict, expected.verdict);
        QCOMPARE(decision.chain.size(), expected.links.size());
        for (size_t i = 0; i < decision.chain.size(); ++i) {
            if (!expected.links[i].skipped)
                QCOMPARE(decision.chain[i].usage.remaining, expected.links[i].remaining);
        }
        ++verdicts[static_cast<size_t>(decision.verdict)];
        if (!decision.isAdmitted())
            QVERIFY(changes(engine, now).empty());
        if (decision.verdict != Verdict::LimitReached)
            continue;
        const auto at = [&](EngineTime when) {
            return model.decide(when, *limits, who, false).verdict;
        };
        QCOMPARE(at(now + decision.wait), Verdict::Admitted);
        QCOMPARE(at(now + decision.wait - 1ns), Verdict::LimitReached);
        QVERIFY(engine.explain(now + decision.wait, *limits, who).isAdmitted());
        QVERIFY(decision.wait < 1ms
            || !engine.explain(now + decision.wait - 1ms, *limits, who).isAdmitted());
    }
    QVERIFY(verdicts[static_cast<size_t>(Verdict::Admitted)] > 100);
    QVERIFY(verdicts[static_cast<size_t>(Verdict::LimitReached)] > 100);
}

QTEST_GUILESS_MAIN(TestEngineModel)
#include "tst_enginemodel.moc"
