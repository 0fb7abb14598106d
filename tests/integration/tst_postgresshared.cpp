// SPDX-License-Identifier: GPL-3.0-or-later
// Many gateways on one PostgreSQL: exactly the quota passes, and what a gateway holds ends with its
// lease.
#include "core/stores/postgres/postgresstore.h"
#include "storekit.h"
#include "tests/support/postgresserver.h"

#include <QSemaphore>
#include <QTest>
#include <QThread>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr int Gateways = 8;
constexpr int RequestsEach = 250;

/// What all gateways together were told.
struct Tally
{
    std::atomic<int> admitted = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> failed = 0;
};

config::Store configOf(const QString &url)
{
    config::Store config;
    config.type = config::Store::Type::Postgres;
    config.url = url;
    config.connectionTimeout = 20s;
    return config;
}

/// One gateway thread: asks for all it wants at once.
void runGateway(const config::Store &config, int number, const std::vector<StoreStep> &steps,
    const std::function<void()> &allHaveAsked, Tally &tally)
{
    QEventLoop loop;
    PostgresStore store(config, GatewayIdentity::make(), {}, {});
    int open = RequestsEach;
    for (int i = 0; i < RequestsEach; ++i) {
        StoreBatch batch{QByteArray::number(number) + '/' + QByteArray::number(i), steps};
        // In any order: no two gateways wait for each other.
        if (i % 2 == number % 2)
            std::reverse(batch.steps.begin(), batch.steps.end());
        store.reserve(batch, [&](const Result<StoreAnswer> &answer) {
            ++(!answer ? tally.failed : answer->isAdmitted ? tally.admitted : tally.refused);
            if (--open == 0)
                loop.quit();
        });
    }
    loop.exec();
    allHaveAsked(); // a gateway's slots end with it
}

} // namespace

class TestPostgresShared : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void exactlyTheQuotaPasses_data();
    void exactlyTheQuotaPasses();
    void slotsOfADeadGatewayAreFreeAgain();
    void otherHoldsOfADeadGatewayStayCharged();
    void gatewayThatIsBackInTimeKeepsItsHolds();

private:
    std::unique_ptr<PostgresStore> makeStore(const std::shared_ptr<const GatewayIdentity> &identity,
        const PostgresStore::Options &options)
    {
        return std::make_unique<PostgresStore>(
            configOf(m_server.url()), identity, CounterStore::Listener(), options);
    }

    PostgresServer m_server;
    SystemClock m_clock;
};

void TestPostgresShared::initTestCase()
{
    if (!m_server.start())
        QSKIP("PostgreSQL is not installed");
}

void TestPostgresShared::exactlyTheQuotaPasses_data()
{
    QTest::addColumn<std::vector<StoreStep>>("steps");
    const auto row = [](const char *name, std::vector<StoreStep> steps) {
        QTest::newRow(name) << steps;
    };
    // In the time that the test takes, nothing of a year's quota is refilled.
    const StoreStep bucket = stepOf("bucket", Algorithm::Gcra, 100, 24h * 365);
    const StoreStep window = stepOf("window", Algorithm::SlidingWindow, 100, 24h);
    const StoreStep calendar = stepOf("calendar", Algorithm::CalendarWindow, 100, 0s);
    const StoreStep seats = stepOf("slots", Algorithm::Concurrency, 100, 0s);
    row("bucket", {bucket});
    row("window", {window});
    row("calendar", {calendar});
    row("slots", {seats});
    std::vector<StoreStep> all{bucket, window, calendar, seats};
    for (StoreStep &step : all) {
        step.key += " of all";
        step.isHeld = true;
    }
    all[2].rate.quota *= 2;
    row("all at once", all);
}

