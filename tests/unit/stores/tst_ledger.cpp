// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger keeps what it is given, whatever becomes of its file, and never makes anybody wait.
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/sqlite/database.h"
#include "fulldisk.h"
#include "recordkit.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMutex>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using stores::Ledger;
using stores::LedgerReader;
using test::answeredRecord;
using test::finished;
using test::FullDisk;
using test::StillClock;

namespace {

constexpr Ledger::Options Quick{50'000, 1ms, 5ms};

/// Another program at the file, with all that SQLite lets it do.
class Stranger
{
public:
    explicit Stranger(const QString &path)
    {
        if (auto database = stores::sqlite::Database::open(path, {}))
            m_database = std::move(*database);
    }

    bool run(const QByteArray &sql) { return m_database.execute(sql).has_value(); }

private:
    stores::sqlite::Database m_database;
};

} // namespace

class TestLedger : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void keepsEveryRowOnce();
    void isReadWhileItIsWritten();
    void opensNothingBeforeItIsAsked();
    void onlyItsOwnerReadsIt();
    void countsWhatFindsTheQueueFull();
    void saysWhatIsInNoSumEither();
    void commitsWithoutAPause();
    void commitsWhatFindsTheQueueFull();
    void commitsAreToldWhenTheDiskIsNotThere();
    void writesWhatWaitedForTheLock();
    void losesNothingWhileTheDiskIsFull();
    void refusesNewerSchema();
    void putsBrokenFilesAside_data();
    void putsBrokenFilesAside();
    void goesOnWhenTheFolderCanBeMade();
    void beginsAgainWhenTheFileIsMovedAway();
    void removesOldRows();

private:
    std::unique_ptr<Ledger> open(const Ledger::Options &options = Quick);

    [[nodiscard]] qint64 number(const QString &sql) const;

    [[nodiscard]] qint64 rows() const { return number(u"SELECT count(*) FROM requests"_s); }

    QString problem();

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    StillClock m_clock;
    QMutex m_mutex; ///< guards m_problems
    QStringList m_problems;
};

void TestLedger::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = Ledger::pathIn(m_folder->path());
    m_problems.clear();
}

std::unique_ptr<Ledger> TestLedger::open(const Ledger::Options &options)
{
    const auto report = [this](const QString &problem) {
        const QMutexLocker lock(&m_mutex);
        m_problems.append(problem);
    };
    return std::make_unique<Ledger>(stores::LedgerPlace{m_path}, m_clock, report, options);
}

/// What was reported last.
QString TestLedger::problem()
{
    const QMutexLocker lock(&m_mutex);
    return m_problems.isEmpty() ? QString() : m_problems.constLast();
}

/// The only value of a query; -1 if it cannot be answered (yet).
qint64 TestLedger::number(const QString &sql) const
{
    const auto reader = LedgerReader::open({m_path});
    if (!reader)
        return -1;
    const auto table = (*reader)->select(sql, 1);
    return table && table->rows.size() == 1 ? table->rows.front().constFirst().toLongLong() : -1;
}

