// SPDX-License-Identifier: GPL-3.0-or-later
// The figures that move in the window: rate and subjects.
#include "core/session/liveusage.h"

#include <QSignalSpy>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using session::LiveUsage;

namespace {

class HandClock final : public Clock
{
public:
    std::chrono::milliseconds time{1'700'000'000'000};

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override { return time; }
};

} // namespace

class TestLiveUsage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ratesTheLastFiveFullSeconds();
    void addsUpAllThreads();
    void rateFallsToZero();
    void aClockThatStepsBackDoesNoHarm();
    void listsConfiguredKeys();
    void listsConfiguredTeamsAndMembers();
    void tellsWhichSubjectsChanged();
    void tellsWhichModelsChanged();

private:
    void report(LiveUsage &usage, quint32 requests, quint32 refused = 0)
    {
        auto batch = std::make_shared<insight::ActivityBatch>();
        batch->at = m_clock.wall();
        batch->requests = requests;
        batch->refused = refused;
        usage.ingest(batch);
    }

    HandClock m_clock;
};

void TestLiveUsage::ratesTheLastFiveFullSeconds()
{
    LiveUsage usage(m_clock);
    for (int second = 0; second < 20; ++second) {
        report(usage, 10, 2);
        m_clock.time += 1s;
    }
    QCOMPARE(usage.rate().requests, 10.0);
    QCOMPARE(usage.rate().refused, 2.0);
    // The second that runs is left out, so that the figure does not dip at its beginning.
    report(usage, 1'000);
    QCOMPARE(usage.rate().requests, 10.0);
    m_clock.time += 1s;
    QCOMPARE(usage.rate().requests, 208.0);
}

void TestLiveUsage::addsUpAllThreads()
{
    LiveUsage usage(m_clock);
    report(usage, 4);
    m_clock.time += 100ms;
    report(usage, 6);
    m_clock.time += 1s;
    QCOMPARE(usage.rate().requests, 2.0);
}

void TestLiveUsage::rateFallsToZero()
{
    LiveUsage usage(m_clock);
    QCOMPARE(usage.rate().requests, 0.0);
    report(usage, 100);
    m_clock.time += 5s;
    QCOMPARE(usage.rate().requests, 20.0);
    m_clock.time += 1s;
    QCOMPARE(usage.rate().requests, 0.0);
    m_clock.time += 24h;
    QCOMPARE(usage.rate().requests, 0.0);
    report(usage, 5);
    m_clock.time += 1s;
    QCOMPARE(usage.rate().requests, 1.0);
}

void TestLiveUsage::aClockThatStepsBackDoesNoHarm()
{
    LiveUsage usage(m_clock);
    report(usage, 5);
    m_clock.time -= 1h;
    report(usage, 5);
    QVERIFY(usage.rate().requests >= 0.0);
    m_clock.time += 1h;
    m_clock.time += 1s;
    QCOMPARE(usage.rate().requests, 2.0);
}

void TestLiveUsage::listsConfiguredKeys()
{
    LiveUsage usage(m_clock);
    auto values = std::make_shared<config::Configuration>();
    config::ApiKey key;
    key.name = "ci";
    values->apiKeys.push_back(key);
    usage.setConfiguration(values);
    QCOMPARE(usage.book().subjectCount(), 0); // keys are not checked: nobody uses them
    values->authentication = true;
    QSignalSpy changed(&usage, &LiveUsage::subjectsChanged);
    usage.setConfiguration(values);
    usage.setConfiguration(values);
    QCOMPARE(usage.book().subjectCount(), 1);
    QCOMPARE(usage.book().subject(0).id.value, QByteArray("ci"));
    QVERIFY(!changed.isEmpty());
}

void TestLiveUsage::listsConfiguredTeamsAndMembers()
{
    LiveUsage usage(m_clock);
    auto values = std::make_shared<config::Configuration>();
    values->teams = {{"core", {"alice", "bob"}, {}}, {"support", {"alice"}, {}}, {"empty", {}, {}}};
    usage.setConfiguration(values);
    QCOMPARE(usage.book().subjectCount(), 0); // without keys nobody belongs to a team
    values->authentication = true;
    usage.setConfiguration(values);
    QCOMPARE(usage.book().subjectCount(), 6);
    for (const QByteArray &team : {"core"_ba, "support"_ba, "empty"_ba})
        QVERIFY(usage.book().indexOf({{config::SegmentKind::Team, {}}, team}) >= 0);
    for (const QByteArray &member : {"core/alice"_ba, "core/bob"_ba, "support/alice"_ba})
        QVERIFY(usage.book().indexOf({{config::SegmentKind::TeamMember, {}}, member}) >= 0);
}

void TestLiveUsage::tellsWhichSubjectsChanged()
{
    LiveUsage usage(m_clock);
    std::vector<int> told;
    connect(&usage, &LiveUsage::subjectsChanged, this,
        [&told](const std::vector<int> &indexes) { told = indexes; });
    auto batch = std::make_shared<insight::ActivityBatch>();
    batch->at = m_clock.wall();
    for (const char *name : {"ci", "app"})
        batch->subjects.push_back({{{config::SegmentKind::ApiKey, {}}, name}, 1, 0, 0, {}});
    usage.ingest(batch);
    QCOMPARE(told, (std::vector<int>{0, 1}));
    told.clear();
    report(usage, 1);
    QVERIFY(told.empty());
}

void TestLiveUsage::tellsWhichModelsChanged()
{
    LiveUsage usage(m_clock);
    std::vector<int> told;
    connect(&usage, &LiveUsage::modelsChanged, this,
        [&told](const std::vector<int> &indexes) { told = indexes; });
    auto batch = std::make_shared<insight::ActivityBatch>();
    batch->at = m_clock.wall();
    for (const char *name : {"gpt-4o", "gpt-4o-mini"})
        batch->models.push_back({.provider = "openai", .model = name, .requests = 1});
    usage.ingest(batch);
    QCOMPARE(told, (std::vector<int>{0, 1}));
    batch->models.erase(batch->models.begin());
    usage.ingest(batch);
    QCOMPARE(told, std::vector<int>{1});
    QCOMPARE(usage.models().model(1).requests, 2U);
    told.clear();
    report(usage, 1);
    QVERIFY(told.empty());
}

QTEST_GUILESS_MAIN(TestLiveUsage)
#include "tst_liveusage.moc"
