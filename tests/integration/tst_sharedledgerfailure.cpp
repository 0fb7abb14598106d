// SPDX-License-Identifier: GPL-3.0-or-later
// A ledger in PostgreSQL that several gateways write, whatever becomes of the server: nothing is
// lost, nothing is there twice, and nobody waits for it.
#include "core/stores/counterstores.h"
#include "core/stores/ledger/audittrail.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerforget.h"
#include "core/stores/ledger/ledgerreader.h"
#include "ledgerstage.h"
#include "recordkit.h"
#include "tcprelay.h"
#include "usagekit.h"

#include <QElapsedTimer>
#include <QFile>
#include <QMutex>
#include <QRegularExpression>
#include <QTest>
#include <QThread>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::Ledger;
using stores::LedgerPlace;
using stores::LedgerReader;
using stores::UsageQuery;
using test::answeredRecord;
using test::finished;
using Records = std::vector<RequestRecord>;

namespace {

constexpr std::chrono::milliseconds Start{1'772'460'132'000};

Ledger::Options quick()
{
    Ledger::Options options;
    options.commitInterval = 1ms;
    options.retryInterval = 50ms;
    options.rollUpInterval = 20ms;
    return options;
}

stores::AuditEntry entry(int number)
{
    stores::AuditEntry made;
    made.time = Start + std::chrono::milliseconds(number);
    made.actor = u"o'root"_s;
    made.action = u"reset"_s;
    made.subject = u"limit \"%1\""_s.arg(number);
    made.after = u"{\"n\":%1}"_s.arg(number);
    return made;
}

QRegularExpression pattern(const QString &text)
{
    return QRegularExpression(text);
}

} // namespace

class TestSharedLedgerFailure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();

    void severalGatewaysAddUp();
    void goesOnWhenTheServerDoes_data();
    void goesOnWhenTheServerDoes();
    void endsInTimeWithAFrozenServer();
    void aFrozenServerHoldsNobodyUp();
    void lostAnswersCountOnce_data();
    void lostAnswersCountOnce();
    void refusesNewerSchema();
    void saysWhyItCannotBeUsed_data();
    void saysWhyItCannotBeUsed();
    void worksWithTheLeastPrivileges();
    void copiesTheAuditOnce();
    void copiesTheAuditOfAnotherFile();
    void keepsTheAudit();
    void saysThatThereIsNothing();

private:
    std::unique_ptr<Ledger> open(const LedgerPlace &place, Ledger::Options options = quick());
    QString problem();
    [[nodiscard]] qint64 summedUp() const;
    void waitFor(qint64 requests);
    void waitUntilIdle();
    [[nodiscard]] qint64 copied() const;

    test::PostgresServer m_server;
    std::unique_ptr<test::LedgerStage> m_stage;
    test::StillClock m_clock;
    QMutex m_mutex; ///< guards m_problems
    QStringList m_problems;
};

void TestSharedLedgerFailure::initTestCase()
{
    QVERIFY(m_server.start());
}

void TestSharedLedgerFailure::init()
{
    // A server that starts has several reasons one after the other.
    const bool isKilled = QByteArrayView(QTest::currentTestFunction()) == "goesOnWhenTheServerDoes";
    QTest::failOnWarning(pattern(isKilled ? u"^(?!requests are not recorded)"_s : u".*"_s));
    m_stage = std::make_unique<test::LedgerStage>(&m_server);
    m_problems.clear();
}

std::unique_ptr<Ledger> TestSharedLedgerFailure::open(
    const LedgerPlace &place, Ledger::Options options)
{
    const auto report = [this](const QString &problem) {
        const QMutexLocker lock(&m_mutex);
        m_problems.append(problem);
    };
    return std::make_unique<Ledger>(place, m_clock, report, options);
}

/// What was reported last.
QString TestSharedLedgerFailure::problem()
{
    const QMutexLocker lock(&m_mutex);
    return m_problems.isEmpty() ? QString() : m_problems.constLast();
}

/// Requests in the sums by hour.
qint64 TestSharedLedgerFailure::summedUp() const
{
    return m_stage->number(u"SELECT coalesce(sum(requests), 0) FROM usage_hourly"_s);
}

