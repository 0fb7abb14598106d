// SPDX-License-Identifier: GPL-3.0-or-later
// What is read from the ledger is what was put into it, and reading changes nothing.
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"
#include "recordkit.h"
#include "usagekit.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <map>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::Ledger;
using stores::LedgerReader;
using stores::Table;
using stores::UsageQuery;

namespace {

constexpr int Records = 3'000;

/// Runs for hours unless somebody ends it.
const QString Endless = u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                        u"SELECT count(*) FROM n WHERE i < 1000000000000"_s;

constexpr std::chrono::milliseconds Start{1'772'460'132'000};

QString text(QByteArrayView utf8)
{
    return QString::fromUtf8(utf8);
}

} // namespace

class TestLedgerReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void sumsEqualAnOwnSum_data();
    void sumsEqualAnOwnSum();
    void refusesUnknownFields_data();
    void refusesUnknownFields();
    void showsWhatWasRecorded();
    void cutsLongAnswers();
    void cutsLargeAnswers();
    void endsInTime();
    void endsWhenInterrupted();
    void tellsHowFarItIs();
    void cannotChangeAnything_data();
    void cannotChangeAnything();
    void answersQuestions_data();
    void answersQuestions();
    void saysWhatIsWrongWithTheFile_data();
    void saysWhatIsWrongWithTheFile();

private:
    [[nodiscard]] QByteArray hash() const;

    QTemporaryDir m_folder;
    QString m_path;
    std::vector<RequestRecord> m_records;
    std::unique_ptr<LedgerReader> m_reader;
};

void TestLedgerReader::initTestCase()
{
    m_path = Ledger::pathIn(m_folder.path());
    m_records = test::seededRecords(7, Records, Start);
    {
        test::StillClock clock;
        Ledger ledger({m_path}, clock, {}, {});
        ledger.append(test::finished(m_records));
    }
    auto reader = LedgerReader::open({m_path});
    QVERIFY(reader);
    m_reader = std::move(reader.value());
}

QByteArray TestLedgerReader::hash() const
{
    QFile file(m_path);
    return file.open(QIODevice::ReadOnly)
        ? QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256)
        : QByteArray();
}

