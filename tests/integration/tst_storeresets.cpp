// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: who resets a counter of a shared store empties it for every gateway, and who undoes
// that gives back what was used, whatever kind of limit it is, also if the store was away
// meanwhile.
#include "core/config/loader.h"
#include "core/gateway/pipeline/admission.h"
#include "core/session/limitoperations.h"
#include "core/stores/counterstores.h"
#include "tests/support/bothservers.h"

#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::limits;
using sluice::session::LimitOperations;
using sluice::test::SharedServer;

namespace {

constexpr int Quota = 20;

/// One gateway thread with its limits.
class Stage
{
public:
    explicit Stage(const QByteArray &text)
        : factory([this](const config::Store &store, CounterStore::Listener listener) {
              return stores::makeCounterStore(store, identity, clock, std::move(listener));
          }),
          limiter(clock),
          pool(limiter, board, factory, 1),
          operations(limiter)
    {
        const config::LoadResult result = config::load(text, {});
        limiter.apply(LimitSet::compile(*result.configuration));
        pool.follow(*limiter.limits());
        QObject::connect(&operations, &LimitOperations::wasReset, &operations,
            [this](const QByteArray &limit) { pool.noteReset(limit); });
    }

    /// Requests that are let through, of so many.
    int ask(int count, const QByteArray &policies = {})
    {
        Subject subject;
        subject.apiKey = "ci";
        if (!policies.isEmpty())
            subject.policies =
                std::get<std::vector<config::Policy>>(config::parsePolicies(policies));
        int admitted = 0;
        for (int i = 0; i < count; ++i) {
            const Estimate estimate;
            std::optional<Decision> decision;
            Admission admission(limiter, pool);
            admission.decide(*limiter.limits(), subject, estimate,
                [&decision](Decision &&made) { decision = std::move(made); });
            if (!QTest::qWaitFor([&decision] { return decision.has_value(); }, 20'000))
                return -1;
            admitted += decision->isAdmitted() ? 1 : 0;
            name = decision->chain.at(0).limit->name;
            value = decision->chain.at(0).value;
        }
        return admitted;
    }

    [[nodiscard]] bool isUp() const
    {
        const StoreView view = pool.view();
        return std::find(view.isUp.begin(), view.isUp.end(), true) != view.isUp.end();
    }

    SystemClock clock;
    std::shared_ptr<const stores::GatewayIdentity> identity = stores::GatewayIdentity::make();
    StoreFactory factory;
    StoreBoard board;
    Limiter limiter;
    StorePool pool;
    LimitOperations operations;
    QByteArray name; ///< of the limit that was asked last
    QByteArray value; ///< and whose counter
};

} // namespace

class TestStoreResets : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase_data() { m_servers.addRows(); }

    void init();
    void resetAndUndoReachTheStore_data();
    void resetAndUndoReachTheStore();
    void undoGoesBeyondTheQuota_data();
    void undoGoesBeyondTheQuota();
    void resetWaitsForTheStore_data();
    void resetWaitsForTheStore();

private:
    [[nodiscard]] QByteArray configOf(const QByteArray &limits) const
    {
        return "rate-limit-store: {" + m_server->storeKeys() + ", connection-timeout: 500ms}\n"
            + limits;
    }

