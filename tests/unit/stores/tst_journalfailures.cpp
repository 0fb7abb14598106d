// SPDX-License-Identifier: GPL-3.0-or-later
// The journal and files that cannot be read or written: counting goes on, it is said, and nothing
// that was counted is lost.
#include "core/stores/sqlite/database.h"
#include "fulldisk.h"
#include "journalstage.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;
using stores::Journal;
using stores::sqlite::Database;

class TestJournalFailures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void commitsAreToldWhenTheDiskIsNotThere();
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
    std::unique_ptr<JournalStage> m_stage;
};

void TestJournalFailures::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<JournalStage>();
}

void TestJournalFailures::commitsAreToldWhenTheDiskIsNotThere()
{
    QVERIFY(QDir().mkpath(m_stage->path)); // no file can be there
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^counters are in memory only: .*counters.sqlite"_s));
    Journal::Options options;
    options.retryInterval = 1h;
    const auto run = m_stage->open(m_stage->limits, options);
    QVERIFY(!m_stage->problem().isEmpty());
    QCOMPARE(m_stage->count(*run, "a", 3), 3);
    std::atomic<int> lost = 0;
    for (int i = 0; i < 3; ++i) {
        run->journal->commit([&](bool isOnDisk) { lost += isOnDisk ? 0 : 1; });
        QTRY_COMPARE(lost, i + 1);
    }
}

void TestJournalFailures::refusesNewerSchema()
{
    m_stage->open(m_stage->limits);
    QVERIFY(m_stage->execute("UPDATE schema_version SET version = 99"));
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^counters are in memory only: .*newer version of Sluice.*99"_s));
    const auto run = m_stage->open(m_stage->limits);
    QVERIFY(m_stage->problem().contains(u"newer version"_s));
    QCOMPARE(m_stage->count(*run, "a", 4), 4);
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 0);
    // Once it is out of the way all that was counted is kept.
    QVERIFY(QFile::rename(m_stage->path, m_stage->path + u".newer"_s));
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 4);
    QTRY_COMPARE(m_stage->problem(), QString());
}

void TestJournalFailures::putsBrokenFilesAside_data()
{
    QTest::addColumn<int>("from");
    QTest::addColumn<int>("counters");
    QTest::newRow("whole file") << 0 << 200;
    QTest::newRow("all but the first page") << 4'096 << 200;
    QTest::newRow("all but a part of a large one") << 4'000'000 << 30'000;
}

void TestJournalFailures::putsBrokenFilesAside()
{
    QFETCH(int, from);
    QFETCH(int, counters);
    const auto whole = m_stage->open(m_stage->limits);
    for (int i = 0; i < counters; ++i)
        m_stage->count(*whole, "key" + QByteArray::number(i), 1);
    whole->journal.reset();
    QFile file(m_stage->path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const qint64 size = file.size();
    QVERIFY(size > from && file.seek(from));
    file.write(QByteArray(static_cast<qsizetype>(size - from), 'x'));
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"a new file of counters begins$"_s));
    const auto run = m_stage->open(m_stage->limits);
    QCOMPARE(m_stage->problem(), QString());
    QCOMPARE(m_stage->count(*run, "new", 1), 1);
    const auto expected = recordsOf(run->limiter);
    run->journal.reset();
    const QStringList aside =
        QDir(m_stage->folder.path()).entryList({u"counters.sqlite.broken-*"_s});
    QCOMPARE(aside, QStringList{u"counters.sqlite.broken-20231114-221320-000"_s});
    QCOMPARE(QFileInfo(m_stage->folder.filePath(aside.constFirst())).size(), size);
    // What could be read in front of the damage goes on, and is in the new file.
    QCOMPARE(recordsOf(m_stage->open(m_stage->limits)->limiter), expected);
}