/// Also if only one of them has been told of a property.
void TestSharedLedgerFailure::severalGatewaysAddUp()
{
    constexpr int Gateways = 3;
    constexpr int Reports = 30;
    Records all;
    {
        std::vector<std::unique_ptr<Ledger>> gateways;
        for (int i = 0; i < Gateways; ++i) {
            gateways.push_back(open(m_stage->place()));
            gateways.back()->keep({}, i == 0 ? QByteArrayList{"tenant"} : QByteArrayList());
            if (i == 0)
                QTRY_COMPARE(m_stage->number(u"SELECT count(*) FROM rollup_property"_s), 1);
        }
        for (int report = 0; report < Reports; ++report) {
            for (int i = 0; i < Gateways; ++i) {
                const auto seed = static_cast<quint32>(report * Gateways + i);
                const Records records = test::seededRecords(seed, 100, Start, 7min);
                gateways[static_cast<size_t>(i)]->append(finished(records));
                all.insert(all.end(), records.begin(), records.end());
            }
        }
    }
    QCOMPARE(problem(), QString());
    QCOMPARE(m_stage->rows(), qint64(all.size()));
    const auto reader = LedgerReader::open(m_stage->place());
    for (const char *by : {"", "key,model,status", "user", "property:tenant"}) {
        UsageQuery query;
        query.by = QString::fromLatin1(by).split(u',', Qt::SkipEmptyParts);
        query.bucket = stores::UsageBucket::Hour;
        const auto table = (*reader)->usage(query);
        QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
        QCOMPARE(table->source, u"roll-ups"_s);
        QCOMPARE(test::groupsOf(*table, query), test::expectedUsage(all, query));
    }
}

void TestSharedLedgerFailure::goesOnWhenTheServerDoes_data()
{
    QTest::addColumn<bool>("isKilled");
    QTest::newRow("killed and started") << true;
    QTest::newRow("stopped and continued") << false;
}

