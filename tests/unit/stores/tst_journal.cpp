// SPDX-License-Identifier: GPL-3.0-or-later
// The journal keeps what a limiter counts: the next run reads exactly the same, and a commit is on
// the disk when it says so.
#include "journalstage.h"
#include "limitscenario.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;
using stores::Journal;

class TestJournal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void theNextRunReadsTheSame_data();
    void theNextRunReadsTheSame();
    void writesWithoutBeingAsked();
    void peopleCanReadIt();
    void onlyItsOwnerReadsIt();
    void saysWhatItFound();
    void timeNeverRunsBack();
    void followsRenames();
    void keepsOnlyWhatItIsToKeep();
    void commitsAreOnTheDiskWhenTheyAreTold_data();
    void commitsAreOnTheDiskWhenTheyAreTold();
    void runsMayFollowInOneProcess();

private:
    std::unique_ptr<JournalStage> m_stage;
};

void TestJournal::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<JournalStage>();
}

void TestJournal::theNextRunReadsTheSame_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 20; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestJournal::theNextRunReadsTheSame()
{
    QFETCH(quint32, seed);
    LimitScenario scenario(seed);
    Instant now = Start;
    auto limits = scenario.edited();
    for (int round = 0; round < 4; ++round) {
        const auto run = m_stage->open(limits);
        std::vector<ReservationId> open;
        for (int i = 0; i < 300; ++i) {
            now = scenario.later(now);
            m_stage->clock.set(now);
            if (scenario.chance(60))
                run->limiter.apply(limits = scenario.edited());
            if (scenario.chance(40))
                run->limiter.sweep(100);
            if (scenario.chance(60)) {
                const auto [limit, value] = scenario.counter();
                run->limiter.reset(limit, value);
            }
            open.push_back(
                run->limiter.reserve(scenario.request(), scenario.estimate()).reservation);
            while (scenario.chance(2) && !open.empty()) {
                run->limiter.settle(open.back(), scenario.consumption(scenario.estimate()));
                open.pop_back();
            }
        }
        run->limiter.apply(limits = scenario.complete());
        run->limiter.sweep(10'000);
        run->journal.reset();
        const auto next = m_stage->open(limits);
        QCOMPARE(recordsOf(next->limiter), recordsOf(run->limiter));
        QCOMPARE(next->limiter.violations(), QStringList());
    }
    QCOMPARE(
        m_stage->number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1);
}

void TestJournal::writesWithoutBeingAsked()
{
    const auto run = m_stage->open(m_stage->limits, {});
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 0);
    m_stage->count(*run, "a", 3);
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->number("SELECT used FROM limits"), 3, 1'000);
    m_stage->count(*run, "a", 2);
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->number("SELECT used FROM limits"), 5, 1'000);
    run->limiter.reset("key", "a");
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->number("SELECT count(*) FROM limits"), 0, 1'000);
}

void TestJournal::peopleCanReadIt()
{
    auto tokens = rule("tokens", SegmentKind::TeamMember, 1'000, 1h);
    tokens.unit = Unit::Token;
    tokens.algorithm = Algorithm::CalendarWindow;
    const auto run = m_stage->open(compile({tokens}));
    Subject who = withPolicy(subject("ci", "alice"), "5;w=60;s=user");
    who.team = "core";
    who.member = "ann";
    Estimate estimate;
    estimate.input.firm = 40 * MicroPerUnit;
    const Decision decision = run->limiter.reserve(who, estimate);
    QVERIFY(decision.isAdmitted());
    QTRY_COMPARE(m_stage->number("SELECT count(*) FROM counters"), 2);
    QCOMPARE(m_stage->number("SELECT quota = 1000000000 AND used = 0 AND reserved = 40000000 AND "
                             "segment = 'team-member' AND value = 'core/ann' AND api_key = '' AND "
                             "unit = 'token' AND updated_ms = 1700000000000 "
                             "FROM counters WHERE limit_name = 'tokens'"),
        1);
    QCOMPARE(m_stage->number(
                 "SELECT quota = 5 AND used = 1 AND reserved = 0 AND segment = 'end-user' AND "
                 "value = 'alice' AND api_key = 'ci' AND unit = 'request' AND "
                 "updated = '2023-11-14T22:13:20.000Z' FROM limits WHERE \"limit\" <> 'tokens'"),
        1);
    QCOMPARE(m_stage->number("SELECT open_reservations FROM last_run"), 1);
    run->limiter.settle(decision.reservation, {});
    QTRY_COMPARE(m_stage->number("SELECT open_reservations FROM last_run"), 0);
    QCOMPARE(m_stage->number("SELECT reserved FROM counters WHERE limit_name = 'tokens'"), 0);
}

void TestJournal::onlyItsOwnerReadsIt()
{
    const auto run = m_stage->open(m_stage->limits);
    m_stage->count(*run, "a", 1);
    QTRY_COMPARE(m_stage->number("SELECT count(*) FROM counters"), 1);
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup
        | QFileDevice::WriteOther;
    for (const QFileInfo &file : QDir(m_stage->folder.path()).entryInfoList(QDir::Files))
        QVERIFY2(!(file.permissions() & others), qPrintable(file.fileName()));
}

void TestJournal::saysWhatItFound()
{
    auto tokens = rule("tokens", SegmentKind::ApiKey, 100, 1h);
    tokens.unit = Unit::Token;
    auto slots = rule("slots", SegmentKind::ApiKey, 5, 0s);
    slots.algorithm = Algorithm::Concurrency;
    slots.unit = Unit::ConcurrentRequest;
    const auto limits = compile({tokens, slots});
    Estimate estimate;
    estimate.input.firm = 30 * MicroPerUnit;
    const auto killed = m_stage->open(limits);
    for (int i = 0; i < 3; ++i)
        killed->limiter.reserve(subject("a"), estimate);
    killed->journal.reset(); // as far as the file knows this is how it ends when it is killed
    QTest::ignoreMessage(QtInfoMsg,
        "1 counters go on as they were; 3 open reservations of the last run were settled at their "
        "estimate, and their slots are free");
    const auto next = m_stage->open(limits);
    QCOMPARE(next->limiter.openReservations(), 0);
    const Decision decision = next->limiter.explain(subject("a"), estimate);
    QCOMPARE(decision.verdict, Verdict::LimitReached);
    QCOMPARE(decision.chain[0].usage.used, 90 * MicroPerUnit);
    QCOMPARE(decision.chain[1].usage.used, 0);
    // Said once: it is settled now.
    next->journal.reset();
    QCOMPARE(m_stage->number("SELECT open_reservations FROM last_run"), 0);
}

void TestJournal::timeNeverRunsBack()
{
    {
        const auto run = m_stage->open(m_stage->limits);
        QCOMPARE(m_stage->count(*run, "a", 100), 100);
    }
    m_stage->clock.set(Start - 24h); // as somebody has set it meanwhile
    const auto run = m_stage->open(m_stage->limits);
    QCOMPARE(m_stage->clock.now(), Start);
    QCOMPARE(m_stage->used(*run, "a"), 100);
    m_stage->clock.set({Start + 36s, std::chrono::floor<milliseconds>(Start - 24h)});
    QCOMPARE(m_stage->count(*run, "a", 10), 1);
}

void TestJournal::followsRenames()
{
    auto limit = rule("old", SegmentKind::ApiKey, 100, 1h);
    const auto before = compile({limit});
    limit.name = "new";
    const auto after = compile({limit});
    {
        const auto run = m_stage->open(before);
        m_stage->count(*run, "a", 7);
        QTRY_COMPARE(m_stage->number("SELECT count(*) FROM counters"), 1);
        run->limiter.apply(after, {{"old", "new"}});
        m_stage->count(*run, "b", 2);
    }
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters WHERE limit_name = 'new'"), 2);
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 2);
    const auto run = m_stage->open(after);
    QCOMPARE(m_stage->used(*run, "a"), 7);
}