void TestLedgerReader::sumsEqualAnOwnSum_data()
{
    QTest::addColumn<QString>("by");
    QTest::addColumn<QStringList>("where"); // name and value in turn
    QTest::addColumn<int>("since"); // seconds after the start
    QTest::addColumn<int>("until");
    const auto row = [](const QString &by, const QStringList &where = {}, int since = 0,
                         int until = Records) {
        QTest::addRow(
            "%s where %s from %d to %d", qPrintable(by), qPrintable(where.join(u' ')), since, until)
            << by << where << since << until;
    };
    for (const char *by : {"", "key", "owner", "team", "user", "provider", "model", "router",
             "status", "property:tenant", "key,model", "user,property:tenant,status"})
        row(QString::fromLatin1(by));
    row(u"key"_s, {}, 100, 200);
    row(u"model"_s, {u"key"_s, u"ci"_s});
    row(u"model"_s, {u"key"_s, u"ci"_s, u"key"_s, u"app"_s, u"status"_s, u"200"_s}, 500, 2'500);
    row(u"key"_s, {u"model"_s, u"openai/small"_s});
    row(u"key"_s, {u"property:tenant"_s, u"o'brien \"x\""_s});
    row(u"user,property:tenant"_s, {u"property:Tenant"_s, u"acme"_s, u"user"_s, u"Zoë"_s});
    row(u"key"_s, {u"user"_s, u""_s});
    row(u"key"_s, {u"key"_s, u"nobody"_s});
}

void TestLedgerReader::sumsEqualAnOwnSum()
{
    QFETCH(QString, by);
    QFETCH(QStringList, where);
    QFETCH(int, since);
    QFETCH(int, until);
    UsageQuery query;
    query.by = by.split(u',', Qt::SkipEmptyParts);
    query.since = Start + std::chrono::seconds(since);
    query.until = Start + std::chrono::seconds(until);
    for (qsizetype i = 0; i < where.size(); i += 2)
        query.where.push_back({where[i], where[i + 1]});
    const auto table = m_reader->usage(query);
    QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
    QCOMPARE(table->columns.first(query.by.size()), query.by);
    const test::UsageGroups expected = test::expectedUsage(m_records, query);
    QCOMPARE(test::groupsOf(*table, query), expected);
    QCOMPARE(table->rows.size(), expected.size());
}

void TestLedgerReader::refusesUnknownFields_data()
{
    QTest::addColumn<QStringList>("by");
    QTest::addColumn<QString>("where");
    QTest::newRow("unknown") << QStringList{u"keys"_s} << QString();
    QTest::newRow("sql") << QStringList{u"key FROM requests; --"_s} << QString();
    QTest::newRow("twice") << QStringList{u"key"_s, u"key"_s} << QString();
    QTest::newRow("property without a name") << QStringList{u"property:"_s} << QString();
    QTest::newRow("quote in a property") << QStringList{u"property:a\"b"_s} << QString();
    QTest::newRow("where") << QStringList() << u"note"_s;
}

void TestLedgerReader::refusesUnknownFields()
{
    QFETCH(QStringList, by);
    QFETCH(QString, where);
    UsageQuery query;
    query.by = by;
    if (!where.isEmpty())
        query.where.push_back({where, u"x"_s});
    const auto table = m_reader->usage(query);
    QVERIFY(!table);
    QCOMPARE(table.error().code, ErrorCode::Invalid);
}

void TestLedgerReader::showsWhatWasRecorded()
{
    const auto table = m_reader->select(
        u"SELECT time, time_ms, request_id, properties, model, input_tokens, output_source, "
        u"micro_cents, admitted FROM requests ORDER BY id"_s,
        Records);
    QVERIFY(table);
    QCOMPARE(table->rows.size(), m_records.size());
    QCOMPARE(table->rows.front().constFirst().toString(), u"2026-03-02T14:02:12.000Z"_s);
    for (size_t i = 0; i < m_records.size(); ++i) {
        const RequestRecord &record = m_records[i];
        const insight::FinishedRequests rows = test::finished({record});
        const insight::FinishedRow &row = *rows->begin();
        QJsonObject properties;
        for (const limits::Property &property : record.subject.properties)
            properties.insert(text(property.name), text(property.value));
        const QVariantList &read = table->rows[i];
        QCOMPARE(read[1].toLongLong(), row.timeMs);
        QCOMPARE(read[2].toString(), text(row.requestId));
        QCOMPARE(QJsonDocument::fromJson(read[3].toString().toUtf8()).object(), properties);
        QCOMPARE(read[4].toString(), text(QByteArray(record.provider + '/' + record.model)));
        QCOMPARE(read[5].isNull(), !row.tokens.input);
        QCOMPARE(read[5].toLongLong(), row.tokens.input.value_or(0));
        QCOMPARE(read[6].toString(), text(row.outputSource));
        QCOMPARE(read[7].isNull(), !row.cost);
        QCOMPARE(read[7].toLongLong(), row.cost.value_or(0));
        QCOMPARE(read[8].toBool(), row.outcome != "rejected" && row.outcome != "refused");
    }
}

void TestLedgerReader::cutsLongAnswers()
{
    const QString sql = u"SELECT id FROM requests"_s;
    QVERIFY(m_reader->select(sql, 10)->isCut);
    QCOMPARE(m_reader->select(sql, 10)->rows.size(), size_t(10));
    QVERIFY(!m_reader->select(sql, Records)->isCut);
}

void TestLedgerReader::cutsLargeAnswers()
{
    const auto table = m_reader->select(
        u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) "
        u"SELECT zeroblob(10000000) FROM n"_s,
        100);
    QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
    QVERIFY(table->isCut);
    QVERIFY(table->rows.size() < 10);
    QVERIFY(!m_reader->select(u"SELECT zeroblob(1000000000)"_s, 1));
}

void TestLedgerReader::endsInTime()
{
    stores::ReadLimits limits;
    limits.maxTime = 20ms;
    const auto table = m_reader->select(Endless, limits);
    QVERIFY(!table);
    QCOMPARE(table.error().code, ErrorCode::Timeout);
    QVERIFY2(table.error().message.contains(u"20ms"_s), qPrintable(table.error().message));
    QCOMPARE(m_reader->select(u"SELECT 5"_s, limits)->rows.size(), size_t(1));
}

void TestLedgerReader::endsWhenInterrupted()
{
    std::atomic<bool> isRunning = false;
    stores::ReadLimits limits;
    limits.maxTime = 0ms;
    limits.progress = [&isRunning](qint64) { isRunning = true; };
    ErrorCode code = ErrorCode::Io;
    const std::unique_ptr<QThread> asking(
        QThread::create([&] { code = m_reader->select(Endless, limits).error().code; }));
    asking->start();
    QTRY_VERIFY(isRunning);
    m_reader->interrupt();
    QVERIFY(asking->wait());
    QCOMPARE(code, ErrorCode::Cancelled);
    QCOMPARE(m_reader->select(u"SELECT 5"_s, 1)->rows.size(), size_t(1));
}

