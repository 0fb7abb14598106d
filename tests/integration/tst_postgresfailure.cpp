// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever happens to PostgreSQL: every request is answered in time, the reason is one sentence
// with the remedy, and after an error nothing stays reserved.
#include "core/stores/postgres/postgresstore.h"
#include "storekit.h"
#include "tcprelay.h"
#include "tests/support/postgresserver.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr auto Timeout = 400ms;

// A machine that also runs other tests may be late by that.
constexpr int Slack = 50;

/// A store and what its listener was told.
struct Watched
{
    QStringList told; ///< "up", or the problem
    std::unique_ptr<PostgresStore> store;

    Watched(const QString &url, PostgresStore::Options options = {})
    {
        config::Store config;
        config.type = config::Store::Type::Postgres;
        config.url = url;
        config.connectionTimeout = Timeout;
        options.firstRetry = 20ms;
        options.lastRetry = 100ms;
        options.seed = 1;
        store = std::make_unique<PostgresStore>(
            config, GatewayIdentity::make(),
            [this](bool isUp, const QString &problem) { told.append(isUp ? u"up"_s : problem); },
            options);
    }

    [[nodiscard]] QString last() const { return told.value(told.size() - 1); }
};

StoreStep heldStep(const QByteArray &key)
{
    StoreStep step = stepOf(key, Algorithm::SlidingWindow, 100, 1h);
    step.isHeld = true;
    return step;
}

} // namespace

class TestPostgresFailure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void badAddressesAreNamed_data();
    void badAddressesAreNamed();
    void urlThatCannotBeUnderstoodKeepsItsSecret();
    void prefixThatNamesNoSchemaIsRefused();
    void strangersAreNotMistakenForTheServer_data();
    void strangersAreNotMistakenForTheServer();
    void passwordsWork();
    void frozenServerDelaysNobodyTwice();
    void frozenServerIsFoundWithoutRequests();
    void killedServerIsBackSoon();
    void settlementsOfTheMeantimeArrive();
    void settlementsAreBounded();
    void endedConnectionIsMadeAnew();
    void lockedCounterEndsInTime();
    void newerSchemaIsLeftAlone();
    void roleWithoutRightsIsToldTheRemedy();
    void replicaIsNamed();
    void lateCommandDoesNothing();
    void lostAnswerIsReleased();
    void lostChargeIsGivenBack_data();
    void lostChargeIsGivenBack();
    void requestsOfAClosedStoreAreAnswered();

private:
    [[nodiscard]] QByteArray countOf(const char *table)
    {
        return m_server.sql(QByteArray("SELECT count(*) FROM sluice.") + table).trimmed();
    }

    void dropSchema();

    [[nodiscard]] QString urlAt(quint16 port) const
    {
        return u"postgresql://sluice@127.0.0.1:%1/postgres?sslmode=disable"_s.arg(port);
    }

    PostgresServer m_server;
};

void TestPostgresFailure::initTestCase()
{
    if (!m_server.start())
        QSKIP("PostgreSQL is not installed");
    QVERIFY(m_server.addRole(u"guarded"_s, u"right horse"_s));
}

/// Most tests find an empty schema, so that none of them waits for its making.
void TestPostgresFailure::init()
{
    config::Store config;
    config.url = m_server.url();
    m_server.sql(*PostgresStore::schemaSql(config));
    m_server.sql("TRUNCATE sluice.gateways, sluice.counters, sluice.holds, sluice.calls");
}

void TestPostgresFailure::dropSchema()
{
    m_server.sql("SET client_min_messages = error; DROP SCHEMA sluice CASCADE");
}

