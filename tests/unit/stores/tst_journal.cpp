// SPDX-License-Identifier: GPL-3.0-or-later
// The journal keeps what a limiter counts: the next run reads exactly the same, whatever becomes of
// the file meanwhile, and a commit is on the disk when it says so.
#include "core/limits/limiter.h"
#include "core/stores/journal.h"
#include "core/stores/sqlite/database.h"
#include "limitscenario.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMutex>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>
#include <thread>

#include <sys/resource.h>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;
using stores::Journal;
using stores::sqlite::Database;

namespace {

/// Stands where it is put.
class HandClock final : public Clock
{
public:
    explicit HandClock(Instant start) { set(start); }

    void set(Instant now)
    {
        m_engine = now.engine.count();
        m_wall = now.wall.count();
    }

    [[nodiscard]] EngineTime now() const override { return EngineTime(m_engine); }

    [[nodiscard]] milliseconds wall() const override { return milliseconds(m_wall); }

    void goOnFrom(EngineTime time) override { m_engine = std::max<qint64>(m_engine, time.count()); }

private:
    std::atomic<qint64> m_engine;
    std::atomic<qint64> m_wall;
};

Journal::Options quick()
{
    Journal::Options options;
    options.commitInterval = 1ms;
    options.retryInterval = 5ms;
    return options;
}

/// All that a limiter would keep.
std::vector<CounterRecord> records(const Limiter &limiter)
{
    std::vector<CounterRecord> result;
    for (const SavedCounter &counter : limiter.save())
        result.push_back(toRecord(counter));
    std::sort(result.begin(), result.end(), [](const CounterRecord &a, const CounterRecord &b) {
        return std::tie(a.limit, a.key) < std::tie(b.limit, b.key);
    });
    return result;
}

/// No file of this process can grow beyond so many bytes.
class FullDisk
{
public:
    explicit FullDisk(rlim_t bytes)
    {
        m_handler = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }

    Q_DISABLE_COPY_MOVE(FullDisk)

private:
    rlimit m_before{};
    void (*m_handler)(int) = nullptr;
};

} // namespace

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
    void commitsAreToldWhenTheDiskIsNotThere();
    void runsMayFollowInOneProcess();
    void refusesNewerSchema();
    void putsBrokenFilesAside_data();
    void putsBrokenFilesAside();
    void dropsBrokenRecordsAlone();
    void losesNothingWhileTheFileIsLocked();
    void losesNothingWhileTheDiskIsFull();
    void goesOnWhenTheFolderCanBeMade();
    void countsOnWhenTheFileCanBeReadLater();
    void writesAllWhenTheFileIsMovedAway();

private:
    /// One run of a gateway, as far as it counts.
    struct Run
    {
        explicit Run(HandClock &clock, const std::shared_ptr<const LimitSet> &limits)
            : limiter(clock)
        {
            limiter.apply(limits);
        }

        Limiter limiter;
        std::unique_ptr<Journal> journal;
    };

    std::unique_ptr<Run> open(
        const std::shared_ptr<const LimitSet> &limits, const Journal::Options &options = quick());
    void openJournal(Run &run, const Journal::Options &options = quick());

    int count(Run &run, const QByteArray &key, int requests) const;
    [[nodiscard]] MicroAmount used(const Run &run, const QByteArray &key) const;
    [[nodiscard]] qint64 number(const QByteArray &sql) const;
    void execute(const QByteArray &sql) const;
    QString problem();

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    HandClock m_clock{Start};
    std::shared_ptr<const LimitSet> m_limits = compile({rule("key", SegmentKind::ApiKey, 100, 1h)});
    QMutex m_mutex; ///< guards m_problems
    QStringList m_problems;
};

void TestJournal::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = Journal::pathIn(m_folder->path());
    m_clock.set(Start);
    m_problems.clear();
}

std::unique_ptr<TestJournal::Run> TestJournal::open(
    const std::shared_ptr<const LimitSet> &limits, const Journal::Options &options)
{
    auto run = std::make_unique<Run>(m_clock, limits);
    openJournal(*run, options);
    return run;
}

