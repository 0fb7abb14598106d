// SPDX-License-Identifier: GPL-3.0-or-later
// What is particular to counters in a real PostgreSQL: what it keeps, for how long and for whom,
// its clock, its schema. What all shared stores promise: tst_storesharing and tst_storemodel.
#include "core/stores/postgres/postgresstore.h"
#include "tests/support/postgresserver.h"
#include "tests/support/storeprobe.h"

#include <QFile>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr auto Algorithms = {
    Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow, Algorithm::Concurrency};

} // namespace

class TestPostgresStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void refusalsLeaveNothingBehind();
    void requestsOfOneTurnAreDecidedOneByOne();
    void callsThatComeTooLateDoNothing();
    void olderSchemaIsBroughtForward();
    void mergesAreForgottenAfterAWeek();
    void productionDecidesByTheServersClock();
    void countersGoWhenTheySayNothingAnyMore();
    void keysMayBeLongAndStrange();
    void deadGatewaysAreSweptAway();
    void gatewayThatIsBackInTimeKeepsItsHolds();
    void unixSocketsWork();
    void schemaIsVersionedAndSharedByPrefix();

private:
    StoreProbe makeStore(const PostgresStore::Options &options = {},
        const std::shared_ptr<const GatewayIdentity> &identity = GatewayIdentity::make());

    PostgresServer m_server;
    SystemClock m_clock;
    config::Store m_config;
};

void TestPostgresStore::initTestCase()
{
    QVERIFY(m_server.start());
    m_config.type = config::Store::Type::Postgres;
    m_config.url = m_server.url();
}

StoreProbe TestPostgresStore::makeStore(
    const PostgresStore::Options &options, const std::shared_ptr<const GatewayIdentity> &identity)
{
    return StoreProbe([&](const CounterStore::Listener &listener) {
        return makePostgresStore(m_config, identity, listener, options);
    });
}

void TestPostgresStore::refusalsLeaveNothingBehind()
{
    StoreProbe store = makeStore();
    const StoreStep full = stepOf("refusals full", Algorithm::CalendarWindow, 0, 0s);
    std::vector<StoreStep> steps;
    for (const Algorithm algorithm : Algorithms) {
        steps.push_back(stepOf("refusals " + QByteArray::number(steps.size()), algorithm, 10, 1h));
        steps.back().isHeld = true;
    }
    steps.push_back(full);
    steps.back().rate.quota = 1; // less than it costs
    const Result<StoreAnswer> answer = store.reserve({"refused", steps});
    QVERIFY(answer);
    QVERIFY(!answer->isAdmitted);
    QVERIFY(answer->readings[0].admits);
    QVERIFY(!answer->readings[0].isCharged);
    QVERIFY(!answer->readings[4].admits);
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.counters WHERE convert_from(key, 'LATIN1') "
                          "LIKE 'refusals%'"),
        "0\n");
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.holds WHERE convert_from(counter, 'LATIN1') "
                          "LIKE 'refusals%'"),
        "0\n");
}

void TestPostgresStore::requestsOfOneTurnAreDecidedOneByOne()
{
    StoreProbe store = makeStore();
    const StoreStep step = stepOf("one turn", Algorithm::CalendarWindow, 70, 0s);
    int admitted = 0;
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        store.store().reserve(
            {QByteArray::number(i), {step}}, [&](const Result<StoreAnswer> &answer) {
                ++answered;
                if (answer && answer->isAdmitted) {
                    ++admitted;
                    // In the order of asking.
                    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount,
                        admitted * MicroPerUnit);
                }
            });
    }
    QTRY_COMPARE(answered, 100);
    QCOMPARE(admitted, 70);
    // Who asks nothing is admitted.
    QVERIFY(store.reserve({"nothing", {}})->isAdmitted);
}

void TestPostgresStore::callsThatComeTooLateDoNothing()
{
    StoreProbe store = makeStore();
    const StoreStep step = stepOf("late", Algorithm::CalendarWindow, 9, 0s);
    QVERIFY(store.reserve({"in time", {step}}));
    const QByteArray reserve =
        "SELECT count(admitted) FROM sluice.reserve('g', 's', 1, sluice.clock() "
        "+ %1, NULL, '{r}', '{1}', '{late}', '{calendar}', '{9000000}', "
        "'{0}', '{0}', '{0}', '{9999999999999}', '{1000000}', '{2}')";
    const QByteArray merge = "SELECT count(sluice.merge('m', sluice.clock() + %1, NULL, '{late}', "
                             "'{calendar}', '{9000000}', '{0}', '{0}', '{9999999999999}', '{f}', "
                             "'{1}', '{1}', '{0}', '{\"{}\"}', '{\"{}\"}', '{5000000}'))";
    const QByteArray reset = "SELECT count(sluice.reset(sluice.clock() + %1, '{late}'))";
    const auto call = [this](QByteArray sql, const char *later) {
        return m_server.sql(sql.replace("%1", later));
    };
    const auto amount = [this] {
        return m_server.sql("SELECT amount FROM sluice.counters WHERE key = 'late'").trimmed();
    };
    for (const QByteArray &each : {reserve, merge, reset})
        QCOMPARE(call(each, "-1"), "0\n");
    QCOMPARE(amount(), "1000000");
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.holds WHERE counter = 'late'"), "0\n");
    // The same calls in time.
    QCOMPARE(call(reserve, "5000000000"), "1\n");
    QCOMPARE(call(merge, "5000000000"), "1\n");
    QCOMPARE(amount(), "7000000");
    QCOMPARE(call(reset, "5000000000"), "1\n");
    QCOMPARE(amount(), "");
}