void TestPostgresFailure::badAddressesAreNamed_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("problem");
    const QString port = QString::number(m_server.port());
    const QString here = u"127.0.0.1:"_s + port;
    QTest::newRow("wrong password")
        << QString(u"postgresql://guarded:wrong-horse@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" refuses the password of the role \"guarded\": check url");
    QTest::newRow("no password")
        << QString(u"postgresql://guarded@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" wants a password of the role \"guarded\": add it to url, or use ~/.pgpass");
    QTest::newRow("wrong database")
        << QString(u"postgresql://sluice@"_s + here + u"/nothing")
        << QString(u"PostgreSQL at "_s + here
               + u" has no database \"nothing\": check url, or create it");
    QTest::newRow("wrong role")
        << QString(u"postgresql://nobody@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" does not let the role \"nobody\" log in to the database \"postgres\": check "
                 u"the role in url, and pg_hba.conf of the server");
    QTest::newRow("no TLS there") << QString(
        u"postgresql://sluice@"_s + here + u"/postgres?sslmode=require")
                                  << QString(u"PostgreSQL at "_s + here
                                         + u" offers no TLS: check sslmode in url");
    QTest::newRow("nothing listens")
        << u"postgresql://sluice@127.0.0.1:1/postgres"_s
        << u"Nothing listens at 127.0.0.1:1: start PostgreSQL, or check host and port in url"_s;
    QTest::newRow("no socket")
        << u"postgresql://sluice@/postgres?host=/nowhere"_s
        << u"Nothing listens at /nowhere:5432: start PostgreSQL, or check host and port in url"_s;
    QTest::newRow("no such host")
        << u"postgresql://sluice@no-such-host.invalid/postgres"_s
        << u"The host \"no-such-host.invalid\" of the PostgreSQL store has no address: check url "
           u"and the name server"_s;
}

void TestPostgresFailure::badAddressesAreNamed()
{
    QFETCH(QString, url);
    QFETCH(QString, problem);
    Watched watched(url);
    // Requests wait for the first connection, and no longer.
    const Result<StoreAnswer> answer = ask(*watched.store, {"1", {heldStep("bad")}});
    QVERIFY(!answer);
    QCOMPARE(answer.error().message, problem);
    QCOMPARE(watched.told, QStringList{problem});
    QVERIFY(!watched.store->isUp());
    // Tried again, but told once.
    bool isAnswered = false;
    watched.store->reserve(
        {"2", {heldStep("bad")}}, [&](const Result<StoreAnswer> &) { isAnswered = true; });
    QVERIFY(isAnswered);
    QCOMPARE(watched.told.size(), 1);
}

void TestPostgresFailure::urlThatCannotBeUnderstoodKeepsItsSecret()
{
    Watched watched(u"postgresql://sluice:se%cret@127.0.0.1/postgres"_s);
    QVERIFY(watched.told.isEmpty()); // not before the store is in its owner's hands
    QTRY_COMPARE(watched.told.size(), 1);
    QVERIFY(watched.last().contains("cannot be understood"_L1));
    QVERIFY(!watched.last().contains("cret"_L1));
    QVERIFY(!ask(*watched.store, {"1", {heldStep("bad")}}));
}

void TestPostgresFailure::prefixThatNamesNoSchemaIsRefused()
{
    for (const char *prefix : {"", ":", "pg_sluice:", "a\"b", "a b", "\xc3\xa4"}) {
        config::Store config;
        config.url = m_server.url();
        config.keyPrefix = prefix;
        QVERIFY2(!PostgresStore::schemaSql(config), prefix);
    }
}

void TestPostgresFailure::strangersAreNotMistakenForTheServer_data()
{
    QTest::addColumn<QByteArray>("greeting");
    QTest::addColumn<QString>("problem");
    const QString nonsense =
        u"What listens at %1 does not answer like PostgreSQL: check host and port in url"_s;
    QTest::newRow("a web server") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << nonsense;
    QTest::newRow("a length out of bounds")
        << QByteArray("R\xff\xff\xff\xff\0\0\0\0", 9) << nonsense;
    QTest::newRow("silence")
        << QByteArray()
        << u"PostgreSQL at %1 does not answer within 400 ms: check that it runs, and host and port "
           u"in url"_s;
}

void TestPostgresFailure::strangersAreNotMistakenForTheServer()
{
    QFETCH(QByteArray, greeting);
    QFETCH(QString, problem);
    QTcpServer stranger;
    QVERIFY(stranger.listen(QHostAddress::LocalHost, 0));
    connect(&stranger, &QTcpServer::newConnection, &stranger, [&] {
        QTcpSocket *socket = stranger.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [socket, greeting] {
            socket->readAll();
            socket->write(greeting);
        });
    });
    QElapsedTimer timer;
    timer.start();
    Watched watched(urlAt(stranger.serverPort()));
    const Result<StoreAnswer> answer = ask(*watched.store, {"1", {heldStep("bad")}});
    QVERIFY2(
        timer.elapsed() <= Timeout.count() + Slack, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(!answer);
    QCOMPARE(answer.error().message,
        problem.arg(u"127.0.0.1:"_s + QString::number(stranger.serverPort())));
}