void TestJournalFailures::dropsBrokenRecordsAlone()
{
    {
        const auto run = m_stage->open(m_stage->limits);
        for (int i = 0; i < 10; ++i)
            m_stage->count(*run, "key" + QByteArray::number(i), 3);
    }
    QVERIFY(m_stage->execute("UPDATE counters SET state = zeroblob(40) WHERE value = 'key3'"));
    QVERIFY(m_stage->execute("UPDATE counters SET state = '' WHERE value = 'key4'"));
    QVERIFY(m_stage->execute(
        "INSERT INTO counters SELECT 'ghost', x'00', state, segment, value, api_key, unit, "
        "quota, used, reserved, updated_ms FROM counters WHERE value = 'key5'"));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^3 records of counters in .* were damaged"_s));
    {
        const auto run = m_stage->open(m_stage->limits);
        QCOMPARE(m_stage->used(*run, "key2"), 3);
        QCOMPARE(m_stage->used(*run, "key3"), 0);
    }
    QCOMPARE(m_stage->number("SELECT count(*) FROM counters"), 8);
    m_stage->open(m_stage->limits); // said once
}

void TestJournalFailures::losesNothingWhileTheFileIsLocked()
{
    m_stage->open(m_stage->limits);
    auto stranger = Database::open(m_stage->path, {});
    QVERIFY(stranger && stranger->execute("BEGIN IMMEDIATE"));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^counters are in memory only: .*locked"_s));
    const auto run = m_stage->open(m_stage->limits);
    m_stage->count(*run, "a", 3);
    QTRY_VERIFY(m_stage->problem().contains(u"locked"_s));
    m_stage->count(*run, "a", 4);
    m_stage->count(*run, "b", 1);
    QVERIFY(stranger->execute("ROLLBACK"));
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 8);
    QTRY_COMPARE(m_stage->problem(), QString());
}

void TestJournalFailures::losesNothingWhileTheDiskIsFull()
{
    const auto run = m_stage->open(m_stage->limits);
    for (int i = 0; i < 500; ++i)
        m_stage->count(*run, "before" + QByteArray::number(i), 1);
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 500);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    {
        const FullDisk disk(QFileInfo(m_stage->path + u"-wal"_s).size());
        for (int i = 0; i < 500; ++i)
            m_stage->count(*run, "during" + QByteArray::number(i), 1);
        QTRY_VERIFY(!m_stage->problem().isEmpty());
        run->limiter.reset("key", "before1");
        m_stage->count(*run, "before0", 1);
    }
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 1'000);
    QTRY_COMPARE(m_stage->problem(), QString());
    run->journal.reset();
    QCOMPARE(recordsOf(m_stage->open(m_stage->limits)->limiter), recordsOf(run->limiter));
}

void TestJournalFailures::goesOnWhenTheFolderCanBeMade()
{
    QFile inTheWay(m_stage->folder.filePath(u"data"_s));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^counters are in memory only: Cannot make the folder"_s));
    m_stage->path = Journal::pathIn(m_stage->folder.filePath(u"data"_s));
    const auto run = m_stage->open(m_stage->limits);
    QVERIFY(m_stage->problem().contains(u"Cannot make the folder"_s));
    m_stage->count(*run, "a", 3);
    QVERIFY(inTheWay.remove());
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 3);
    QTRY_COMPARE(m_stage->problem(), QString());
}

void TestJournalFailures::countsOnWhenTheFileCanBeReadLater()
{
    {
        const auto run = m_stage->open(m_stage->limits);
        m_stage->count(*run, "a", 3);
        m_stage->count(*run, "b", 1);
    }
    QVERIFY(m_stage->execute("UPDATE schema_version SET version = 99"));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    const auto run = m_stage->open(m_stage->limits);
    m_stage->count(*run, "a", 4);
    m_stage->count(*run, "c", 2);
    QVERIFY(m_stage->execute("UPDATE schema_version SET version = 1"));
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 10);
    QCOMPARE(m_stage->used(*run, "a"), 7);
    QCOMPARE(m_stage->used(*run, "b"), 1);
}

void TestJournalFailures::writesAllWhenTheFileIsMovedAway()
{
    const auto run = m_stage->open(m_stage->limits);
    m_stage->count(*run, "a", 3);
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 3);
    QVERIFY(QFile::rename(m_stage->path, m_stage->path + u".away"_s));
    m_stage->count(*run, "b", 1);
    QTRY_COMPARE(m_stage->number("SELECT sum(used) FROM limits"), 4);
    QCOMPARE(m_stage->problem(), QString());
}

QTEST_GUILESS_MAIN(TestJournalFailures)
#include "tst_journalfailures.moc"