void TestPostgresStore::olderSchemaIsBroughtForward()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/postgres-schema-1.sql"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    m_config.keyPrefix = "older:";
    m_server.sql(file.readAll().replace("{schema}", "older"));
    QCOMPARE(m_server.sql("SELECT version FROM older.meta"), "1\n");
    // What is counted and held there already stays.
    m_server.sql("INSERT INTO older.counters VALUES ('kept', 'calendar', 9000000, 0, NULL, '{}', "
                 "'{}', 0, 9999999999999, 4000000, 0, 2147483647)");
    StoreProbe store = makeStore();
    StoreProbe other = makeStore(); // two at the same time
    m_config.keyPrefix = "sluice:";
    const StoreStep step = stepOf("kept", Algorithm::CalendarWindow, 9, 0s);
    const Result<StoreAnswer> answer = store.reserve({"1", {step}});
    QVERIFY2(answer, qPrintable(store.problem()));
    QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount, 5 * MicroPerUnit);
    QTRY_VERIFY(other.isUp());
    const Result<void> merged = other.merge({{step, CalendarState{0ms, MicroPerUnit}}});
    QVERIFY2(merged, reasonOf(merged).constData());
    QCOMPARE(m_server.sql("SELECT version FROM older.meta"), "2\n");
    QCOMPARE(m_server.sql("SELECT amount FROM older.counters"), "6000000\n");
}

void TestPostgresStore::mergesAreForgottenAfterAWeek()
{
    StoreProbe store = makeStore();
    const StoreStep step = stepOf("week", Algorithm::CalendarWindow, 9, 0s);
    QVERIFY(store.reserve({"1", {step}})); // it is connected
    m_server.sql("DELETE FROM sluice.merges");
    QVERIFY(store.merge({{step, CalendarState{0ms, MicroPerUnit}}}, "new"));
    const QByteArray week = "604800000000000";
    m_server.sql("INSERT INTO sluice.merges VALUES ('old', sluice.clock() - " + week
        + " - 1000000000), ('nearly', sluice.clock() - " + week + " + 60000000000)");
    m_server.sql("SELECT * FROM sluice.renew('g', 1000000000, 500)");
    QCOMPARE(m_server.sql("SELECT id FROM sluice.merges ORDER BY id"), "nearly\nnew\n");
}

void TestPostgresStore::productionDecidesByTheServersClock()
{
    StoreProbe store = makeStore();
    const EngineTime before = m_clock.now();
    const Result<StoreAnswer> answer =
        store.reserve({"clock", {stepOf("clock", Algorithm::Gcra, 10, 1h)}});
    QVERIFY(answer);
    // One machine, one clock; but ours started a little earlier than now and then is stepped.
    QVERIFY(answer->now.engine > before - 1s);
    QVERIFY(answer->now.engine < m_clock.now() + 1s);
    QCOMPARE(answer->now.wall, std::chrono::floor<std::chrono::milliseconds>(answer->now.engine));
}

void TestPostgresStore::countersGoWhenTheySayNothingAnyMore()
{
    EngineTime now = m_clock.now() - 24h;
    PostgresStore::Options options;
    options.testClock = [&now] { return now; };
    options.renewal = 20ms;
    options.maxSwept = 2;
    const auto count = [this](const QByteArray &where) {
        return m_server.sql(
            "SELECT count(*) FROM sluice.counters WHERE convert_from(key, 'LATIN1') "
            "LIKE 'expiry "
            + where + "%'");
    };
    StoreProbe store = makeStore(options);
    for (int i = 0; i < 7; ++i) {
        // Over for hours, by the server's clock.
        const QByteArray key = "expiry past " + QByteArray::number(i);
        QVERIFY(store.reserve({key, {stepOf(key, Algorithm::Gcra, 10, 1h)}}));
    }
    StoreStep held = stepOf("expiry held", Algorithm::SlidingWindow, 10, 1h);
    held.isHeld = true;
    QVERIFY(store.reserve({"expiry held", {held}}));
    now += 24h;
    for (const Algorithm algorithm : {Algorithm::Gcra, Algorithm::SlidingWindow}) {
        const QByteArray key = "expiry live " + QByteArray::number(static_cast<int>(algorithm));
        QVERIFY(store.reserve({key, {stepOf(key, algorithm, 10, 1h)}}));
    }
    QTRY_COMPARE(count("past"), "0\n");
    QCOMPARE(count("live"), "2\n");
    QCOMPARE(count("held"), "1\n");
    store.store().settle("expiry held", {{held, MicroPerUnit}});
    QTRY_COMPARE(count("held"), "0\n");
}