void TestPostgresFailure::passwordsWork()
{
    dropSchema();
    m_server.sql("CREATE SCHEMA sluice AUTHORIZATION guarded");
    Watched watched(
        u"postgresql://guarded:right%20horse@127.0.0.1:%1/postgres"_s.arg(m_server.port()));
    QTRY_VERIFY(watched.store->isUp());
    dropSchema();
}

void TestPostgresFailure::frozenServerDelaysNobodyTwice()
{
    Watched watched(m_server.url());
    QTRY_VERIFY(watched.store->isUp());
    m_server.suspend();
    QElapsedTimer timer;
    timer.start();
    const Result<StoreAnswer> first = ask(*watched.store, {"1", {heldStep("frozen")}});
    const qint64 waited = timer.restart();
    QVERIFY(!first);
    QVERIFY2(waited >= Timeout.count() - 1 && waited <= Timeout.count() + Slack,
        qPrintable(QString::number(waited)));
    QVERIFY(!watched.store->isUp());
    QVERIFY(!ask(*watched.store, {"2", {heldStep("frozen")}}));
    QVERIFY(timer.elapsed() < Slack);
    QCOMPARE(watched.told.size(), 2); // up, and why not any more
    QVERIFY2(
        watched.last().contains("does not answer within 400 ms"_L1), qPrintable(watched.last()));
    m_server.resume();
    QTRY_VERIFY(watched.store->isUp());
    // What the server read too late did nothing.
    QCOMPARE(countOf("holds"), "0");
    QCOMPARE(countOf("counters"), "0");
}

void TestPostgresFailure::frozenServerIsFoundWithoutRequests()
{
    PostgresStore::Options options;
    options.renewal = 50ms;
    Watched watched(m_server.url(), options);
    QTRY_VERIFY(watched.store->isUp());
    m_server.suspend();
    QTRY_VERIFY(!watched.store->isUp());
    m_server.resume();
    QTRY_VERIFY(watched.store->isUp());
}

void TestPostgresFailure::killedServerIsBackSoon()
{
    Watched watched(m_server.url());
    const StoreStep step = stepOf("killed", Algorithm::CalendarWindow, 100, 0s);
    QVERIFY(ask(*watched.store, {"1", {step}}));
    m_server.kill();
    QTRY_VERIFY(!watched.store->isUp());
    QVERIFY(!ask(*watched.store, {"2", {step}}));
    QVERIFY(m_server.start());
    QTRY_VERIFY(watched.store->isUp());
    QCOMPARE(watched.last(), u"up"_s);
    const Result<StoreAnswer> answer = ask(*watched.store, {"3", {step}});
    QVERIFY2(answer, reasonOf(answer).constData());
    // A crash of the server loses nothing.
    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount, 2 * MicroPerUnit);
}

void TestPostgresFailure::settlementsOfTheMeantimeArrive()
{
    Watched watched(m_server.url());
    const StoreStep step = heldStep("meantime");
    QVERIFY(ask(*watched.store, {"1", {step}}));
    QVERIFY(ask(*watched.store, {"2", {step}}));
    m_server.kill();
    watched.store->settle("1", {{step, 0}}); // perhaps sent, perhaps not
    QTRY_VERIFY(!watched.store->isUp());
    watched.store->settle("2", {{step, 5 * MicroPerUnit}});
    QVERIFY(m_server.start());
    QTRY_COMPARE(countOf("holds"), "0");
    const Result<StoreAnswer> answer = ask(*watched.store, {"3", {step}});
    QVERIFY(answer);
    const auto &cells = std::get<WindowState>(answer->readings[0].state).cells;
    MicroAmount used = 0;
    for (const WindowCell &cell : cells)
        used += cell.amount;
    QCOMPARE(used, 6 * MicroPerUnit);
}

void TestPostgresFailure::settlementsAreBounded()
{
    PostgresStore::Options options;
    options.maxSettlements = 2;
    Watched watched(u"postgresql://sluice@127.0.0.1:1/postgres"_s, options);
    QTRY_COMPARE(watched.told.size(), 1);
    const StoreStep step = heldStep("bounded");
    watched.store->settle("1", {{step, 0}});
    watched.store->settle("2", {{step, 0}});
    QTest::ignoreMessage(QtWarningMsg,
        "PostgreSQL has been away for so long that 1 settlements were given up: those requests "
        "stay charged as they were estimated");
    watched.store->settle("3", {{step, 0}});
}

