// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever happens to PostgreSQL: every request is answered in time, the reason is one sentence
// with the remedy, and after an error nothing stays reserved.
#include "postgreswatch.h"
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

class TestPostgresFailure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void frozenServerDelaysNobodyTwice();
    void frozenServerIsFoundWithoutRequests();
    void killedServerIsBackSoon();
    void settlementsOfTheMeantimeArrive();
    void settlementsAreBounded();
    void endedConnectionIsMadeAnew();
    void conflictsAreTriedOnceMore();
    void clocksMayDisagree();
    void lockedCounterEndsInTime();
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

void TestPostgresFailure::conflictsAreTriedOnceMore()
{
    Watched watched(m_server.url());
    QTRY_VERIFY(watched.store->isUp());
    const auto conflictUntil = [this](const char *tries) {
        m_server.sql(
            QByteArray("DROP SEQUENCE IF EXISTS sluice.tries; CREATE SEQUENCE sluice.tries; "
                       "CREATE OR REPLACE FUNCTION sluice.lock_counters(keys bytea[]) "
                       "RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
                       "IF nextval('sluice.tries') <= ")
            + tries + " THEN RAISE serialization_failure; END IF; END $$");
    };
    conflictUntil("1");
    const Result<StoreAnswer> second = ask(*watched.store, {"1", {heldStep("conflict")}});
    QVERIFY2(second, reasonOf(second).constData());
    QCOMPARE(countOf("holds"), "1");
    conflictUntil("2");
    QVERIFY(!ask(*watched.store, {"2", {heldStep("conflict")}}));
    QVERIFY(!watched.store->isUp());
    dropSchema();
}

/// The server's clock is learned anew when it has been set.
void TestPostgresFailure::clocksMayDisagree()
{
    struct SteppedClock final : Clock
    {
        SystemClock clock;
        EngineTime step{0};

        [[nodiscard]] EngineTime now() const override { return clock.now() + step; }

        [[nodiscard]] std::chrono::milliseconds wall() const override { return clock.wall(); }
    } clock;

    PostgresStore::Options options;
    options.clock = &clock;
    Watched watched(m_server.url(), options);
    QTRY_VERIFY(watched.store->isUp());
    for (const EngineTime step : {-2h, 3h, -1h}) {
        clock.step = step;
        const Result<StoreAnswer> answer =
            ask(*watched.store, {QByteArray::number(qint64(step.count())), {heldStep("clocks")}});
        QVERIFY2(answer, reasonOf(answer).constData());
        QVERIFY(answer->isAdmitted);
    }
    QCOMPARE(countOf("holds"), "3");
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