void TestJournal::openJournal(Run &run, const Journal::Options &options)
{
    const auto report = [this](const QString &problem) {
        const QMutexLocker lock(&m_mutex);
        m_problems.append(problem);
    };
    run.journal = std::make_unique<Journal>(m_path, run.limiter, m_clock, report, options);
    run.journal->waitUntilLoaded();
}

int TestJournal::count(Run &run, const QByteArray &key, int requests) const
{
    int passed = 0;
    for (int i = 0; i < requests; ++i)
        passed += run.limiter.reserve(subject(key)).isAdmitted() ? 1 : 0;
    return passed;
}

MicroAmount TestJournal::used(const Run &run, const QByteArray &key) const
{
    return run.limiter.explain(subject(key)).chain.front().usage.used / MicroPerUnit;
}

/// The only value of a query by another program; -1 if it cannot be answered (yet).
qint64 TestJournal::number(const QByteArray &sql) const
{
    auto file = Database::open(m_path, {Database::Access::ReadOnly, {}, 1'000ms});
    return file ? file->number(sql).value_or(-1) : -1;
}

void TestJournal::execute(const QByteArray &sql) const
{
    auto file = Database::open(m_path, {});
    QVERIFY(file && file->execute(sql));
}

/// What was reported last.
QString TestJournal::problem()
{
    const QMutexLocker lock(&m_mutex);
    return m_problems.isEmpty() ? QString() : m_problems.constLast();
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
        const auto run = open(limits);
        std::vector<ReservationId> open;
        for (int i = 0; i < 300; ++i) {
            now = scenario.later(now);
            m_clock.set(now);
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
        const auto next = this->open(limits);
        QCOMPARE(records(next->limiter), records(run->limiter));
        QCOMPARE(next->limiter.violations(), QStringList());
    }
    QCOMPARE(number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

void TestJournal::writesWithoutBeingAsked()
{
    const auto run = open(m_limits, {});
    QCOMPARE(number("SELECT count(*) FROM counters"), 0);
    count(*run, "a", 3);
    QTRY_COMPARE_WITH_TIMEOUT(number("SELECT used FROM limits"), 3, 1'000);
    count(*run, "a", 2);
    QTRY_COMPARE_WITH_TIMEOUT(number("SELECT used FROM limits"), 5, 1'000);
    run->limiter.reset("key", "a");
    QTRY_COMPARE_WITH_TIMEOUT(number("SELECT count(*) FROM limits"), 0, 1'000);
}

void TestJournal::peopleCanReadIt()
{
    auto tokens = rule("tokens", SegmentKind::TeamMember, 1'000, 1h);
    tokens.unit = Unit::Token;
    tokens.algorithm = Algorithm::CalendarWindow;
    const auto run = open(compile({tokens}));
    Subject who = withPolicy(subject("ci", "alice"), "5;w=60;s=user");
    who.team = "core";
    who.member = "ann";
    Estimate estimate;
    estimate.input.firm = 40 * MicroPerUnit;
    const Decision decision = run->limiter.reserve(who, estimate);
    QVERIFY(decision.isAdmitted());
    QTRY_COMPARE(number("SELECT count(*) FROM counters"), 2);
    QCOMPARE(number("SELECT quota = 1000000000 AND used = 0 AND reserved = 40000000 AND "
                    "segment = 'team-member' AND value = 'core/ann' AND api_key = '' AND "
                    "unit = 'token' AND updated_ms = 1700000000000 "
                    "FROM counters WHERE limit_name = 'tokens'"),
        1);
    QCOMPARE(number("SELECT quota = 5 AND used = 1 AND reserved = 0 AND segment = 'end-user' AND "
                    "value = 'alice' AND api_key = 'ci' AND unit = 'request' AND "
                    "updated = '2023-11-14T22:13:20.000Z' FROM limits WHERE \"limit\" <> 'tokens'"),
        1);
    QCOMPARE(number("SELECT open_reservations FROM last_run"), 1);
    run->limiter.settle(decision.reservation, {});
    QTRY_COMPARE(number("SELECT open_reservations FROM last_run"), 0);
    QCOMPARE(number("SELECT reserved FROM counters WHERE limit_name = 'tokens'"), 0);
}

void TestJournal::onlyItsOwnerReadsIt()
{
    const auto run = open(m_limits);
    count(*run, "a", 1);
    QTRY_COMPARE(number("SELECT count(*) FROM counters"), 1);
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup
        | QFileDevice::WriteOther;
    for (const QFileInfo &file : QDir(m_folder->path()).entryInfoList(QDir::Files))
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
    const auto killed = open(limits);
    for (int i = 0; i < 3; ++i)
        killed->limiter.reserve(subject("a"), estimate);
    killed->journal.reset(); // as far as the file knows this is how it ends when it is killed
    QTest::ignoreMessage(QtInfoMsg,
        "1 counters go on as they were; 3 open reservations of the last run were settled at their "
        "estimate, and their slots are free");
    const auto next = open(limits);
    QCOMPARE(next->limiter.openReservations(), 0);
    const Decision decision = next->limiter.explain(subject("a"), estimate);
    QCOMPARE(decision.verdict, Verdict::LimitReached);
    QCOMPARE(decision.chain[0].usage.used, 90 * MicroPerUnit);
    QCOMPARE(decision.chain[1].usage.used, 0);
    // Said once: it is settled now.
    next->journal.reset();
    QCOMPARE(number("SELECT open_reservations FROM last_run"), 0);
}

void TestJournal::timeNeverRunsBack()
{
    {
        const auto run = open(m_limits);
        QCOMPARE(count(*run, "a", 100), 100);
    }
    m_clock.set(Start - 24h); // as somebody has set it meanwhile
    const auto run = open(m_limits);
    QCOMPARE(m_clock.now(), Start);
    QCOMPARE(used(*run, "a"), 100);
    m_clock.set({Start + 36s, std::chrono::floor<milliseconds>(Start - 24h)});
    QCOMPARE(count(*run, "a", 10), 1);
}

void TestJournal::followsRenames()
{
    auto limit = rule("old", SegmentKind::ApiKey, 100, 1h);
    const auto before = compile({limit});
    limit.name = "new";
    const auto after = compile({limit});
    {
        const auto run = open(before);
        count(*run, "a", 7);
        QTRY_COMPARE(number("SELECT count(*) FROM counters"), 1);
        run->limiter.apply(after, {{"old", "new"}});
        count(*run, "b", 2);
    }
    QCOMPARE(number("SELECT count(*) FROM counters WHERE limit_name = 'new'"), 2);
    QCOMPARE(number("SELECT count(*) FROM counters"), 2);
    const auto run = open(after);
    QCOMPARE(used(*run, "a"), 7);
}

void TestJournal::keepsOnlyWhatItIsToKeep()
{
    auto other = rule("elsewhere", SegmentKind::ApiKey, 100, 1h);
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 100, 1h), other});
    {
        const auto run = open(limits);
        count(*run, "a", 3);
    }
    QCOMPARE(number("SELECT count(*) FROM counters"), 2);
    Journal::Options options = quick();
    options.keeps = [](const Limit &limit) { return limit.name != "elsewhere"; };
    {
        const auto run = open(limits, options);
        QCOMPARE(run->limiter.explain(subject("a")).chain[0].usage.used, 3 * MicroPerUnit);
        QCOMPARE(run->limiter.explain(subject("a")).chain[1].usage.used, 0);
        count(*run, "b", 3);
    }
    QCOMPARE(number("SELECT count(*) FROM counters WHERE limit_name = 'key'"), 2);
    QCOMPARE(number("SELECT count(*) FROM counters"), 2);
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
    auto run = open(m_limits, options);
    std::atomic<int> told = 0;
    std::atomic<int> missing = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, key = QByteArray("key" + QByteArray::number(i))] {
            for (int n = 1; n <= 25; ++n) {
                std::atomic<bool> isDone = false;
                count(*run, key, 1);
                run->journal->commit([&, n](bool isOnDisk) {
                    const qint64 kept =
                        number("SELECT used / 1000000 FROM counters WHERE value = '" + key + "'");
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
    count(*run, "last", 1);
    run->journal->commit([&](bool isOnDisk) { told += isOnDisk ? 1 : 0; });
    run.reset();
    QCOMPARE(told, 201);
    QCOMPARE(number("SELECT count(*) FROM counters"), 9);
}

void TestJournal::commitsAreToldWhenTheDiskIsNotThere()
{
    QVERIFY(QDir().mkpath(m_path)); // no file can be there
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^counters are in memory only: .*counters.sqlite"_s));
    Journal::Options options;
    options.retryInterval = 1h;
    const auto run = open(m_limits, options);
    QVERIFY(!problem().isEmpty());
    QCOMPARE(count(*run, "a", 3), 3);
    std::atomic<int> lost = 0;
    for (int i = 0; i < 3; ++i) {
        run->journal->commit([&](bool isOnDisk) { lost += isOnDisk ? 0 : 1; });
        QTRY_COMPARE(lost, i + 1);
    }
}

void TestJournal::runsMayFollowInOneProcess()
{
    const auto run = open(m_limits);
    count(*run, "a", 5);
    run->journal.reset();
    count(*run, "a", 1); // somebody resets or counts meanwhile
    count(*run, "b", 1);
    Journal::Options options = quick();
    options.isContinued = true;
    openJournal(*run, options);
    QCOMPARE(used(*run, "a"), 6);
    run->journal.reset();
    QCOMPARE(number("SELECT sum(used) FROM limits"), 7);
    // Should the file be another one by then, it gets all of them.
    QVERIFY(QFile::remove(m_path));
    openJournal(*run, options);
    run->journal.reset();
    QCOMPARE(number("SELECT sum(used) FROM limits"), 7);
}

void TestJournal::refusesNewerSchema()
{
    open(m_limits);
    execute("UPDATE schema_version SET version = 99");
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^counters are in memory only: .*newer version of Sluice.*99"_s));
    const auto run = open(m_limits);
    QVERIFY(problem().contains(u"newer version"_s));
    QCOMPARE(count(*run, "a", 4), 4);
    QCOMPARE(number("SELECT count(*) FROM counters"), 0);
    // Once it is out of the way all that was counted is kept.
    QVERIFY(QFile::rename(m_path, m_path + u".newer"_s));
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 4);
    QTRY_COMPARE(problem(), QString());
}

void TestJournal::putsBrokenFilesAside_data()
{
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("counters");
    QTest::newRow("whole file") << 0 << 200;
    QTest::newRow("all but the first page") << 4'096 << 200;
    QTest::newRow("all but a part of a large one") << 4'000'000 << 30'000;
}

void TestJournal::putsBrokenFilesAside()
{
    QFETCH(int, from);
    QFETCH(int, counters);
    const auto whole = open(m_limits);
    for (int i = 0; i < counters; ++i)
        count(*whole, "key" + QByteArray::number(i), 1);
    whole->journal.reset();
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const qint64 size = file.size();
    QVERIFY(size > from && file.seek(from));
    file.write(QByteArray(static_cast<qsizetype>(size - from), 'x'));
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"a new file of counters begins$"_s));
    const auto run = open(m_limits);
    QCOMPARE(problem(), QString());
    QCOMPARE(count(*run, "new", 1), 1);
    const auto expected = records(run->limiter);
    run->journal.reset();
    const QStringList aside = QDir(m_folder->path()).entryList({u"counters.sqlite.broken-*"_s});
    QCOMPARE(aside, QStringList{u"counters.sqlite.broken-20231114-221320-000"_s});
    QCOMPARE(QFileInfo(m_folder->filePath(aside.constFirst())).size(), size);
    // What could be read in front of the damage goes on, and is in the new file.
    QCOMPARE(records(open(m_limits)->limiter), expected);
}

void TestJournal::dropsBrokenRecordsAlone()
{
    {
        const auto run = open(m_limits);
        for (int i = 0; i < 10; ++i)
            count(*run, "key" + QByteArray::number(i), 3);
    }
    execute("UPDATE counters SET state = zeroblob(40) WHERE value = 'key3'");
    execute("UPDATE counters SET state = '' WHERE value = 'key4'");
    execute("INSERT INTO counters SELECT 'ghost', x'00', state, segment, value, api_key, unit, "
            "quota, used, reserved, updated_ms FROM counters WHERE value = 'key5'");
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^3 records of counters in .* were damaged"_s));
    {
        const auto run = open(m_limits);
        QCOMPARE(used(*run, "key2"), 3);
        QCOMPARE(used(*run, "key3"), 0);
    }
    QCOMPARE(number("SELECT count(*) FROM counters"), 8);
    open(m_limits); // said once
}

void TestJournal::losesNothingWhileTheFileIsLocked()
{
    open(m_limits);
    auto stranger = Database::open(m_path, {});
    QVERIFY(stranger && stranger->execute("BEGIN IMMEDIATE"));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^counters are in memory only: .*locked"_s));
    const auto run = open(m_limits);
    count(*run, "a", 3);
    QTRY_VERIFY(problem().contains(u"locked"_s));
    count(*run, "a", 4);
    count(*run, "b", 1);
    QVERIFY(stranger->execute("ROLLBACK"));
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 8);
    QTRY_COMPARE(problem(), QString());
}

void TestJournal::losesNothingWhileTheDiskIsFull()
{
    const auto run = open(m_limits);
    for (int i = 0; i < 500; ++i)
        count(*run, "before" + QByteArray::number(i), 1);
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 500);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    {
        const FullDisk disk(static_cast<rlim_t>(QFileInfo(m_path + u"-wal"_s).size()));
        for (int i = 0; i < 500; ++i)
            count(*run, "during" + QByteArray::number(i), 1);
        QTRY_VERIFY(!problem().isEmpty());
        run->limiter.reset("key", "before1");
        count(*run, "before0", 1);
    }
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 1'000);
    QTRY_COMPARE(problem(), QString());
    run->journal.reset();
    QCOMPARE(records(open(m_limits)->limiter), records(run->limiter));
}

void TestJournal::goesOnWhenTheFolderCanBeMade()
{
    QFile inTheWay(m_folder->filePath(u"data"_s));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^counters are in memory only: Cannot make the folder"_s));
    m_path = Journal::pathIn(m_folder->filePath(u"data"_s));
    const auto run = open(m_limits);
    QVERIFY(problem().contains(u"Cannot make the folder"_s));
    count(*run, "a", 3);
    QVERIFY(inTheWay.remove());
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 3);
    QTRY_COMPARE(problem(), QString());
}

void TestJournal::countsOnWhenTheFileCanBeReadLater()
{
    {
        const auto run = open(m_limits);
        count(*run, "a", 3);
        count(*run, "b", 1);
    }
    QVERIFY(QFile::rename(m_path, m_path + u".away"_s));
    QVERIFY(QDir().mkpath(m_path));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    const auto run = open(m_limits);
    count(*run, "a", 4);
    count(*run, "c", 2);
    QVERIFY(QDir().rmdir(m_path));
    QVERIFY(QFile::rename(m_path + u".away"_s, m_path));
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 10);
    QCOMPARE(used(*run, "a"), 7);
    QCOMPARE(used(*run, "b"), 1);
}

void TestJournal::writesAllWhenTheFileIsMovedAway()
{
    const auto run = open(m_limits);
    count(*run, "a", 3);
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 3);
    QVERIFY(QFile::rename(m_path, m_path + u".away"_s));
    count(*run, "b", 1);
    QTRY_COMPARE(number("SELECT sum(used) FROM limits"), 4);
    QCOMPARE(problem(), QString());
}

QTEST_GUILESS_MAIN(TestJournal)
#include "tst_journal.moc"