void TestPostgresShared::exactlyTheQuotaPasses()
{
    QFETCH(std::vector<StoreStep>, steps);
    const config::Store config = configOf(m_server.url());
    Tally tally;
    QSemaphore asked;
    QSemaphore end;
    std::vector<std::unique_ptr<QThread>> threads;
    for (int i = 0; i < Gateways; ++i) {
        threads.emplace_back(QThread::create([&, i] {
            runGateway(
                config, i, steps,
                [&] {
                    asked.release();
                    end.acquire();
                },
                tally);
        }));
        threads.back()->start();
    }
    QVERIFY(asked.tryAcquire(Gateways, 60'000));
    QCOMPARE(tally.failed.load(), 0);
    QCOMPARE(tally.admitted.load(), 100);
    QCOMPARE(tally.refused.load(), Gateways * RequestsEach - 100);
    end.release(Gateways);
    for (const auto &thread : threads)
        QVERIFY(thread->wait(10'000));
}

void TestPostgresShared::slotsOfADeadGatewayAreFreeAgain()
{
    PostgresStore::Options options;
    options.lease = 600ms;
    options.renewal = 100ms;
    const auto living = makeStore(GatewayIdentity::make(), options);
    auto dying = makeStore(GatewayIdentity::make(), options);
    StoreStep seats = stepOf("lease", Algorithm::Concurrency, 3, 0s);
    QVERIFY(ask(*living, {"living", {seats}})->isAdmitted);
    QVERIFY(ask(*dying, {"dying 1", {seats}})->isAdmitted);
    QVERIFY(ask(*dying, {"dying 2", {seats}})->isAdmitted);
    QVERIFY(!ask(*living, {"no room", {seats}})->isAdmitted);
    dying.reset(); // tells the server nothing
    QVERIFY(!ask(*living, {"no room yet", {seats}})->isAdmitted);
    const EngineTime death = m_clock.now();
    QTRY_VERIFY(ask(*living, {"again", {seats}})->isAdmitted);
    QVERIFY(m_clock.now() - death < options.lease + 200ms);
    // The one that lives keeps its slot, long after its first lease.
    QTRY_VERIFY(m_clock.now() - death > 3 * options.lease);
    const Result<StoreAnswer> answer = ask(*living, {"another", {seats}});
    QVERIFY(answer->isAdmitted);
    QCOMPARE(answer->readings[0].reserved, 3 * MicroPerUnit);
    QTRY_COMPARE(
        m_server.sql("SELECT count(*) FROM sluice.holds WHERE reservation LIKE 'dying%'"), "0\n");
    QTRY_COMPARE(m_server.sql("SELECT count(*) FROM sluice.gateways WHERE lease_until < "
                              "sluice.clock() - 700000000"),
        "0\n");
}

void TestPostgresShared::otherHoldsOfADeadGatewayStayCharged()
{
    PostgresStore::Options options;
    options.lease = 200ms;
    options.renewal = 50ms;
    const auto living = makeStore(GatewayIdentity::make(), options);
    auto dying = makeStore(GatewayIdentity::make(), options);
    StoreStep window = stepOf("estimate", Algorithm::SlidingWindow, 100, 1h);
    window.isHeld = true;
    window.cost = 40 * MicroPerUnit;
    QVERIFY(ask(*dying, {"estimated", {window}})->isAdmitted);
    dying.reset();
    QTRY_COMPARE(
        m_server.sql("SELECT count(*) FROM sluice.holds WHERE reservation = 'estimated'"), "0\n");
    living->settle("estimated", {{window, 0}}); // too late: it is settled
    window.isHeld = false;
    window.cost = 60 * MicroPerUnit;
    QVERIFY(ask(*living, {"the rest", {window}})->isAdmitted);
    window.cost = 1;
    QVERIFY(!ask(*living, {"no more", {window}})->isAdmitted);
}

void TestPostgresShared::gatewayThatIsBackInTimeKeepsItsHolds()
{
    PostgresStore::Options options;
    options.lease = 500ms;
    options.renewal = 10s; // never: the lease runs out
    const auto identity = GatewayIdentity::make();
    const auto silent = makeStore(identity, options);
    StoreStep seats = stepOf("back", Algorithm::Concurrency, 1, 0s);
    QVERIFY(ask(*silent, {"mine", {seats}})->isAdmitted);
    QTRY_COMPARE(m_server.sql("SELECT count(*) FROM sluice.gateways WHERE id = '" + identity->name()
                     + "' AND lease_until < sluice.clock()"),
        "1\n");
    options.lease = 30s;
    const auto sibling = makeStore(identity, options); // of another thread
    QTRY_VERIFY(sibling->isUp());
    QVERIFY(!ask(*sibling, {"taken", {seats}})->isAdmitted);
    sibling->settle("mine", {{seats, 0}});
    QVERIFY(ask(*sibling, {"free", {seats}})->isAdmitted);
}

QTEST_GUILESS_MAIN(TestPostgresShared)
#include "tst_postgresshared.moc"