void TestJournal::keepsOnlyWhatItIsToKeep()
{
    auto other = rule("elsewhere", SegmentKind::ApiKey, 100, 1h);
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 100, 1h), other});
    {
        const auto run = m_stage->open(limits);
        m_stage->count(*run, "a", 3);
    }
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 2);
    Journal::Options options = quickJournal();
    options.keeps = [](const Limit &limit) { return limit.name != "elsewhere"; };
    {
        const auto run = m_stage->open(limits, options);
        QCOMPARE(run->limiter.explain(subject("a")).chain[0].usage.used, 3 * MicroPerUnit);
        QCOMPARE(run->limiter.explain(subject("a")).chain[1].usage.used, 0);
        m_stage->count(*run, "b", 3);
    }
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters WHERE limit_name = 'key'"), 2);
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 2);
}

void TestJournal::commitsAreOnTheDiskWhenTheyAreTold_data()
{
    QTest::addColumn<bool>("isStrict");
    QTest::newRow("normal") << false;
    QTest::newRow("strict") << true;
}

void TestJournal::commitsAreOnTheDiskWhenTheyAreTold()
{
    QFETCH(bool, isStrict);
    Journal::Options options;
    options.isStrict = isStrict;
    options.commitInterval = 1h; // nothing is written but for a commit
    auto run = m_stage->open(m_stage->limits, options);
    std::atomic<int> told = 0;
    std::atomic<int> missing = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, key = QByteArray("key" + QByteArray::number(i))] {
            for (int n = 1; n <= 25; ++n) {
                std::atomic<bool> isDone = false;
                m_stage->count(*run, key, 1);
                run->journal->commit([&, n](bool isOnDisk) {
                    const qint64 kept = m_stage->number(
                        "SELECT used / 1000000 FROM counters WHERE value = '" + key + "'");
                    missing += isOnDisk && kept >= n ? 0 : 1;
                    ++told;
                    isDone = true;
                    isDone.notify_one();
                });
                isDone.wait(false);
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(told, 200);
    QCOMPARE(missing, 0);
    // One that is under way when the journal ends is told too.
    m_stage->count(*run, "last", 1);
    run->journal->commit([&](bool isOnDisk) { told += isOnDisk ? 1 : 0; });
    run.reset();
    QCOMPARE(told, 201);
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 9);
}

void TestJournal::runsMayFollowInOneProcess()
{
    const auto run = m_stage->open(m_stage->limits);
    m_stage->count(*run, "a", 5);
    run->journal.reset();
    m_stage->count(*run, "a", 1); // somebody resets or counts meanwhile
    m_stage->count(*run, "b", 1);
    Journal::Options options = quickJournal();
    options.isContinued = true;
    m_stage->openJournal(*run, options);
    QCOMPARE(m_stage->used(*run, "a"), 6);
    run->journal.reset();
    QCOMPARE(m_stage->number("SELECT sum(used) FROM limits"), 7);
    // Should the file be another one by then, it gets all of them.
    QVERIFY(QFile::remove(m_stage->path));
    m_stage->openJournal(*run, options);
    run->journal.reset();
    QCOMPARE(m_stage->number("SELECT sum(used) FROM limits"), 7);
}

QTEST_GUILESS_MAIN(TestJournal)
#include "tst_journal.moc"
