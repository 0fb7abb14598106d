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

    PostgresServer m_server;
};

void TestPostgresFailure::initTestCase()
{
    QVERIFY(m_server.start());
}

/// Most tests find an empty schema, so that none of them waits for its making.
void TestPostgresFailure::init()
{
    m_server.emptySchema();
}

void TestPostgresFailure::frozenServerDelaysNobodyTwice()
{
    StoreProbe watched = probeOf(m_server.url());
    QTRY_VERIFY(watched.isUp());
    m_server.suspend();
    QElapsedTimer timer;
    timer.start();
    const Result<StoreAnswer> first = watched.reserve({"1", {heldStep("frozen")}});
    const qint64 waited = timer.restart();
    QVERIFY(!first);
    QVERIFY2(waited >= Timeout.count() - 1 && waited <= Timeout.count() + Slack,
        qPrintable(QString::number(waited)));
    QVERIFY(!watched.isUp());
    QVERIFY(!watched.reserve({"2", {heldStep("frozen")}}));
    QVERIFY(timer.elapsed() < Slack);
    QCOMPARE(watched.notices().size(), 2U); // up, and why not any more
    QVERIFY2(watched.problem().contains("does not answer within 400 ms"_L1),
        qPrintable(watched.problem()));
    m_server.resume();
    QTRY_VERIFY(watched.isUp());
    // What the server read too late did nothing.
    QCOMPARE(countOf("holds"), "0");
    QCOMPARE(countOf("counters"), "0");
}

void TestPostgresFailure::frozenServerIsFoundWithoutRequests()
{
    PostgresStore::Options options;
    options.renewal = 50ms;
    StoreProbe watched = probeOf(m_server.url(), options);
    QTRY_VERIFY(watched.isUp());
    m_server.suspend();
    QTRY_VERIFY(!watched.isUp());
    m_server.resume();
    QTRY_VERIFY(watched.isUp());
}

void TestPostgresFailure::killedServerIsBackSoon()
{
    StoreProbe watched = probeOf(m_server.url());
    const StoreStep step = stepOf("killed", Algorithm::CalendarWindow, 100, 0s);
    QVERIFY(watched.reserve({"1", {step}}));
    m_server.kill();
    QTRY_VERIFY(!watched.isUp());
    QVERIFY(!watched.reserve({"2", {step}}));
    QVERIFY(m_server.start());
    QTRY_VERIFY(watched.isUp());
    QVERIFY(watched.notices().back().isUp);
    const Result<StoreAnswer> answer = watched.reserve({"3", {step}});
    QVERIFY2(answer, reasonOf(answer).constData());
    // A crash of the server loses nothing.
    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount, 2 * MicroPerUnit);
}

void TestPostgresFailure::settlementsOfTheMeantimeArrive()
{
    StoreProbe watched = probeOf(m_server.url());
    const StoreStep step = heldStep("meantime");
    QVERIFY(watched.reserve({"1", {step}}));
    QVERIFY(watched.reserve({"2", {step}}));
    m_server.kill();
    watched.store().settle("1", {{step, 0}}); // perhaps sent, perhaps not
    QTRY_VERIFY(!watched.isUp());
    watched.store().settle("2", {{step, 5 * MicroPerUnit}});
    QVERIFY(m_server.start());
    QTRY_COMPARE(countOf("holds"), "0");
    const Result<StoreAnswer> answer = watched.reserve({"3", {step}});
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
    StoreProbe watched = probeOf(u"postgresql://sluice@127.0.0.1:1/postgres"_s, options);
    QTRY_COMPARE(watched.notices().size(), 1U);
    const StoreStep step = heldStep("bounded");
    watched.store().settle("1", {{step, 0}});
    watched.store().settle("2", {{step, 0}});
    QTest::ignoreMessage(QtWarningMsg,
        "PostgreSQL has been away for so long that 1 settlements were given up: those requests "
        "stay charged as they were estimated");
    watched.store().settle("3", {{step, 0}});
}

void TestPostgresFailure::endedConnectionIsMadeAnew()
{
    StoreProbe watched = probeOf(m_server.url());
    QTRY_VERIFY(watched.isUp());
    m_server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                 "'sluice'");
    QTRY_COMPARE(watched.notices().size(), 3U);
    QVERIFY(watched.notices().back().isUp);
    QVERIFY2(watched.notices()[1].problem.contains("closed the connection"_L1)
            || watched.notices()[1].problem.contains("shutting down"_L1),
        qPrintable(watched.notices()[1].problem));
}

void TestPostgresFailure::conflictsAreTriedOnceMore()
{
    StoreProbe watched = probeOf(m_server.url());
    QTRY_VERIFY(watched.isUp());
    const auto conflictUntil = [this](const char *tries) {
        m_server.sql(
            QByteArray("DROP SEQUENCE IF EXISTS sluice.tries; CREATE SEQUENCE sluice.tries; "
                       "CREATE OR REPLACE FUNCTION sluice.lock_counters(keys bytea[]) "
                       "RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
                       "IF nextval('sluice.tries') <= ")
            + tries + " THEN RAISE serialization_failure; END IF; END $$");
    };
    conflictUntil("1");
    const Result<StoreAnswer> second = watched.reserve({"1", {heldStep("conflict")}});
    QVERIFY2(second, reasonOf(second).constData());
    QCOMPARE(countOf("holds"), "1");
    conflictUntil("2");
    QVERIFY(!watched.reserve({"2", {heldStep("conflict")}}));
    QVERIFY(!watched.isUp());
    m_server.dropSchema();
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
    StoreProbe watched = probeOf(m_server.url(), options);
    QTRY_VERIFY(watched.isUp());
    for (const EngineTime step : {-2h, 3h, -1h}) {
        clock.step = step;
        const Result<StoreAnswer> answer =
            watched.reserve({QByteArray::number(qint64(step.count())), {heldStep("clocks")}});
        QVERIFY2(answer, reasonOf(answer).constData());
        QVERIFY(answer->isAdmitted);
    }
    QCOMPARE(countOf("holds"), "3");
}

