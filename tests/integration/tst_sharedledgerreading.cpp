// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to the ledger keep the same promises in a file and in PostgreSQL: they end in time and
// when they are taken back, are cut, and change nothing, whoever writes them.
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"
#include "ledgerstage.h"
#include "recordkit.h"

#include <QRegularExpression>
#include <QTest>
#include <QThread>

#include <atomic>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::LedgerReader;
using test::LedgerStage;
using Records = std::vector<RequestRecord>;

namespace {

constexpr std::chrono::milliseconds Start{1'772'460'132'000}; // 2026-03-02T14:02:12Z

/// Runs for hours unless somebody ends it.
const QString Endless = u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                        u"SELECT count(*) FROM n WHERE i < 1000000000"_s;

} // namespace

class TestSharedLedgerReading : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();

    void cutsLongAnswers_data() { places(); }

    void cutsLongAnswers();

    void endsInTime_data() { places(); }

    void endsInTime();

    void endsWhenInterrupted_data() { places(); }

    void endsWhenInterrupted();
    void cannotChangeAnything_data();
    void cannotChangeAnything();
    void answersQuestions_data();
    void answersQuestions();

private:
    void places();
    void write(const Records &records = {});

    test::PostgresServer m_server;
    std::unique_ptr<LedgerStage> m_stage;
    test::StillClock m_clock;
};

void TestSharedLedgerReading::initTestCase()
{
    QVERIFY(m_server.start());
}

void TestSharedLedgerReading::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    QFETCH(bool, isShared);
    m_stage = std::make_unique<LedgerStage>(isShared ? &m_server : nullptr);
}

void TestSharedLedgerReading::places()
{
    QTest::addColumn<bool>("isShared");
    QTest::newRow("file") << false;
    QTest::newRow("PostgreSQL") << true;
}

/// Makes the ledger, if nothing else.
void TestSharedLedgerReading::write(const Records &records)
{
    stores::Ledger ledger(m_stage->place(), m_clock, {}, {});
    ledger.keep({}, {});
    ledger.append(test::finished(records));
}

void TestSharedLedgerReading::cutsLongAnswers()
{
    write(test::seededRecords(7, 100, Start));
    const auto reader = LedgerReader::open(m_stage->place());
    const QString sql = u"SELECT id FROM requests"_s;
    const auto cut = (*reader)->select(sql, 10);
    QVERIFY(cut->isCut);
    QCOMPARE(cut->rows.size(), size_t(10));
    QVERIFY(!(*reader)->select(sql, 100)->isCut);
    const auto none = (*reader)->select(u"SELECT id, key FROM requests WHERE id < 0"_s, 100);
    QCOMPARE(none->columns, (QStringList{u"id"_s, u"key"_s}));
    QFETCH(bool, isShared);
    const QString large = isShared ? u"SELECT repeat('x', 10000000) FROM generate_series(1, 50)"_s
                                   : u"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                                     u"FROM n LIMIT 50) SELECT zeroblob(10000000) FROM n"_s;
    const auto table = (*reader)->select(large, 100);
    QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
    QVERIFY(table->isCut);
    QVERIFY(table->rows.size() < 10);
    const QString huge =
        isShared ? u"SELECT repeat('x', 1000000000)"_s : u"SELECT zeroblob(1000000000)"_s;
    QVERIFY(!(*reader)->select(huge, 1));
    QCOMPARE((*reader)->select(u"SELECT 5"_s, 1)->rows.size(), size_t(1));
}

void TestSharedLedgerReading::endsInTime()
{
    write();
    const auto reader = LedgerReader::open(m_stage->place());
    stores::ReadLimits limits;
    limits.maxTime = 300ms;
    const auto table = (*reader)->select(Endless, limits);
    QVERIFY(!table);
    QCOMPARE(table.error().code, ErrorCode::Timeout);
    QVERIFY2(table.error().message.contains(u"300ms"_s), qPrintable(table.error().message));
    limits.maxTime = 30s;
    QCOMPARE((*reader)->select(u"SELECT 5"_s, limits)->rows.size(), size_t(1));
}

