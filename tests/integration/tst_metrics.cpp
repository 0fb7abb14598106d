// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: GET /-/metrics says what was sent, what it used and cost and how it ended, how the
// stores, the ledger and the journal are, and nothing of keys and users.
#include "ctlprocess.h"
#include "gatewaystage.h"
#include "metricsparser.h"
#include "tests/support/redisserver.h"

#include <QFile>
#include <QTcpSocket>
#include <QTest>
#include <QUrl>

#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using test::CtlProcess;
using test::GatewayStage;
using test::Metrics;
using test::RedisServer;
using test::Reply;
using test::TestClient;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";

const QByteArray Extra = R"(global:
  rate-limit:
    per-api-key: {capacity: 12, refill-frequency: 24h}
prices: {models: {"openai/gpt-4o": {input: 2.5, output: 10}}}
)";

QByteArray chat(const QByteArray &more = {}, const QByteArray &model = "gpt-4o")
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi there"}])" + more
        + '}';
}

/// What the page says now; nothing, with a warning, if it is not what the format wants.
Metrics scrape(TestClient &client)
{
    const Reply reply = client.send("GET", "/-/metrics");
    const auto metrics = test::parseMetrics(reply.body);
    if (reply.status != 200
        || reply.header("content-type") != "text/plain; version=0.0.4; charset=utf-8" || !metrics) {
        qWarning("%d, %ls", reply.status,
            qUtf16Printable(metrics ? QString() : metrics.error().message));
        return {};
    }
    return *metrics;
}

qint64 figure(const Metrics &metrics, const QByteArray &name)
{
    const auto found = metrics.find(name);
    return found == metrics.end() ? -1 : static_cast<qint64>(found->second);
}

/// A gateway as a process of its own, with a shared store and a data directory.
class Outside
{
public:
    bool start()
    {
        if (!m_mock.start({u"mock"_s, u"--tokens"_s, u"5"_s}))
            return false;
        const QString path = m_folder.filePath(u"gw.yaml"_s);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return false;
        file.write("server: {port: 0, workers: 2}\nproviders:\n  openai: {base-url: \""
            + m_mock.url() + "\"}\nrate-limit-store: {type: redis, host-url: \""
            + redis.url().toUtf8()
            + "\", connection-timeout: 500ms}\nglobal: {rate-limit: {shared: {capacity: 1000, "
              "refill-frequency: 24h}}}\n");
        file.close();
        return m_gateway.start(
            {u"serve"_s, u"--config"_s, path, u"--data-dir"_s, m_folder.filePath(u"data"_s)});
    }

    [[nodiscard]] QByteArray url() const { return m_gateway.url(); }

    RedisServer redis;

private:
    QTemporaryDir m_folder;
    CtlProcess m_mock;
    CtlProcess m_gateway;
};

} // namespace

class TestMetrics : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysWhatWasSent();
    void saysWhatWasUsed();
    void saysWhatIsUnderWay();
    void countsOnOverAMoveOfTheListener();
    void isForThisMachineOnly();
    void isNotForNamesThatPointHere();
    void saysHowTheStoreIs();
    void saysWhatIsKept();

private:
    static void sendSome(GatewayStage &stage);
};

/// Requests of every kind that there is a figure for, 14 in all.
void TestMetrics::sendSome(GatewayStage &stage)
{
    int completed = 0;
    const auto note = [&completed](const Reply &reply) { completed += reply.status == 200; };
    QVERIFY(stage.client->load(9, 3, Path, chat(), note));
    QCOMPARE(completed, 9);
    QCOMPARE(stage.client->post(Path, chat(R"(,"stream":true)")).status, 200);
    QCOMPARE(stage.client->post(Path, chat({}, "mock-500")).status, 500);
    QCOMPARE(stage.client->post(Path, chat({}, "mock-close")).status, 502);
    QCOMPARE(stage.client->post(Path, chat()).status, 429); // the 13th
    TestClient stranger(stage.gateway->baseUrl());
    QCOMPARE(stranger.post(Path, chat(), {{"Authorization", "Bearer wrong"}}).status, 401);
    QCOMPARE(stage.client->send("GET", "/health").status, 200); // not counted
    QVERIFY(stage.lastRecord(14).id != 0);
}