void TestPostgresFailure::endedConnectionIsMadeAnew()
{
    Watched watched(m_server.url());
    QTRY_VERIFY(watched.store->isUp());
    m_server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                 "'sluice'");
    QTRY_COMPARE(watched.told.size(), 3);
    QCOMPARE(watched.last(), u"up"_s);
    QVERIFY2(watched.told[1].contains("closed the connection"_L1)
            || watched.told[1].contains("shutting down"_L1),
        qPrintable(watched.told[1]));
}

void TestPostgresFailure::lockedCounterEndsInTime()
{
    Watched watched(m_server.url());
    Watched other(m_server.url());
    QTRY_VERIFY(watched.store->isUp());
    QTRY_VERIFY(other.store->isUp());
    QProcess locker;
    locker.start(u"psql"_s, {u"-XAtq"_s, m_server.url()});
    locker.write("BEGIN; SELECT sluice.lock_counters(ARRAY['locked'::bytea]);\n");
    QTRY_COMPARE(m_server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "1\n");
    QElapsedTimer timer;
    timer.start();
    const Result<StoreAnswer> answer = ask(*watched.store, {"1", {heldStep("locked")}});
    QVERIFY(!answer);
    QVERIFY(timer.elapsed() <= Timeout.count() + Slack);
    // Others go on, with other counters.
    QVERIFY(ask(*other.store, {"2", {heldStep("another")}}));
    locker.closeWriteChannel();
    QVERIFY(locker.waitForFinished());
    QTRY_VERIFY(watched.store->isUp());
    QTRY_COMPARE(countOf("holds WHERE reservation = '1'"), "0");
}

void TestPostgresFailure::newerSchemaIsLeftAlone()
{
    {
        Watched watched(m_server.url());
        QTRY_VERIFY(watched.store->isUp());
    }
    m_server.sql("UPDATE sluice.meta SET version = 7");
    Watched watched(m_server.url());
    QTRY_COMPARE(watched.told.size(), 1);
    QCOMPARE(watched.last(),
        u"The schema \"sluice\" in PostgreSQL at 127.0.0.1:%1 was made by a newer version (7, this "
        "one knows 1): use that version, or another key-prefix"_s.arg(m_server.port()));
    QCOMPARE(m_server.sql("SELECT version FROM sluice.meta"), "7\n");
    dropSchema();
}

void TestPostgresFailure::roleWithoutRightsIsToldTheRemedy()
{
    dropSchema();
    config::Store config;
    config.url = u"postgresql://guarded:right%20horse@127.0.0.1:%1/postgres"_s.arg(m_server.port());
    Watched watched(config.url);
    QTRY_COMPARE(watched.told,
        QStringList{
            u"PostgreSQL at 127.0.0.1:%1 does not allow the role \"guarded\" to set up or "
            "use the schema \"sluice\" of the database \"postgres\": let an administrator "
            "run the SQL that \"sluicectl check --store-sql\" prints"_s.arg(m_server.port())});
    const Result<QByteArray> sql = PostgresStore::schemaSql(config);
    QVERIFY(sql);
    QVERIFY(!sql->contains("horse"));
    QCOMPARE(m_server.sql(*sql), "");
    QTRY_VERIFY(watched.store->isUp());
    const Result<StoreAnswer> answer = ask(*watched.store, {"1", {heldStep("rights")}});
    QVERIFY2(answer, reasonOf(answer).constData());
}

void TestPostgresFailure::replicaIsNamed()
{
    PostgresServer replica;
    QVERIFY(replica.start());
    QVERIFY(replica.makeStandby());
    Watched watched(replica.url());
    QTRY_COMPARE(watched.told,
        QStringList{u"PostgreSQL at 127.0.0.1:%1 is a read-only replica: let url name the primary "
                    "server, or add ?target_session_attrs=read-write"_s.arg(replica.port())});
}

void TestPostgresFailure::lateCommandDoesNothing()
{
    TcpRelay relay(m_server.port());
    Watched watched(urlAt(relay.port()));
    QTRY_VERIFY(watched.store->isUp());
    relay.keepsRequests = true;
    // Not held: nobody will give it back.
    const StoreStep step = stepOf("late", Algorithm::CalendarWindow, 100, 0s);
    QVERIFY(!ask(*watched.store, {"1", {step}}));
    QVERIFY(relay.keptBytes() > 0);
    relay.letRequestsThrough();
    QTRY_VERIFY(watched.store->isUp());
    QTRY_COMPARE(relay.open(), 1); // the server has read all of the first connection
    const Result<StoreAnswer> answer = ask(*watched.store, {"2", {step}});
    QVERIFY2(answer, reasonOf(answer).constData());
    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount, MicroPerUnit);
}