void TestPostgresFailure::lockedCounterEndsInTime()
{
    StoreProbe watched = probeOf(m_server.url());
    StoreProbe other = probeOf(m_server.url());
    QTRY_VERIFY(watched.isUp());
    QTRY_VERIFY(other.isUp());
    QProcess locker;
    locker.start(u"psql"_s, {u"-XAtq"_s, m_server.url()});
    locker.write("BEGIN; SELECT sluice.lock_counters(ARRAY['locked'::bytea]);\n");
    QTRY_COMPARE(m_server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "1\n");
    QElapsedTimer timer;
    timer.start();
    const Result<StoreAnswer> answer = watched.reserve({"1", {heldStep("locked")}});
    QVERIFY(!answer);
    QVERIFY(timer.elapsed() <= Timeout.count() + Slack);
    // Others go on, with other counters.
    QVERIFY(other.reserve({"2", {heldStep("another")}}));
    locker.closeWriteChannel();
    QVERIFY(locker.waitForFinished());
    QTRY_VERIFY(watched.isUp());
    QTRY_COMPARE(countOf("holds WHERE reservation = '1'"), "0");
}

void TestPostgresFailure::lateCommandDoesNothing()
{
    TcpRelay relay(m_server.port());
    StoreProbe watched = probeOf(PostgresServer::urlAt(relay.port()));
    QTRY_VERIFY(watched.isUp());
    relay.keepsRequests = true;
    // Not held: nobody will give it back.
    const StoreStep step = stepOf("late", Algorithm::CalendarWindow, 100, 0s);
    QVERIFY(!watched.reserve({"1", {step}}));
    QVERIFY(relay.keptBytes() > 0);
    relay.letRequestsThrough();
    QTRY_VERIFY(watched.isUp());
    QTRY_COMPARE(relay.open(), 1); // the server has read all of the first connection
    const Result<StoreAnswer> answer = watched.reserve({"2", {step}});
    QVERIFY2(answer, reasonOf(answer).constData());
    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount, MicroPerUnit);
}

void TestPostgresFailure::lostAnswerIsReleased()
{
    TcpRelay relay(m_server.port());
    StoreProbe watched = probeOf(PostgresServer::urlAt(relay.port()));
    QTRY_VERIFY(watched.isUp());
    relay.dropsAnswers = true;
    const StoreStep step = heldStep("lost");
    bool isAnswered = false;
    watched.store().reserve({"1", {step}}, [&](const Result<StoreAnswer> &answer) {
        isAnswered = true;
        QVERIFY(!answer);
    });
    QTRY_COMPARE(countOf("holds"), "1"); // it was carried out
    QTRY_VERIFY(isAnswered);
    relay.dropsAnswers = false;
    QTRY_VERIFY(watched.isUp());
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
    StoreProbe watched = probeOf(PostgresServer::urlAt(relay.port()));
    StoreProbe other = probeOf(m_server.url());
    const auto used = [&](StoreStep asked) -> MicroAmount {
        asked.isShadow = true;
        asked.cost = 0;
        const Result<StoreAnswer> answer = other.reserve({"look", {asked}});
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
    QTRY_VERIFY(watched.isUp() && other.isUp());
    const Result<StoreAnswer> mine = watched.reserve({"mine", {step}});
    QVERIFY2(mine, reasonOf(mine).constData());
    QVERIFY(other.reserve({"another's", {step}}));
    relay.dropsAnswers = true;
    step.cost = 10 * MicroPerUnit;
    int answered = 0;
    // Two in one call.
    for (const char *name : {"lost 1", "lost 2"})
        watched.store().reserve({name, {step}}, [&](const Result<StoreAnswer> &answer) {
            ++answered;
            QVERIFY(!answer);
        });
    QTRY_COMPARE(used(step), 22);
    QTRY_COMPARE(answered, 2);
    relay.dropsAnswers = false;
    QTRY_COMPARE(used(step), 2);
    QVERIFY(watched.reserve({"next", {step}}));
    QCOMPARE(used(step), 12);
    // It is asked for again when the call cannot be carried out any more, without effect.
    QTRY_VERIFY(watched.isUp());
    const EngineTime start = SystemClock().now();
    QTRY_VERIFY(SystemClock().now() - start > Timeout + 100ms);
    QCOMPARE(used(step), 12);
}

void TestPostgresFailure::requestsOfAClosedStoreAreAnswered()
{
    int answered = 0;
    {
        StoreProbe watched = probeOf(m_server.url());
        watched.store().reserve(
            {"1", {heldStep("closed")}}, [&](const Result<StoreAnswer> &answer) {
                ++answered;
                QVERIFY(!answer);
            });
    }
    QCOMPARE(answered, 1);
}

QTEST_GUILESS_MAIN(TestPostgresFailure)
#include "tst_postgresfailure.moc"