void TestSharedLedgerReading::endsWhenInterrupted()
{
    QFETCH(bool, isShared);
    write();
    const auto opened = LedgerReader::open(m_stage->place());
    LedgerReader &reader = **opened;
    std::atomic<bool> isRunning = false;
    stores::ReadLimits limits;
    limits.maxTime = 0ms;
    limits.progress = [&isRunning](qint64) { isRunning = true; };
    ErrorCode code = ErrorCode::Io;
    const std::unique_ptr<QThread> asking(
        QThread::create([&] { code = reader.select(Endless, limits).error().code; }));
    asking->start();
    const auto running = [this] {
        return m_server.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                            "query LIKE 'WITH RECURSIVE%'");
    };
    QTRY_VERIFY(isRunning);
    if (isShared)
        QTRY_COMPARE(running(), "1\n"_ba);
    reader.interrupt();
    QVERIFY(asking->wait());
    QCOMPARE(code, ErrorCode::Cancelled);
    if (isShared)
        QTRY_COMPARE(running(), "0\n"_ba); // the server has heard of it
    QCOMPARE(reader.select(u"SELECT 5"_s, 1)->rows.size(), size_t(1));
}

void TestSharedLedgerReading::cannotChangeAnything_data()
{
    QTest::addColumn<bool>("isShared");
    QTest::addColumn<QString>("sql");
    const QStringList both{u"INSERT INTO lost_requests VALUES (1, 1)"_s, u"DELETE FROM ledger"_s,
        u"UPDATE ledger SET key = 'x'"_s, u"DROP TABLE ledger"_s, u"CREATE TABLE x (y INTEGER)"_s,
        u"CREATE TEMP TABLE x (y INTEGER)"_s, u"BEGIN"_s, u"COMMIT"_s, u"VACUUM"_s,
        u"SELECT 1; DELETE FROM ledger"_s, u"SELECT 1; SELECT 2"_s, u"; DELETE FROM ledger"_s,
        u"WITH x AS (SELECT 1) DELETE FROM ledger"_s,
        u"WITH x AS (SELECT 1) INSERT INTO lost_requests SELECT 1, 1 FROM x"_s,
        u"/* SELECT */ DELETE FROM ledger"_s, u"-- SELECT 1\nDELETE FROM ledger"_s, u""_s,
        u"SELECTED"_s};
    const QStringList server{u"WITH x AS (DELETE FROM ledger RETURNING 1) SELECT count(*) FROM x"_s,
        u"WITH x AS (INSERT INTO lost_requests VALUES (1, 1) RETURNING 1) SELECT * FROM x"_s,
        u"SELECT 1 AS y INTO x"_s, u"SELECT 1 AS y INTO TEMP x"_s,
        u"SELECT * FROM ledger FOR UPDATE"_s, u"EXPLAIN ANALYZE DELETE FROM ledger"_s,
        u"EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1"_s,
        u"SELECT set_config('transaction_read_only', 'off', false)"_s,
        u"SELECT set_config('transaction_read_only', 'off', true), clean(9e15::bigint, 0, 0, 0, 9)"_s,
        u"SELECT pg_catalog.set_config('statement_timeout', '0', false)"_s,
        u"SELECT clean(9000000000000000, 9000000000000000, 9000000000000000, 0, 100)"_s,
        u"SELECT forget_sums(0, 'ci', 'x')"_s, u"SELECT add_lost('{1}', '{1}')"_s,
        u"SELECT nextval('ledger_id_seq')"_s, u"SELECT setval('ledger_id_seq', 1)"_s,
        u"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"_s,
        u"SELECT \"pg_terminate_backend\" (pid) FROM pg_stat_activity"_s,
        u"SELECT pg_cancel_backend /* x */ (pid) FROM pg_stat_activity"_s,
        u"SELECT U&\"pg\\005fterminate_backend\"(1)"_s, u"SELECT pg_advisory_lock(1)"_s,
        u"SELECT pg_read_file('PG_VERSION')"_s, u"SELECT lo_create(0)"_s,
        u"SELECT lo_export(1, '/tmp/x')"_s, u"SELECT pg_notify('x', 'y')"_s,
        u"SELECT query_to_xml('DELETE FROM ledger', true, true, '')"_s,
        u"SELECT 'x' AS \"'\", pg_reload_conf() AS \"'\""_s, u"SELECT $a$'$a$, pg_reload_conf()"_s,
        u"SELECT E'\\'', pg_reload_conf(), ''"_s, u"COPY ledger TO PROGRAM 'touch /tmp/x'"_s,
        u"SELECT user FROM requests"_s, u"SET statement_timeout = 0"_s};
    for (const QString &sql : both) {
        QTest::addRow("file: %s", qPrintable(sql)) << false << sql;
        QTest::addRow("PostgreSQL: %s", qPrintable(sql)) << true << sql;
    }
    for (const QString &sql : server)
        QTest::addRow("PostgreSQL: %s", qPrintable(sql)) << true << sql;
}

