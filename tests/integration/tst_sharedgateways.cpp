// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: several sluicectl serve on one Redis, or on one PostgreSQL, admit exactly what one
// would; a killed one takes nothing with it; and while the server cannot be reached each limit does
// what it says, nobody waits, and what was counted meanwhile is added.
#include "core/base/secrets.h"
#include "ctlprocess.h"
#include "testclient.h"
#include "tests/support/sharedserver.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::Reply;
using test::SharedServer;
using test::TestClient;

namespace {

constexpr int Gateways = 4;
constexpr int Quota = 100;
constexpr int Requests = 2'000;

/// On a busy machine even a timer is late.
constexpr int Lateness = 250;

const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray Question =
    R"({"model":"gpt-4o","max_tokens":5,"messages":[{"role":"user","content":"hi"}]})";

} // namespace

class TestSharedGateways : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void admitExactlyTheQuota_data();
    void admitExactlyTheQuota();
    void killedOneTakesNothingWithIt_data();
    void killedOneTakesNothingWithIt();
    void slotsOfAKilledOneAreFreeAgain_data();
    void slotsOfAKilledOneAreFreeAgain();
    void mixedStoresAreNeverOver_data();
    void mixedStoresAreNeverOver();
    void frozenServerHoldsNobodyUp_data();
    void frozenServerHoldsNobodyUp();
    void startsWithoutItsServer_data();
    void startsWithoutItsServer();

private:
    void begin(const QStringList &mock = {});
    void serve(const QByteArray &limits, int count = Gateways, const QByteArray &storeMore = {});
    [[nodiscard]] int admitted(int requests);
    [[nodiscard]] bool isStoreUp(size_t gateway) const;
    [[nodiscard]] qint64 remaining(size_t gateway) const;

    std::unique_ptr<SharedServer> m_shared;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_mock;
    std::vector<std::unique_ptr<CtlProcess>> m_gateways;
    std::vector<std::unique_ptr<TestClient>> m_clients;
};

void TestSharedGateways::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestSharedGateways::cleanup()
{
    m_clients.clear();
    m_gateways.clear();
    m_mock.reset();
    m_shared.reset();
}

/// Starts the server that the row is about, and the provider.
void TestSharedGateways::begin(const QStringList &mock)
{
    QFETCH(const QString, server);
    m_shared = SharedServer::make(server);
    QVERIFY(m_shared->start());
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start(QStringList{u"mock"_s, u"--tokens"_s, u"5"_s} + mock));
}

void TestSharedGateways::serve(const QByteArray &limits, int count, const QByteArray &storeMore)
{
    QFile file(m_folder->filePath(u"gw.yaml"_s));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("server: {port: 0, workers: 2}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\nrate-limit-store: {" + m_shared->storeKeys()
        + storeMore + "}\n" + limits);
    file.close();
    for (int i = 0; i < count; ++i) {
        m_gateways.push_back(std::make_unique<CtlProcess>());
        CtlProcess &gateway = *m_gateways.back();
        gateway.setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"none"_s);
        QVERIFY(gateway.start({u"serve"_s, u"--config"_s, file.fileName(), u"--data-dir"_s,
            m_folder->filePath(QString::number(i))}));
        m_clients.push_back(std::make_unique<TestClient>(gateway.url()));
    }
}

/// Sends so many requests to all gateways at once and counts those that were let through. All
/// others were refused by the limit.
int TestSharedGateways::admitted(int requests)
{
    std::vector<size_t> calls(static_cast<size_t>(requests));
    for (size_t i = 0; i < calls.size(); ++i)
        calls[i] = m_clients[i % m_clients.size()]->start("POST", Path, Question);
    int count = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
        const Reply &reply = m_clients[i % m_clients.size()]->reply(calls[i]);
        if (!QTest::qWaitFor([&reply] { return reply.isDone; }, 60'000)
            || (reply.status != 200 && reply.status != 429)) {
            qWarning("answer %d: %s", reply.status, reply.body.constData());
            return -1;
        }
        count += reply.status == 200 ? 1 : 0;
    }
    return count;
}

bool TestSharedGateways::isStoreUp(size_t gateway) const
{
    return m_clients[gateway]->send("GET", "/-/ready").json()[u"stores_down"_s].toArray().isEmpty();
}

/// What the answer to one more request says is left.
qint64 TestSharedGateways::remaining(size_t gateway) const
{
    return m_clients[gateway]->post(Path, Question).header("x-ratelimit-remaining").toLongLong();
}

namespace {

void addServers()
{
    QTest::addColumn<QString>("server");
    QTest::newRow("redis") << u"redis"_s;
    QTest::newRow("postgres") << u"postgres"_s;
}

} // namespace