void TestPostgresFailure::lostAnswerIsReleased()
{
    TcpRelay relay(m_server.port());
    Watched watched(urlAt(relay.port()));
    QTRY_VERIFY(watched.store->isUp());
    relay.dropsAnswers = true;
    const StoreStep step = heldStep("lost");
    bool isAnswered = false;
    watched.store->reserve({"1", {step}}, [&](const Result<StoreAnswer> &answer) {
        isAnswered = true;
        QVERIFY(!answer);
    });
    QTRY_COMPARE(countOf("holds"), "1"); // it was carried out
    QTRY_VERIFY(isAnswered);
    relay.dropsAnswers = false;
    QTRY_VERIFY(watched.store->isUp());
    QTRY_COMPARE(countOf("holds"), "0");
    QTRY_COMPARE(m_server.sql("SELECT cardinality(cells) FROM sluice.counters"), "0\n");
}

void TestPostgresFailure::lostChargeIsGivenBack_data()
{
    QTest::addColumn<StoreStep>("step");
    QTest::newRow("bucket") << stepOf("lost bucket", Algorithm::Gcra, 100, 24h * 365);
    QTest::newRow("window") << stepOf("lost window", Algorithm::SlidingWindow, 100, 24h);
    QTest::newRow("calendar") << stepOf("lost calendar", Algorithm::CalendarWindow, 100, 0s);
}

/// What is charged without a hold as well; and neither twice nor what others have charged.
void TestPostgresFailure::lostChargeIsGivenBack()
{
    QFETCH(StoreStep, step);
    TcpRelay relay(m_server.port());
    Watched watched(urlAt(relay.port()));
    Watched other(m_server.url());
    const auto used = [&](StoreStep asked) -> MicroAmount {
        asked.isShadow = true;
        asked.cost = 0;
        const Result<StoreAnswer> answer = ask(*other.store, {"look", {asked}});
        Limit limit;
        limit.algorithm = asked.algorithm;
        limit.quota = asked.rate.quota;
        limit.period = asked.rate.period;
        if (const auto *calendar = std::get_if<CalendarState>(&answer->readings[0].state))
            return calendar->amount / MicroPerUnit;
        // A bucket refills a little while the test runs.
        const Usage usage = usageAt(limit, answer->readings[0].state, answer->now);
        return usage.takenUnits();
    };
    QTRY_VERIFY(watched.store->isUp() && other.store->isUp());
    const Result<StoreAnswer> mine = ask(*watched.store, {"mine", {step}});
    QVERIFY2(mine, reasonOf(mine).constData());
    QVERIFY(ask(*other.store, {"another's", {step}}));
    relay.dropsAnswers = true;
    step.cost = 10 * MicroPerUnit;
    int answered = 0;
    // Two in one call.
    for (const char *name : {"lost 1", "lost 2"})
        watched.store->reserve({name, {step}}, [&](const Result<StoreAnswer> &answer) {
            ++answered;
            QVERIFY(!answer);
        });
    QTRY_COMPARE(used(step), 22);
    QTRY_COMPARE(answered, 2);
    relay.dropsAnswers = false;
    QTRY_COMPARE(used(step), 2);
    QVERIFY(ask(*watched.store, {"next", {step}}));
    QCOMPARE(used(step), 12);
    // It is asked for again when the call cannot be carried out any more, without effect.
    QTRY_VERIFY(watched.store->isUp());
    const EngineTime start = SystemClock().now();
    QTRY_VERIFY(SystemClock().now() - start > Timeout + 100ms);
    QCOMPARE(used(step), 12);
}

void TestPostgresFailure::requestsOfAClosedStoreAreAnswered()
{
    int answered = 0;
    {
        Watched watched(m_server.url());
        watched.store->reserve({"1", {heldStep("closed")}}, [&](const Result<StoreAnswer> &answer) {
            ++answered;
            QVERIFY(!answer);
        });
    }
    QCOMPARE(answered, 1);
}

QTEST_GUILESS_MAIN(TestPostgresFailure)
#include "tst_postgresfailure.moc"