void TestSharedLedgerReading::cannotChangeAnything()
{
    QFETCH(QString, sql);
    write(test::seededRecords(7, 50, Start));
    const QString state = u"SELECT count(*), sum(time_ms), max(id) FROM requests"_s;
    const stores::Table before = m_stage->select(state);
    const auto reader = LedgerReader::open(m_stage->place());
    const auto table = (*reader)->select(sql, 10);
    QVERIFY(!table);
    QVERIFY(!table.error().message.isEmpty());
    QVERIFY2(table.error().code == ErrorCode::Refused || table.error().code == ErrorCode::Invalid,
        qPrintable(table.error().message));
    QCOMPARE((*reader)->select(state, 1)->rows, before.rows);
    QCOMPARE(m_stage->number(u"SELECT count(*) FROM lost_requests"_s), 0);
    write(test::seededRecords(7, 50, Start)); // nobody is in the way
    QCOMPARE(m_stage->rows(), 100);
}

void TestSharedLedgerReading::answersQuestions_data()
{
    QTest::addColumn<bool>("isShared");
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QVariant>("first");
    const std::vector<std::pair<QString, QVariant>> questions{{u"SELECT 'x' AS y"_s, u"x"_s},
        {u" select 7; "_s, 7LL}, {u"WITH x AS (SELECT 5 AS y) SELECT y FROM x"_s, 5LL},
        {u"VALUES (9)"_s, 9LL}, {u"/* a\n */ -- b\n SELECT 3"_s, 3LL},
        {u"SELECT 9223372036854775807"_s, 9'223'372'036'854'775'807LL},
        {u"SELECT sum(requests) FROM usage_daily"_s, 50LL}, {u"SELECT NULL"_s, QVariant()},
        {u"SELECT 1.5"_s, 1.5}, {u"SELECT 'it''s -- \"pg_x(\"'"_s, u"it's -- \"pg_x(\""_s},
        {u"SELECT count(r.user) FROM requests AS r"_s, 50LL}};
    for (const auto &[sql, first] : questions) {
        QTest::addRow("file: %s", qPrintable(sql)) << false << sql << first;
        QTest::addRow("PostgreSQL: %s", qPrintable(sql)) << true << sql << first;
    }
    const QVariant bytes = QByteArray::fromHex("00ff41");
    QTest::newRow("file: bytes") << false << u"SELECT x'00ff41'"_s << bytes;
    QTest::newRow("PostgreSQL: bytes") << true << u"SELECT decode('00ff41', 'hex')"_s << bytes;
}

void TestSharedLedgerReading::answersQuestions()
{
    QFETCH(QString, sql);
    QFETCH(QVariant, first);
    Records records = test::seededRecords(7, 50, Start);
    for (RequestRecord &record : records)
        record.subject.apiKey = "ci";
    write(records);
    const auto reader = LedgerReader::open(m_stage->place());
    const auto table = (*reader)->select(sql, 10);
    QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
    QCOMPARE(table->rows.front().constFirst(), first);
}

QTEST_GUILESS_MAIN(TestSharedLedgerReading)
#include "tst_sharedledgerreading.moc"