void TestSharedGateways::admitExactlyTheQuota_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QByteArray>("limit");
    const std::vector<std::pair<QByteArray, QByteArray>> limits{
        {"bucket", "shared: {capacity: 100, refill-frequency: 24h}"},
        {"window", "usage-limits: [{name: w, per: shared, requests: 100, period: 24h}]"},
        {"year", "usage-limits: [{name: y, per: shared, requests: 100, period: year}]"},
    };
    for (const QString &server : {u"redis"_s, u"postgres"_s})
        for (const auto &[name, limit] : limits)
            QTest::addRow("%s, %s", qPrintable(server), name.constData()) << server << limit;
}

void TestSharedGateways::admitExactlyTheQuota()
{
    QFETCH(const QByteArray, limit);
    begin();
    serve("global: {rate-limit: {" + limit + "}}\n");
    QCOMPARE(admitted(Requests), Quota);
    QCOMPARE(admitted(Gateways), 0);
}

void TestSharedGateways::killedOneTakesNothingWithIt_data()
{
    addServers();
}

void TestSharedGateways::killedOneTakesNothingWithIt()
{
    begin({u"--latency"_s, u"3s"_s});
    serve("global: {rate-limit: {shared: {capacity: 100, refill-frequency: 24h}, "
          "concurrency: [{name: slots, per: shared, max: 100}]}}\n");
    std::vector<std::pair<size_t, size_t>> calls;
    const auto ask = [&](size_t count) {
        for (size_t i = 0; i < count; ++i) {
            const size_t gateway = i % Gateways;
            calls.emplace_back(gateway, m_clients[gateway]->start("POST", Path, Question));
        }
    };
    const auto refused = [&] {
        return std::count_if(calls.begin(), calls.end(), [this](const auto &call) {
            return m_clients[call.first]->reply(call.second).status == 429;
        });
    };
    ask(80); // all of them are let through, 20 by each
    QTRY_VERIFY(std::all_of(calls.begin(), calls.end(),
        [this](const auto &call) { return m_clients[call.first]->hasSent(call.second); }));
    ask(320);
    QTRY_COMPARE_WITH_TIMEOUT(refused(), 300, 20'000);
    m_gateways.back()->signal(SIGKILL);
    int answered = 0;
    int gone = 0;
    for (const auto &[gateway, call] : calls) {
        const Reply &reply = m_clients[gateway]->reply(call);
        QTRY_VERIFY_WITH_TIMEOUT(reply.isDone, 30'000);
        answered += reply.status == 200 && reply.isWhole ? 1 : 0;
        gone += reply.status == 0 || !reply.isWhole ? 1 : 0;
    }
    QVERIFY2(gone > 0, "the killed gateway had nothing under way");
    QCOMPARE(answered + gone, Quota);
    m_clients.pop_back();
    QCOMPARE(admitted(30), 0); // the quota is used up, those of the killed one included
}

void TestSharedGateways::slotsOfAKilledOneAreFreeAgain_data()
{
    addServers();
}

void TestSharedGateways::slotsOfAKilledOneAreFreeAgain()
{
    begin({u"--latency"_s, u"90s"_s});
    serve("global: {rate-limit: {concurrency: [{name: slots, per: shared, max: 3}]}}\n", 2);
    // Nobody is answered but by a refusal, which comes at once.
    const auto isLetThrough = [this](size_t gateway) {
        const size_t call = m_clients[gateway]->start("POST", Path, Question);
        const Reply &reply = m_clients[gateway]->reply(call);
        return !QTest::qWaitFor([&reply] { return reply.isDone; }, 1'000);
    };
    for (int i = 0; i < 3; ++i)
        QVERIFY(isLetThrough(1));
    QVERIFY(!isLetThrough(0));
    m_gateways.back()->signal(SIGKILL);
    QVERIFY(!isLetThrough(0)); // nobody can know yet
    QTRY_VERIFY_WITH_TIMEOUT(isLetThrough(0), 31'000);
}

void TestSharedGateways::mixedStoresAreNeverOver_data()
{
    addServers();
}

void TestSharedGateways::mixedStoresAreNeverOver()
{
    begin();
    serve("global: {rate-limit: {shared: {capacity: 100, refill-frequency: 24h}}}\n"
          "routers: {}\n",
        2);
    // One gateway has a limit of its own beside the shared one.
    m_clients.pop_back();
    m_gateways.pop_back();
    QFile file(m_folder->filePath(u"gw.yaml"_s));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray text = file.readAll();
    text.replace("routers: {}\n",
        "unified-api: {rate-limit: {store: in-memory, shared: {capacity: 30, refill-frequency: "
        "24h}}}\n");
    QFile mixed(m_folder->filePath(u"mixed.yaml"_s));
    QVERIFY(mixed.open(QIODevice::WriteOnly));
    mixed.write(text);
    mixed.close();
    m_gateways.push_back(std::make_unique<CtlProcess>());
    m_gateways.back()->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"none"_s);
    QVERIFY(m_gateways.back()->start({u"serve"_s, u"--config"_s, mixed.fileName(), u"--data-dir"_s,
        m_folder->filePath(u"mixed"_s)}));
    TestClient client(m_gateways.back()->url());
    int count = 0;
    QByteArray question = Question;
    question.replace("gpt-4o", "openai/gpt-4o");
    QVERIFY(client.load(300, 50, "/ai/chat/completions", question,
        [&count](const Reply &reply) { count += reply.status == 200 ? 1 : 0; }));
    QCOMPARE(count, 30);
    // What the own limit refused has left nothing behind in the shared one.
    QCOMPARE(remaining(0), Quota - 30 - 1);
    QCOMPARE(admitted(200), Quota - 30 - 1);
}

void TestSharedGateways::frozenServerHoldsNobodyUp_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QByteArray>("failure");
    QTest::addColumn<bool>("isKilled");
    QTest::addColumn<int>("status"); // of most requests meanwhile
    for (const QString &server : {u"redis"_s, u"postgres"_s}) {
        const QByteArray name = server.toLatin1();
        const auto row = [&](const QByteArray &failure, bool isKilled, int status) {
            QTest::addRow(
                "%s, %s, %s", name.constData(), failure.constData(), isKilled ? "killed" : "frozen")
                << server << failure << isKilled << status;
        };
        row("local", false, 200);
        row("open", false, 200);
        row("closed", false, 503);
        row("local", true, 200);
        row("closed", true, 503);
    }
}

void TestSharedGateways::frozenServerHoldsNobodyUp()
{
    QFETCH(const QByteArray, failure);
    QFETCH(const bool, isKilled);
    QFETCH(const int, status);
    constexpr int Timeout = 500;
    begin();
    serve("global: {rate-limit: {shared: {capacity: 1000, refill-frequency: 24h, "
          "on-store-failure: "
            + failure + "}}}\n",
        1, ", connection-timeout: 500ms");
    QCOMPARE(admitted(10), 10);
    if (isKilled)
        m_shared->kill();
    else
        m_shared->freeze();
    int meanwhile = 0;
    qint64 longest = 0;
    for (int i = 0; i < 20; ++i) {
        QElapsedTimer time;
        time.start();
        const Reply reply = m_clients.front()->post(Path, Question);
        longest = std::max(longest, time.elapsed());
        if (i > 0)
            QVERIFY2(time.elapsed() < Timeout, "somebody waited after the first failure");
        QCOMPARE(reply.status, status);
        meanwhile += reply.status == 200 ? 1 : 0;
        if (reply.status == 503)
            QCOMPARE(reply.json()[u"error"_s][u"code"_s].toString(), u"limit_store_unavailable"_s);
    }
    QVERIFY2(longest <= Timeout + Lateness, qPrintable(QString::number(longest)));
    QVERIFY(!isStoreUp(0));
    if (isKilled)
        QVERIFY(m_shared->start());
    else
        m_shared->thaw();
    QTRY_VERIFY_WITH_TIMEOUT(isStoreUp(0), 20'000);
    QFETCH(const QString, server);
    const bool isForgetful = isKilled && server == "redis"_L1; // this one saves nothing
    const int counted = (isForgetful ? 0 : 10) + (failure == "local" ? meanwhile : 0);
    // What was counted meanwhile is added a moment later. Each look is a request, too.
    qint64 asked = 0;
    QTRY_COMPARE_WITH_TIMEOUT(remaining(0), 1000 - counted - ++asked, 5'000);
}

void TestSharedGateways::startsWithoutItsServer_data()
{
    addServers();
}

void TestSharedGateways::startsWithoutItsServer()
{
    begin();
    m_shared->kill();
    serve("global: {rate-limit: {shared: {capacity: 100, refill-frequency: 24h}}}\n", 1,
        ", connection-timeout: 500ms");
    QCOMPARE(m_clients.front()->post(Path, Question).status, 200);
    QVERIFY(!isStoreUp(0));
    QVERIFY(m_shared->start());
    QTRY_VERIFY_WITH_TIMEOUT(isStoreUp(0), 20'000);
    qint64 asked = 1;
    QTRY_COMPARE_WITH_TIMEOUT(remaining(0), Quota - ++asked, 5'000);
    QCOMPARE(admitted(200), Quota - asked);
}

QTEST_GUILESS_MAIN(TestSharedGateways)
#include "tst_sharedgateways.moc"