void TestPostgresStore::keysMayBeLongAndStrange()
{
    StoreProbe store = makeStore();
    const QByteArray start(5'000, 'x');
    const std::vector<QByteArray> keys{
        start + 'a', start + 'b', QByteArray("nul\0byte", 8), "\xff\xfe{},\"'\\", QByteArray()};
    for (const QByteArray &key : keys) {
        const StoreStep step = stepOf(key, Algorithm::CalendarWindow, 1, 0s);
        const Result<StoreAnswer> first = store.reserve({"first \xff\\\"", {step}});
        QVERIFY2(first, reasonOf(first).constData());
        QVERIFY(first->isAdmitted);
        const Result<StoreAnswer> second = store.reserve({"second", {step}});
        QVERIFY(second);
        QVERIFY(!second->isAdmitted);
    }
}

void TestPostgresStore::deadGatewaysAreSweptAway()
{
    PostgresStore::Options options;
    options.lease = 200ms;
    options.renewal = 50ms;
    StoreProbe living = makeStore(options);
    const auto identity = GatewayIdentity::make();
    StoreProbe dying = makeStore(options, identity);
    StoreStep window = stepOf("estimate", Algorithm::SlidingWindow, 100, 1h);
    window.isHeld = true;
    window.cost = 40 * MicroPerUnit;
    const StoreStep seats = stepOf("seats", Algorithm::Concurrency, 3, 1h);
    QVERIFY(dying.reserve({"dying", {window, seats}})->isAdmitted);
    dying.close();
    QTRY_COMPARE(
        m_server.sql("SELECT count(*) FROM sluice.holds WHERE reservation = 'dying'"), "0\n");
    QTRY_COMPARE(
        m_server.sql("SELECT count(*) FROM sluice.gateways WHERE id = '" + identity->name() + '\''),
        "0\n");
    QVERIFY(living.settle("dying", {{window, 0}})); // too late: it is settled
    window.cost = 61 * MicroPerUnit;
    QVERIFY(!living.reserve({"the rest", {window}})->isAdmitted);
}

void TestPostgresStore::gatewayThatIsBackInTimeKeepsItsHolds()
{
    PostgresStore::Options options;
    options.lease = 500ms;
    options.renewal = 10s; // never: the lease runs out
    const auto identity = GatewayIdentity::make();
    StoreProbe silent = makeStore(options, identity);
    const StoreStep seats = stepOf("back", Algorithm::Concurrency, 1, 0s);
    QVERIFY(silent.reserve({"mine", {seats}})->isAdmitted);
    QTRY_COMPARE(m_server.sql("SELECT count(*) FROM sluice.gateways WHERE id = '" + identity->name()
                     + "' AND lease_until < sluice.clock()"),
        "1\n");
    options.lease = 30s;
    StoreProbe sibling = makeStore(options, identity); // of another thread
    QTRY_VERIFY(sibling.isUp());
    QVERIFY(!sibling.reserve({"taken", {seats}})->isAdmitted);
    QVERIFY(sibling.settle("mine", {{seats, 0}}));
    QVERIFY(sibling.reserve({"free", {seats}})->isAdmitted);
}

void TestPostgresStore::unixSocketsWork()
{
    m_config.url = m_server.socketUrl();
    StoreProbe store = makeStore();
    m_config.url = m_server.url();
    QVERIFY(store.reserve({"socket", {stepOf("socket", Algorithm::Gcra, 10, 1h)}}));
}

void TestPostgresStore::schemaIsVersionedAndSharedByPrefix()
{
    m_config.keyPrefix = "Team-A.x:";
    const StoreStep step = stepOf("schema", Algorithm::CalendarWindow, 1, 0s);
    {
        // Two that are the first at the same time.
        StoreProbe store = makeStore();
        StoreProbe other = makeStore();
        const Result<StoreAnswer> answer = store.reserve({"1", {step}});
        QVERIFY(answer && answer->isAdmitted);
        const Result<StoreAnswer> second = other.reserve({"2", {step}});
        QVERIFY(second && !second->isAdmitted);
    }
    QCOMPARE(m_server.sql("SELECT version FROM \"Team-A.x\".meta"), "2\n");
    // What an administrator runs is the same, and does no harm to what is there.
    const Result<QByteArray> sql = PostgresStore::schemaSql(m_config);
    QVERIFY(sql);
    QCOMPARE(m_server.sql(*sql), "");
    StoreProbe again = makeStore();
    const Result<StoreAnswer> answer = again.reserve({"3", {step}});
    QVERIFY(answer && !answer->isAdmitted);
    m_config.keyPrefix = "sluice:";
}

QTEST_GUILESS_MAIN(TestPostgresStore)
#include "tst_postgresstore.moc"