void TestMetrics::saysWhatWasSent()
{
    GatewayStage stage;
    QVERIFY(stage.start(Extra));
    const Metrics before = scrape(*stage.client);
    QCOMPARE(figure(before, "sluice_requests_total{outcome=\"completed\"}"), 0);
    QCOMPARE(before.count("sluice_build_info{version=\"" SLUICE_VERSION "\"}"), 1U);
    sendSome(stage);
    const Metrics now = scrape(*stage.client);
    const std::map<QByteArray, qint64> expected{
        {"sluice_requests_total{outcome=\"completed\"}", 11},
        {"sluice_requests_total{outcome=\"upstream_failed\"}", 1},
        {"sluice_requests_total{outcome=\"refused\"}", 1},
        {"sluice_requests_total{outcome=\"rejected\"}", 1},
        {"sluice_requests_total{outcome=\"client_left\"}", 0},
        {"sluice_refusals_total{verdict=\"limit_reached\"}", 1},
        {"sluice_refusals_total{verdict=\"blocked\"}", 0},
        {"sluice_upstream_errors_total{provider=\"openai\"}", 2},
        {"sluice_request_duration_seconds_count", 14},
        {"sluice_gateway_overhead_seconds_count", 12},
        {"sluice_requests_in_flight", 0},
        {"sluice_counters", 1},
        {"sluice_counters_max", 5'000'000},
    };
    for (const auto &[name, value] : expected)
        QVERIFY2(figure(now, name) == value,
            QByteArray(name + ' ' + QByteArray::number(figure(now, name))).constData());
    QVERIFY(figure(now, "sluice_open_connections") >= 1);
    for (const auto &[name, value] : now)
        QVERIFY2(!name.contains("ci\"") && !name.contains("alice"), name.constData());
}

void TestMetrics::saysWhatWasUsed()
{
    GatewayStage stage;
    QVERIFY(stage.start(Extra));
    sendSome(stage);
    const Metrics now = scrape(*stage.client);
    // As the console has summed it up.
    qint64 input = 0;
    qint64 output = 0;
    qint64 cost = 0;
    for (int i = 0; i < stage.feed->size(); ++i) {
        const metering::Charge charge = stage.feed->at(i).charge;
        input += charge.tokens.input.value_or(0);
        output += charge.tokens.output.value_or(0);
        cost += charge.cost.value_or(0);
    }
    QVERIFY(input > 0 && output > 0 && cost > 0);
    QCOMPARE(figure(now, "sluice_tokens_total{provider=\"openai\",direction=\"input\"}"), input);
    QCOMPARE(figure(now, "sluice_tokens_total{provider=\"openai\",direction=\"output\"}"), output);
    QCOMPARE(figure(now, "sluice_cost_microcents_total{provider=\"openai\"}"), cost);
}

void TestMetrics::saysWhatIsUnderWay()
{
    demo::MockOptions options = GatewayStage::shortAnswers();
    GatewayStage stage(options);
    QVERIFY(stage.start());
    std::vector<size_t> calls;
    calls.reserve(5);
    for (int i = 0; i < 5; ++i)
        calls.push_back(stage.client->start("POST", Path, chat({}, "mock-slow")));
    TestClient other(stage.gateway->baseUrl());
    QTRY_COMPARE(figure(scrape(other), "sluice_requests_in_flight"), 5);
    QVERIFY(figure(scrape(other), "sluice_open_connections") >= 2);
    for (const size_t call : calls)
        stage.client->hangUp(call);
    QTRY_COMPARE(figure(scrape(other), "sluice_requests_in_flight"), 0);
    QCOMPARE(figure(scrape(other), "sluice_requests_total{outcome=\"client_left\"}"), 5);
}