void TestLedgerReader::tellsHowFarItIs()
{
    std::vector<qint64> told;
    stores::ReadLimits limits;
    limits.maxRows = 50'000;
    limits.progress = [&told](qint64 rows) { told.push_back(rows); };
    const auto table = m_reader->select(
        u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) "
        u"SELECT i FROM n"_s,
        limits);
    QCOMPARE(table->rows.size(), size_t(50'000));
    QVERIFY(told.size() > 10);
    QVERIFY(std::is_sorted(told.begin(), told.end()));
    QVERIFY(told.back() > 10'000 && told.back() <= 50'000);
}

void TestLedgerReader::cannotChangeAnything_data()
{
    QTest::addColumn<QString>("sql");
    for (const char *sql : {"INSERT INTO lost_requests VALUES (1, 1)", "DELETE FROM ledger",
             "UPDATE ledger SET key = 'x'", "DROP TABLE ledger", "CREATE TABLE x (y)",
             "CREATE TEMP TABLE x (y)", "REPLACE INTO lost_requests VALUES (1, 1)",
             "PRAGMA user_version = 7", "PRAGMA query_only = OFF", "PRAGMA journal_mode",
             "ATTACH 'FOLDER/other.sqlite' AS other", "VACUUM", "VACUUM INTO 'FOLDER/other.sqlite'",
             "BEGIN EXCLUSIVE", "REINDEX", "SELECT 1; DELETE FROM ledger",
             "SELECT 1; PRAGMA query_only = OFF", "SELECT 1; SELECT 2", "; DELETE FROM ledger",
             "WITH x AS (SELECT 1) DELETE FROM ledger",
             "WITH x AS (SELECT 1) INSERT INTO lost_requests SELECT 1, 1 FROM x",
             "/* SELECT */ DELETE FROM ledger", "-- SELECT 1\nDELETE FROM ledger",
             "SELECT load_extension('x')", "", "SELECTED"})
        QTest::newRow(sql) << QString::fromLatin1(sql);
}

void TestLedgerReader::cannotChangeAnything()
{
    QFETCH(QString, sql);
    const QByteArray before = hash();
    const QStringList files = QDir(m_folder.path()).entryList(QDir::Files);
    const auto table = m_reader->select(sql.replace(u"FOLDER"_s, m_folder.path()), 10);
    QVERIFY(!table);
    QVERIFY(!table.error().message.isEmpty());
    QCOMPARE(hash(), before);
    QCOMPARE(QDir(m_folder.path()).entryList(QDir::Files), files);
    QCOMPARE(m_reader->select(u"SELECT id FROM requests"_s, Records)->rows.size(), size_t(Records));
}

void TestLedgerReader::answersQuestions_data()
{
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("first");
    QTest::newRow("select") << u"SELECT 'x' AS y"_s << u"x"_s;
    QTest::newRow("small letters, end") << u" select 7; "_s << u"7"_s;
    QTest::newRow("with") << u"WITH x AS (SELECT 5 AS y) SELECT y FROM x"_s << u"5"_s;
    QTest::newRow("values") << u"VALUES (9)"_s << u"9"_s;
    QTest::newRow("comments") << u"/* a\n */ -- b\n SELECT 3"_s << u"3"_s;
    QTest::newRow("large") << u"SELECT 9223372036854775807"_s << u"9223372036854775807"_s;
}

void TestLedgerReader::answersQuestions()
{
    QFETCH(QString, sql);
    QFETCH(QString, first);
    const auto table = m_reader->select(sql, 10);
    QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
    QCOMPARE(table->rows.front().constFirst().toString(), first);
}

void TestLedgerReader::saysWhatIsWrongWithTheFile_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<int>("code");
    QTest::newRow("none") << QByteArray() << int(ErrorCode::NotFound);
    QTest::newRow("text") << QByteArray(10'000, 'x') << int(ErrorCode::Invalid);
    QTest::newRow("empty") << QByteArray("") << int(ErrorCode::Invalid);
}

void TestLedgerReader::saysWhatIsWrongWithTheFile()
{
    QFETCH(QByteArray, content);
    QFETCH(int, code);
    QTemporaryDir folder;
    QFile file(folder.filePath(u"ledger.sqlite"_s));
    if (!content.isNull()) {
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.close();
    }
    const auto reader = LedgerReader::open({file.fileName()});
    QVERIFY(!reader);
    QCOMPARE(int(reader.error().code), code);
    QVERIFY(reader.error().message.contains(file.fileName()));
    QCOMPARE(file.exists(), !content.isNull());
}

QTEST_GUILESS_MAIN(TestLedgerReader)
#include "tst_ledgerreader.moc"