void TestLedger::keepsEveryRowOnce()
{
    for (int run = 0; run < 2; ++run) {
        const auto ledger = open();
        for (quint64 i = 1; i <= 1'000; ++i)
            ledger->append(finished({answeredRecord(2 * i, m_clock.time),
                answeredRecord(2 * i + 1, m_clock.time + 1ms)}));
        ledger->append({});
        ledger->append(finished({}));
    }
    QVERIFY2(!QFileInfo::exists(m_path + u"-wal"_s), "the log was not written back at the end");
    QCOMPARE(rows(), 4'000);
    QCOMPARE(number(u"SELECT count(DISTINCT request_id) FROM requests"_s), 2'000);
}

void TestLedger::isReadWhileItIsWritten()
{
    const auto ledger = open();
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_COMPARE(rows(), 1);
    const auto reader = LedgerReader::open({m_path});
    QVERIFY(reader);
    ledger->append(finished({answeredRecord(2, m_clock.time)}));
    QTRY_COMPARE((*reader)->select(u"SELECT * FROM requests"_s, 10)->rows.size(), size_t(2));
}

void TestLedger::opensNothingBeforeItIsAsked()
{
    {
        const auto ledger = open();
        ledger->append(finished({}));
    }
    QVERIFY(!QFileInfo::exists(m_path));
    const auto ledger = open();
    ledger->keep({24h, {}, {}}, {});
    QTRY_COMPARE(rows(), 0);
}

void TestLedger::onlyItsOwnerReadsIt()
{
    const auto ledger = open();
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_COMPARE(rows(), 1);
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup
        | QFileDevice::WriteOther;
    const QFileInfoList files = QDir(m_folder->path()).entryInfoList(QDir::Files);
    QVERIFY(files.size() >= 3); // with the log and its index
    for (const QFileInfo &file : files)
        QVERIFY2(!(file.permissions() & others), qPrintable(file.fileName()));
}

void TestLedger::countsWhatFindsTheQueueFull()
{
    open()->keep({24h, {}, {}}, {}); // makes the file
    QCOMPARE(rows(), 0);
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^requests are not recorded: .*locked"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^70 requests came too fast"_s));
    Stranger stranger(m_path);
    QVERIFY(stranger.run("BEGIN IMMEDIATE"));
    const auto ledger = open({100, 1ms, 1ms});
    const auto appendTen = [&](quint64 i) {
        std::vector<insight::RequestRecord> ten;
        for (quint64 j = 0; j < 10; ++j)
            ten.push_back(answeredRecord(10 * i + j, m_clock.time + i * 10s));
        ledger->append(finished(std::move(ten)));
    };
    for (quint64 i = 1; i <= 10; ++i)
        appendTen(i);
    QTRY_VERIFY(problem().contains(u"locked"_s)); // what is tried stays as it is
    for (quint64 i = 11; i <= 17; ++i)
        appendTen(i);
    QVERIFY(stranger.run("ROLLBACK"));
    QTRY_COMPARE(rows(), 100);
    QTRY_COMPARE(number(u"SELECT sum(requests) FROM lost_requests"_s), 70);
    // 110 s to 170 s after the start, which is 12 s past a minute.
    QCOMPARE(number(u"SELECT count(*) FROM lost_requests"_s), 2);
    QCOMPARE(number(u"SELECT max(requests) FROM lost_requests"_s), 60);
    QCOMPARE(number(u"SELECT min(minute_ms) % 60000 FROM lost_requests"_s), 0);
    const auto reader = LedgerReader::open({m_path});
    QCOMPARE((*reader)->lost({}).value(), 70);
    stores::UsageQuery earlier;
    earlier.until = m_clock.time + 30s;
    QCOMPARE((*reader)->lost(earlier).value(), 0);
    stores::UsageQuery all; // the sums have them
    all.by = QStringList{u"user"_s};
    QCOMPARE((*reader)->usage(all)->rows.front()[1].toLongLong(), 170);
    all.by.clear();
    all.bucket = stores::UsageBucket::Hour;
    QCOMPARE((*reader)->usage(all)->rows.front()[1].toLongLong(), 170);
    ledger->append(finished({answeredRecord(1'000, m_clock.time)}));
    QTRY_COMPARE(rows(), 101);
    QTRY_COMPARE((*reader)->usage(all)->rows.front()[1].toLongLong(), 171);
}

void TestLedger::saysWhatIsInNoSumEither()
{
    open()->keep({24h, {}, {}}, {}); // makes the file
    Stranger stranger(m_path);
    QVERIFY(stranger.run("BEGIN IMMEDIATE"));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^requests are not recorded: "_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^8 requests came too fast"_s));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^[1-7] of them are in no sum either"_s));
    Ledger::Options small = Quick;
    small.maxQueuedRows = 2;
    small.maxGroups = 3;
    const auto ledger = open(small);
    ledger->append(
        finished({answeredRecord(1, m_clock.time), answeredRecord(2, m_clock.time + 1h)}));
    QTRY_VERIFY(problem().contains(u"locked"_s)); // these are tried until they are written
    for (quint64 i = 3; i <= 10; ++i) // in so many hours
        ledger->append(finished({answeredRecord(i, m_clock.time + i * 1h)}));
    QVERIFY(stranger.run("ROLLBACK"));
    QTRY_COMPARE(number(u"SELECT sum(requests) FROM lost_requests"_s), 8);
    QCOMPARE(rows(), 2);
}

void TestLedger::commitsWithoutAPause()
{
    Ledger::Options slow = Quick;
    slow.commitInterval = 1h;
    const auto ledger = open(slow);
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_COMPARE(rows(), 1);
    std::atomic<qint64> seen = -1;
    ledger->commit(finished({answeredRecord(2, m_clock.time)}),
        [&](bool isOnDisk) { seen = isOnDisk ? rows() : -2; });
    QTRY_COMPARE(seen, 2);
}

void TestLedger::commitsWhatFindsTheQueueFull()
{
    const auto ledger = open({0, 1h, 1h});
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^1 requests came too fast"_s));
    std::atomic<qint64> seen = -1;
    ledger->commit(finished({answeredRecord(1, m_clock.time)}), [&](bool isOnDisk) {
        seen = isOnDisk ? number(u"SELECT sum(requests) FROM lost_requests"_s) : -2;
    });
    QTRY_COMPARE(seen, 1);
}

void TestLedger::commitsAreToldWhenTheDiskIsNotThere()
{
    QVERIFY(QDir().mkpath(m_path)); // no file can be there
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^requests are not recorded: .*ledger.sqlite"_s));
    Ledger::Options options = Quick;
    options.retryInterval = 1h;
    {
        const auto ledger = open(options);
        std::atomic<int> lost = 0;
        for (int i = 0; i < 3; ++i) {
            ledger->commit(finished({answeredRecord(static_cast<quint64>(i), m_clock.time)}),
                [&](bool isOnDisk) { lost += isOnDisk ? 0 : 1; });
            QTRY_COMPARE(lost, i + 1);
        }
        QVERIFY(!problem().isEmpty());
        QVERIFY(QDir().rmdir(m_path));
    }
    QCOMPARE(rows(), 3); // they had waited
}

void TestLedger::writesWhatWaitedForTheLock()
{
    open()->keep({24h, {}, {}}, {});
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^requests are not recorded: .*locked"_s));
    Stranger stranger(m_path);
    QVERIFY(stranger.run("BEGIN IMMEDIATE"));
    const auto ledger = open();
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_VERIFY(problem().contains(u"locked"_s));
    ledger->append(finished({answeredRecord(2, m_clock.time)}));
    QVERIFY(stranger.run("ROLLBACK"));
    QTRY_COMPARE(rows(), 2);
    QTRY_COMPARE(problem(), QString());
}

void TestLedger::losesNothingWhileTheDiskIsFull()
{
    auto ledger = open();
    quint64 id = 0;
    const auto append = [&](int requests) {
        for (int i = 0; i < requests; ++i)
            ledger->append(finished({answeredRecord(++id, m_clock.time)}));
    };
    append(500);
    QTRY_COMPARE(rows(), 500);
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^requests are not recorded: .*ledger.sqlite"_s));
    std::atomic<int> told = 0;
    {
        const FullDisk disk(65'536);
        append(500);
        QTRY_VERIFY(!problem().isEmpty());
        ledger->commit(finished({answeredRecord(++id, m_clock.time)}),
            [&](bool isOnDisk) { told = isOnDisk ? 1 : -1; });
        QTRY_COMPARE(told, -1); // nobody waits for room
    }
    QTRY_COMPARE(rows(), 1'001);
    QTRY_COMPARE(problem(), QString());
    append(1);
    QTRY_COMPARE(rows(), 1'002);
    ledger.reset();
    QCOMPARE(number(u"SELECT count(DISTINCT request_id) FROM requests"_s), 1'002);
    QCOMPARE(number(u"SELECT sum(requests) FROM usage_hourly"_s), 1'002);
    QCOMPARE(number(u"SELECT integrity_check = 'ok' FROM pragma_integrity_check"_s), 1);
    QCOMPARE(QDir(m_folder->path()).entryList({u"*broken*"_s}), QStringList());
}

void TestLedger::refusesNewerSchema()
{
    open()->keep({24h, {}, {}}, {});
    {
        Stranger stranger(m_path);
        QVERIFY(stranger.run("UPDATE schema_version SET version = 99"));
    }
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^requests are not recorded: .*newer version of Sluice.*99"_s));
    QTest::ignoreMessage(QtWarningMsg, "1 requests were not recorded");
    {
        const auto ledger = open();
        ledger->append(finished({answeredRecord(1, m_clock.time)}));
        QTRY_VERIFY(problem().contains(u"newer version"_s));
    }
    const auto reader = LedgerReader::open({m_path});
    QVERIFY(!reader);
    QCOMPARE(reader.error().code, ErrorCode::Unsupported);
    Stranger stranger(m_path);
    QVERIFY(stranger.run("UPDATE schema_version SET version = 2"));
    QCOMPARE(rows(), 0);
}

void TestLedger::putsBrokenFilesAside_data()
{
    QTest::addColumn<int>("from");
    QTest::newRow("whole file") << 0;
    QTest::newRow("all but the first page") << 4'096;
}

void TestLedger::putsBrokenFilesAside()
{
    QFETCH(int, from);
    {
        const auto ledger = open();
        for (quint64 i = 0; i < 100; ++i)
            ledger->append(finished({answeredRecord(i, m_clock.time)}));
    }
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(from));
    const qint64 size = file.size();
    file.write(QByteArray(static_cast<qsizetype>(size - from), 'x'));
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"a new ledger begins$"_s));
    {
        const auto ledger = open();
        ledger->append(finished({answeredRecord(1, m_clock.time)}));
    }
    QCOMPARE(rows(), 1);
    QCOMPARE(problem(), QString());
    const QStringList aside = QDir(m_folder->path()).entryList({u"ledger.sqlite.broken-*"_s});
    QCOMPARE(aside, QStringList{u"ledger.sqlite.broken-20260302-140212-000"_s});
    QCOMPARE(QFileInfo(m_folder->filePath(aside.constFirst())).size(), size);
}

void TestLedger::goesOnWhenTheFolderCanBeMade()
{
    QFile inTheWay(m_folder->filePath(u"data"_s));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^requests are not recorded: Cannot make the folder"_s));
    m_path = Ledger::pathIn(m_folder->filePath(u"data"_s));
    const auto ledger = open();
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_VERIFY(problem().contains(u"Cannot make the folder"_s));
    QVERIFY(inTheWay.remove());
    QTRY_COMPARE(rows(), 1);
    QTRY_COMPARE(problem(), QString());
}

void TestLedger::beginsAgainWhenTheFileIsMovedAway()
{
    const auto ledger = open();
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_COMPARE(rows(), 1);
    QVERIFY(QFile::remove(m_path));
    ledger->append(finished({answeredRecord(2, m_clock.time)}));
    QTRY_COMPARE(number(u"SELECT count(*) FROM requests WHERE request_id = 'request-2'"_s), 1);
    QCOMPARE(rows(), 1);
    QCOMPARE(problem(), QString());
}

void TestLedger::removesOldRows()
{
    const auto ledger = open();
    std::vector<insight::RequestRecord> records;
    for (quint64 i = 0; i < 5'000; ++i) // more than are removed at once
        records.push_back(answeredRecord(i, m_clock.time - 25h));
    records.push_back(answeredRecord(5'000, m_clock.time - 24h));
    records.push_back(answeredRecord(5'001, m_clock.time));
    ledger->append(finished(std::move(records)));
    ledger->keep({24h, {}, {}}, {});
    QTRY_COMPARE(rows(), 2);
}

QTEST_GUILESS_MAIN(TestLedger)
#include "tst_ledger.moc"