void TestMetrics::countsOnOverAMoveOfTheListener()
{
    GatewayStage stage;
    QVERIFY(stage.start());
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
    const auto other = std::make_shared<config::Configuration>(*stage.load());
    other->server.workers = 1;
    other->server.port = RedisServer::freePort();
    QVERIFY(stage.gateway->apply(other));
    QTRY_VERIFY(stage.gateway->baseUrl().endsWith(QByteArray::number(other->server.port)));
    TestClient client(stage.gateway->baseUrl());
    QTRY_COMPARE(figure(scrape(client), "sluice_requests_total{outcome=\"completed\"}"), 1);
}

void TestMetrics::isForThisMachineOnly()
{
    GatewayStage stage;
    QVERIFY(stage.start());
    TestClient anybody(stage.gateway->baseUrl()); // needs no key and no token
    QCOMPARE(anybody.send("GET", "/-/metrics").status, 200);
    const Reply head = anybody.send("HEAD", "/-/metrics");
    QCOMPARE(head.status, 200);
    QVERIFY(head.body.isEmpty());
    const Reply page = anybody.send("GET", "/-/metrics", {}, {{"Origin", "https://example.com"}});
    QCOMPARE(page.status, 403);
    QCOMPARE(page.json()["error"_L1]["code"_L1].toString(), u"origin_not_allowed"_s);
    QVERIFY(page.header("access-control-allow-origin").isEmpty());
    QCOMPARE(anybody.send("POST", "/-/metrics", "{}").status, 404);
    // What was turned away is a request as well.
    QTRY_COMPARE(figure(scrape(anybody), "sluice_requests_total{outcome=\"rejected\"}"), 2);
}

/// As a page would ask whose name points here.
void TestMetrics::isNotForNamesThatPointHere()
{
    GatewayStage stage;
    QVERIFY(stage.start());
    const QUrl url(QString::fromLatin1(stage.gateway->baseUrl()));
    QTcpSocket socket;
    socket.connectToHost(url.host(), static_cast<quint16>(url.port()));
    socket.write("GET /-/metrics HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n");
    QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    const QByteArray refusal = socket.readAll();
    QVERIFY2(refusal.startsWith("HTTP/1.1 403 ") && refusal.contains("\"local_only\""),
        refusal.constData());
}

void TestMetrics::saysHowTheStoreIs()
{
    Outside outside;
    QCOMPARE(outside.redis.start(), QString());
    QVERIFY(outside.start());
    RedisServer &redis = outside.redis;
    TestClient client(outside.url());
    const QByteArray store =
        "{store=\"Redis at 127.0.0.1:" + QByteArray::number(redis.port()) + "\"}";
    const auto ask = [&client, &store](
                         const char *name) { return figure(scrape(client), name + store); };
    QCOMPARE(client.post(Path, chat()).status, 200);
    QCOMPARE(ask("sluice_store_up"), 1);
    QCOMPARE(ask("sluice_store_failures_total"), 0);
    redis.kill();
    QTRY_COMPARE(ask("sluice_store_up"), 0);
    QCOMPARE(ask("sluice_store_failures_total"), 1);
    QCOMPARE(client.post(Path, chat()).status, 200); // counted in memory
    QVERIFY(redis.start().isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(ask("sluice_store_up"), 1, 20'000);
    QVERIFY(ask("sluice_store_failures_total") >= 1);
}

void TestMetrics::saysWhatIsKept()
{
    Outside outside;
    QCOMPARE(outside.redis.start(), QString());
    QVERIFY(outside.start());
    TestClient client(outside.url());
    for (int i = 0; i < 2; ++i)
        QCOMPARE(client.post(Path, chat()).status, 200);
    const auto kept = [&client] {
        const Metrics now = scrape(client);
        return std::vector<qint64>{figure(now, "sluice_ledger_rows_total"),
            figure(now, "sluice_ledger_rows_waiting"), figure(now, "sluice_ledger_up"),
            figure(now, "sluice_journal_up")};
    };
    QTRY_COMPARE(kept(), (std::vector<qint64>{2, 0, 1, 1}));
}

QTEST_GUILESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