void TestSharedLedgerFailure::goesOnWhenTheServerDoes()
{
    QFETCH(bool, isKilled);
    const auto ledger = open(m_stage->place());
    ledger->append(finished({answeredRecord(0, m_clock.time)}));
    QTRY_COMPARE(m_stage->rows(), 1);
    isKilled ? m_server.kill() : m_server.suspend();
    QElapsedTimer time;
    time.start();
    for (quint64 i = 1; i <= 500; ++i)
        ledger->append(finished({answeredRecord(i, m_clock.time)}));
    QVERIFY2(time.elapsed() < 500, "requests wait for the server");
    QTRY_VERIFY_WITH_TIMEOUT(!problem().isEmpty(), 12'000);
    if (isKilled)
        QVERIFY(m_server.start());
    else
        m_server.resume();
    waitFor(501);
}

/// All is well again, and so many requests are there once.
void TestSharedLedgerFailure::waitFor(qint64 requests)
{
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->rows(), requests, 20'000);
    QTRY_COMPARE(problem(), QString());
    QCOMPARE(m_stage->number(u"SELECT count(DISTINCT request_id) FROM requests"_s), requests);
    QCOMPARE(summedUp(), requests);
}

void TestSharedLedgerFailure::endsInTimeWithAFrozenServer()
{
    Ledger::Options options = quick();
    options.lastWait = 1s;
    auto ledger = open(m_stage->place(), options);
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    QTRY_COMPARE(m_stage->rows(), 1);
    m_server.suspend();
    ledger->append(finished({answeredRecord(2, m_clock.time)}));
    QTest::ignoreMessage(QtWarningMsg, pattern(u"^requests are not recorded: .*does not answer"_s));
    QTest::ignoreMessage(QtWarningMsg, "1 requests were not recorded");
    QElapsedTimer time;
    time.start();
    ledger.reset();
    const qint64 took = time.elapsed();
    m_server.resume();
    QVERIFY2(took < 3'000, qPrintable(QString::number(took)));
}

void TestSharedLedgerFailure::aFrozenServerHoldsNobodyUp()
{
    open(m_stage->place())->append(finished({answeredRecord(1, m_clock.time)}));
    const auto reader = LedgerReader::open(m_stage->place());
    QCOMPARE((*reader)->select(u"SELECT 1"_s, 1)->rows.size(), size_t(1));
    m_server.suspend();
    stores::ReadLimits limits;
    limits.maxTime = 300ms;
    QElapsedTimer time;
    time.start();
    const auto open = (*reader)->select(u"SELECT 1"_s, limits);
    const auto again = (*reader)->usage({}, limits); // connects anew
    stores::ForgetRequest request;
    request.name = u"alice"_s;
    const qint64 now = time.elapsed();
    request.goesOn = [&time, now] { return time.elapsed() < now + 200; };
    const auto forgotten = stores::forget(m_stage->place(), request);
    const qint64 took = time.elapsed();
    m_server.resume();
    QCOMPARE(forgotten.error().code, ErrorCode::Cancelled);
    QCOMPARE(open.error().code, ErrorCode::Timeout);
    QCOMPARE(again.error().code, ErrorCode::Timeout);
    QVERIFY2(took < 3'000, qPrintable(QString::number(took)));
    QCOMPARE((*reader)->select(u"SELECT 1"_s, 1)->rows.size(), size_t(1));
}

void TestSharedLedgerFailure::lostAnswersCountOnce_data()
{
    QTest::addColumn<int>("answersBefore");
    QTest::addColumn<bool>("isWritten"); // by the first try
    QTest::newRow("in the middle") << 0 << false;
    QTest::newRow("of the commit") << 1 << true;
}

/// What follows a batch is over, so that the next answers are those to a batch.
void TestSharedLedgerFailure::waitUntilIdle()
{
    QTRY_COMPARE(
        m_server.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle' AND query "
                     "LIKE '%sluice_ledger.clean(%'"),
        "1\n"_ba);
}

void TestSharedLedgerFailure::lostAnswersCountOnce()
{
    QFETCH(int, answersBefore);
    QFETCH(bool, isWritten);
    // Those of other tests may not have noticed yet that nobody is there.
    m_server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                 "'sluice'");
    test::TcpRelay relay(m_server.port());
    LedgerPlace place = m_stage->place();
    place.url = test::PostgresServer::urlAt(relay.port());
    Ledger::Options options = quick();
    options.retryInterval = 1s;
    options.rollUpInterval = 1h;
    auto ledger = open(place, options);
    ledger->append(finished({answeredRecord(1, m_clock.time)}));
    waitUntilIdle();
    QTest::ignoreMessage(QtWarningMsg, pattern(u"^requests are not recorded: "_s));
    relay.breaksOffNextAnswer = true;
    relay.answersBefore = answersBefore;
    ledger->append(finished({answeredRecord(2, m_clock.time)}));
    QTRY_VERIFY(!problem().isEmpty());
    QTRY_COMPARE(m_stage->rows(), isWritten ? 2 : 1);
    ledger->append(finished({answeredRecord(3, m_clock.time)}));
    waitFor(3);
    // The relay is needed to the end.
    const std::unique_ptr<QThread> ending(QThread::create([&ledger] { ledger.reset(); }));
    ending->start();
    QTRY_VERIFY(ending->isFinished());
}

void TestSharedLedgerFailure::refusesNewerSchema()
{
    open(m_stage->place())->append(finished({answeredRecord(1, m_clock.time)}));
    m_server.sql("UPDATE sluice_ledger.meta SET version = 99");
    QTest::ignoreMessage(QtWarningMsg,
        pattern(
            u"^requests are not recorded: .*newer version of Sluice \\(99, this one knows 1\\)"_s));
    QTest::ignoreMessage(QtWarningMsg, "1 requests were not recorded");
    {
        const auto ledger = open(m_stage->place());
        ledger->append(finished({answeredRecord(2, m_clock.time)}));
        QTRY_VERIFY(problem().contains(u"newer version"_s));
    }
    const auto reader = LedgerReader::open(m_stage->place());
    QCOMPARE((*reader)->select(u"SELECT 1"_s, 1).error().code, ErrorCode::Unsupported);
    m_server.sql("UPDATE sluice_ledger.meta SET version = 1");
    QCOMPARE(m_stage->rows(), 1);
}

void TestSharedLedgerFailure::saysWhyItCannotBeUsed_data()
{
    QTest::addColumn<QString>("url"); // PORT is the server's
    QTest::addColumn<QString>("problem");
    QTest::newRow("password") << u"postgresql://teller:wrong-secret@127.0.0.1:PORT/postgres"_s
                              << u"refuses the password of the role \"teller\""_s;
    QTest::newRow("nobody there") << u"postgresql://sluice@127.0.0.1:1/postgres"_s
                                  << u"Nothing listens at 127.0.0.1:1"_s;
    QTest::newRow("no database") << u"postgresql://sluice@127.0.0.1:PORT/nothing"_s
                                 << u"no database \"nothing\""_s;
    QTest::newRow("encoding") << u"postgresql://sluice@127.0.0.1:PORT/ascii"_s
                              << u"has the encoding SQL_ASCII"_s;
    QTest::newRow("no address") << u"postgresql://sluice@no-such-host.invalid/postgres"_s
                                << u"no-such-host.invalid"_s;
    QTest::newRow("no privileges") << u"postgresql://teller:secret-word@127.0.0.1:PORT/postgres"_s
                                   << u"sluicectl check --store-sql"_s;
}

void TestSharedLedgerFailure::saysWhyItCannotBeUsed()
{
    QFETCH(QString, url);
    QFETCH(QString, problem);
    if (m_server.sql("SELECT 1 FROM pg_roles WHERE rolname = 'teller'").isEmpty()) {
        QVERIFY(m_server.addRole(u"teller"_s, u"secret-word"_s));
        m_server.sql("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
    }
    LedgerPlace place = m_stage->place();
    place.url = url.replace(u"PORT"_s, QString::number(m_server.port()));
    const QString expected = QRegularExpression::escape(problem);
    QTest::ignoreMessage(
        QtWarningMsg, pattern(u"^requests are not recorded: .*"_s + expected)); // once
    QTest::ignoreMessage(QtWarningMsg, "1 requests were not recorded");
    {
        const auto ledger = open(place);
        ledger->append(finished({answeredRecord(1, m_clock.time)}));
        QTRY_VERIFY_WITH_TIMEOUT(!this->problem().isEmpty(), 10'000);
    }
    QVERIFY2(this->problem().contains(problem), qPrintable(this->problem()));
    QVERIFY(!this->problem().contains(u"secret"_s));
    const auto reader = LedgerReader::open(place);
    const auto table = (*reader)->select(u"SELECT 1"_s, 1);
    QVERIFY(!table);
    QVERIFY2(!table.error().message.contains(u"secret"_s), qPrintable(table.error().message));
}

void TestSharedLedgerFailure::worksWithTheLeastPrivileges()
{
    if (m_server.sql("SELECT 1 FROM pg_roles WHERE rolname = 'writer'").isEmpty())
        QVERIFY(m_server.addRole(u"writer"_s, u"secret"_s));
    LedgerPlace place = m_stage->place();
    place.url = u"postgresql://writer:secret@127.0.0.1:%1/postgres"_s.arg(m_server.port());
    config::Recording recording;
    recording.url = place.url;
    const auto sql = stores::ledgerSql(recording);
    QVERIFY(sql);
    m_server.sql(*sql);
    m_server.sql(*sql); // twice is once
    {
        const auto ledger = open(place);
        ledger->keep({1h, 1h, 1h}, {"tenant"});
        ledger->append(finished({answeredRecord(1, m_clock.time)}));
    }
    QCOMPARE(problem(), QString());
    QCOMPARE(m_stage->rows(), 1);
    const auto reader = LedgerReader::open(place);
    const auto count = (*reader)->select(u"SELECT count(*) FROM requests"_s, 1);
    QVERIFY2(count, qPrintable(count ? QString() : count.error().message));
    UsageQuery query;
    query.by = QStringList{u"property:tenant"_s};
    QCOMPARE((*reader)->usage(query)->source, u"roll-ups"_s);
}

qint64 TestSharedLedgerFailure::copied() const
{
    return m_stage->number(u"SELECT count(*) FROM audit"_s);
}

void TestSharedLedgerFailure::copiesTheAuditOnce()
{
    const stores::AuditTrail trail(m_stage->place().path);
    QVERIFY(trail.append({entry(1), entry(2)}));
    for (int run = 0; run < 2; ++run) {
        const auto ledger = open(m_stage->place());
        ledger->keep({}, {});
        QTRY_COMPARE(copied(), 2 + run);
        QVERIFY(trail.append({entry(3 + run)}));
        QTRY_COMPARE(copied(), 3 + run);
    }
    const stores::Table table = m_stage->select(
        u"SELECT actor, action, subject, value, before, after FROM audit ORDER BY id LIMIT 1"_s);
    QCOMPARE(table.rows.front(),
        (QVariantList{u"o'root"_s, u"reset"_s, u"limit \"1\""_s, u""_s, u""_s, u"{\"n\":1}"_s}));
}

/// It begins at 1 again.
void TestSharedLedgerFailure::copiesTheAuditOfAnotherFile()
{
    const stores::AuditTrail trail(m_stage->place().path);
    QVERIFY(trail.append({entry(1), entry(2)}));
    open(m_stage->place())->keep({}, {});
    const QString path = m_stage->place().path;
    for (const char *end : {"", "-wal", "-shm"})
        QFile::remove(path + QLatin1StringView(end));
    QVERIFY(trail.append({entry(3)}));
    open(m_stage->place())->keep({}, {});
    QCOMPARE(copied(), 3);
}

void TestSharedLedgerFailure::keepsTheAudit()
{
    QVERIFY(stores::AuditTrail(m_stage->place().path).append({entry(1)}));
    open(m_stage->place())->keep({}, {});
    for (const char *sql : {"DELETE FROM sluice_ledger.audit_log",
             "UPDATE sluice_ledger.audit_log SET actor = 'x'", "TRUNCATE sluice_ledger.audit_log"})
        m_server.sql(sql); // psql says why not
    QCOMPARE(copied(), 1);
    QCOMPARE(m_stage->number(u"SELECT count(*) FROM audit WHERE actor = 'x'"_s), 0);
}

void TestSharedLedgerFailure::saysThatThereIsNothing()
{
    const auto reader = LedgerReader::open(m_stage->place());
    for (const auto &answer : {(*reader)->select(u"SELECT 1"_s, 1), (*reader)->usage({})}) {
        QCOMPARE(answer.error().code, ErrorCode::NotFound);
        QVERIFY(answer.error().message.contains(u"nothing has been recorded"_s));
    }
}

QTEST_GUILESS_MAIN(TestSharedLedgerFailure)
#include "tst_sharedledgerfailure.moc"