    test::BothServers m_servers;
    SharedServer *m_server = nullptr;
};

void TestStoreResets::init()
{
    m_server = m_servers.ofThisRow();
    QVERIFY(m_server);
}

void TestStoreResets::resetAndUndoReachTheStore_data()
{
    QTest::addColumn<QByteArray>("limits");
    QTest::addColumn<QByteArray>("header");
    const QByteArray none;
    const auto listed = [](const QByteArray &text) {
        return QByteArray("global: {rate-limit: {" + text + "}}\n");
    };
    QTest::newRow("bucket") << listed("shared: {capacity: 20, refill-frequency: 24h}") << none;
    QTest::newRow("bucket of a key")
        << listed("per-api-key: {capacity: 20, refill-frequency: 24h}") << none;
    QTest::newRow("window") << listed(
        "usage-limits: [{name: w, per: api-key, requests: 20, period: 24h}]")
                            << none;
    QTest::newRow("calendar") << listed(
        "usage-limits: [{name: y, per: shared, requests: 20, period: year}]")
                              << none;
    QTest::newRow("policy of the file") << listed("policies: ['20;w=86400']") << none;
    QTest::newRow("policy of a header") << none << QByteArray("20;w=86400");
    QTest::newRow("bucket of a header")
        << QByteArray("policy-header: {algorithm: token-bucket}\n") << QByteArray("20;w=86400");
}

void TestStoreResets::resetAndUndoReachTheStore()
{
    QFETCH(const QByteArray, limits);
    QFETCH(const QByteArray, header);
    Stage mine(configOf(limits));
    Stage other(configOf(limits));
    QCOMPARE(mine.ask(12, header), 12);
    const auto id = mine.operations.reset(mine.name, mine.value);
    QVERIFY(id != 0);
    QTRY_VERIFY(!mine.pool.owes());
    // Everybody finds it empty.
    QCOMPARE(other.ask(3, header), 3);
    QVERIFY(mine.operations.undo(id));
    mine.pool.payDues();
    QTRY_VERIFY(!mine.pool.owes());
    // Once, however often it is told.
    mine.pool.payDues();
    QVERIFY(!mine.operations.undo(id));
    QCOMPARE(other.ask(Quota, header), Quota - 12 - 3);
}

void TestStoreResets::undoGoesBeyondTheQuota_data()
{
    resetAndUndoReachTheStore_data();
}

void TestStoreResets::undoGoesBeyondTheQuota()
{
    QFETCH(const QByteArray, limits);
    QFETCH(const QByteArray, header);
    Stage mine(configOf(limits));
    Stage other(configOf(limits));
    QCOMPARE(other.ask(Quota, header), Quota);
    QCOMPARE(mine.ask(1, header), 0); // what it gives back is as much as it has seen
    const auto all = mine.operations.resetAll(mine.name);
    QVERIFY(all != 0);
    QTRY_VERIFY(!mine.pool.owes());
    QCOMPARE(other.ask(5, header), 5);
    QVERIFY(mine.operations.undo(all));
    mine.pool.payDues();
    QTRY_VERIFY(!mine.pool.owes());
    QCOMPARE(other.ask(1, header), 0);
}

void TestStoreResets::resetWaitsForTheStore_data()
{
    QTest::addColumn<bool>("isUndone");
    QTest::addColumn<int>("left");
    QTest::newRow("reset") << false << Quota - 3;
    QTest::newRow("undone") << true << Quota - 3 - 10 - 2;
}

void TestStoreResets::resetWaitsForTheStore()
{
    QFETCH(const bool, isUndone);
    QFETCH(const int, left);
    Stage mine(configOf("global: {rate-limit: {usage-limits: [{name: y, per: shared, requests: 20, "
                        "period: year}]}}\n"));
    QCOMPARE(mine.ask(10), 10);
    m_server->freeze();
    QCOMPARE(mine.ask(2), 2); // the first one notices, both are counted in memory
    QVERIFY(!mine.isUp());
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"y is reset in .* only when that is back"_s));
    const auto id = mine.operations.reset(mine.name, mine.value);
    QVERIFY(id != 0);
    QCOMPARE(mine.ask(3), 3);
    if (isUndone)
        QVERIFY(mine.operations.undo(id));
    m_server->thaw();
    QTRY_VERIFY_WITH_TIMEOUT(mine.isUp(), 20'000);
    Stage other(configOf("global: {rate-limit: {usage-limits: [{name: y, per: shared, requests: "
                         "20, period: year}]}}\n"));
    mine.pool.payDues();
    QTRY_VERIFY(!mine.pool.owes());
    QCOMPARE(other.ask(left), left);
    QCOMPARE(other.ask(1), 0);
}

QTEST_GUILESS_MAIN(TestStoreResets)
#include "tst_storeresets.moc"
