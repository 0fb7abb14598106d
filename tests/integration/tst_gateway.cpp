// SPDX-License-Identifier: GPL-3.0-or-later
// The whole gateway over real sockets: real front, real upstream client, mock and scripted
// providers.
#include "gatewaystage.h"
#include "scriptedserver.h"

#include <QJsonObject>
#include <QLoggingCategory>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpSocket>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::Outcome;
using test::GatewayStage;
using test::Reply;
using test::TestClient;

namespace {

const QByteArray Chat = R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]})";
const QByteArray Stream =
    R"({"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hi"}]})";
const QByteArray Claude =
    R"({"model":"claude-haiku-4-5","max_tokens":8,"messages":[{"role":"user","content":"hi"}]})";

QByteArray chatWith(const QByteArray &model, bool isStream = false)
{
    return R"({"model":")" + model + R"(","stream":)" + (isStream ? "true" : "false")
        + R"(,"messages":[{"role":"user","content":"hi"}]})";
}

} // namespace

class TestGateway : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void relaysPlainAnswers();
    void relaysStreamsChunkByChunk();
    void passesTheProvidersErrorsOn();
    void saysThatAProviderIsDown();
    void saysThatAProviderBrokeOff();
    void refusesGarbageFromAProvider();
    void holdsASlowClientsProviderBack();
    void cancelsUpstreamWhenClientsLeave();
    void admitsExactlyTheLimit_data();
    void admitsExactlyTheLimit();
    void countsGloballyThenByRouter();
    void countsTeamsMembersAndEverybody();
    void appliesEditsToTheNextRequest();
    void movesTheListener();
    void saysThatThePortIsTaken();
    void refusesStrangers();
    void aMissingProviderKeyCostsNothing();
    void answersPreflights();
    void keepsSecretsOutOfRecords();
    void endsRunningStreamsWhenStopped();

private:
    void start(const QByteArray &extra = {});

    QJsonObject books() const { return m_stage->books(); }

    std::unique_ptr<GatewayStage> m_stage;
};

void TestGateway::initTestCase()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
}

void TestGateway::init()
{
    m_stage = std::make_unique<GatewayStage>();
}

void TestGateway::cleanup()
{
    m_stage.reset();
}

void TestGateway::start(const QByteArray &extra)
{
    QVERIFY(m_stage->start(extra));
}

void TestGateway::relaysPlainAnswers()
{
    start("routers:\n  prod: {load-balance: {chat: {strategy: weighted, providers: [{provider: "
          "openai, weight: 1}]}}}\n");
    for (const QByteArray path :
        {"/openai/v1/chat/completions", "/router/prod/chat/completions", "/v1/chat/completions"}) {
        const Reply reply = m_stage->client->post(path, Chat);
        QCOMPARE(reply.status, 200);
        QVERIFY(reply.isWhole);
        QCOMPARE(reply.json()["model"_L1].toString(), u"gpt-4o"_s);
        QCOMPARE(reply.header("helicone-provider"), "openai"_ba);
        QCOMPARE(reply.header("helicone-id").size(), 36);
    }
    const Reply unified = m_stage->client->post("/ai/chat/completions", chatWith("openai/gpt-4o"));
    QCOMPARE(unified.json()["model"_L1].toString(), u"gpt-4o"_s);
    const Reply anthropic = m_stage->client->post("/anthropic/v1/messages", Claude);
    QCOMPARE(anthropic.json()["type"_L1].toString(), u"message"_s);
    // The gateway's own answers carry what every answer does.
    for (const char *own : {"/health", "/v1/models"}) {
        const Reply reply = m_stage->client->send("GET", own, {}, {{"x-request-id", "mine"}});
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.header("helicone-id").size(), 36);
        QCOMPARE(reply.header("x-request-id"), "mine"_ba);
        QVERIFY(reply.header("server-timing").startsWith("sluice;dur="));
    }
    QCOMPARE(books()["requests"_L1]["answered"_L1].toInt(), 5);
    QTRY_COMPARE(m_stage->feed->size(), 5);
}

void TestGateway::relaysStreamsChunkByChunk()
{
    start();
    const size_t number = m_stage->client->start("POST", "/openai/v1/chat/completions", Stream);
    // The first chunk arrives while the provider is still sending.
    QTRY_VERIFY(m_stage->client->reply(number).body.contains("data: "));
    QVERIFY(!m_stage->client->reply(number).isDone);
    QTRY_VERIFY(m_stage->client->reply(number).isDone);
    const Reply &reply = m_stage->client->reply(number);
    QVERIFY(reply.isWhole);
    QVERIFY(reply.body.endsWith("data: [DONE]\n\n"));
    QVERIFY(reply.header("content-type").startsWith("text/event-stream"));
    QTRY_COMPARE(m_stage->feed->size(), 1);
    QTRY_VERIFY(m_stage->feed->at(0).outcome == Outcome::Completed);
    QCOMPARE(m_stage->feed->at(0).bytesSent, qint64(reply.body.size()));
    QCOMPARE(books()["streams"_L1]["finished"_L1].toInt(), 1);
}

void TestGateway::passesTheProvidersErrorsOn()
{
    start();
    const Reply limited =
        m_stage->client->post("/openai/v1/chat/completions", chatWith("mock-429"));
    QCOMPARE(limited.status, 429);
    QCOMPARE(limited.header("Retry-After"), "7"_ba);
    const Reply denied = m_stage->client->post("/openai/v1/chat/completions", chatWith("mock-401"));
    QCOMPARE(denied.status, 401);
    QCOMPARE(
        m_stage->client->post("/openai/v1/chat/completions", chatWith("mock-500")).status, 500);
    QTRY_COMPARE(m_stage->feed->size(), 3);
    // They are the provider's answers, not the gateway's refusals.
    QVERIFY(m_stage->feed->at(0).outcome == Outcome::Completed);
}

void TestGateway::saysThatAProviderIsDown()
{
    QTcpServer reserved;
    QVERIFY(reserved.listen(QHostAddress::LocalHost));
    m_stage->upstreamUrl = "http://127.0.0.1:" + QByteArray::number(reserved.serverPort());
    reserved.close();
    start("global: {rate-limit: {per-api-key: {capacity: 5, refill-frequency: 24h}}}\n");
    const Reply reply = m_stage->client->post("/openai/v1/chat/completions", Chat);
    QCOMPARE(reply.status, 502);
    QCOMPARE(reply.json()["error"_L1]["code"_L1].toString(), u"upstream_unreachable"_s);
    QVERIFY(reply.json()["error"_L1]["message"_L1].toString().contains("openai"_L1));
    // The request was admitted and counts.
    QCOMPARE(reply.header("x-ratelimit-remaining"), "4"_ba);
    QTRY_COMPARE(m_stage->feed->size(), 1);
    QVERIFY(m_stage->feed->at(0).outcome == Outcome::UpstreamFailed);
}

void TestGateway::saysThatAProviderBrokeOff()
{
    start();
    const Reply plain =
        m_stage->client->post("/openai/v1/chat/completions", chatWith("mock-close"));
    QCOMPARE(plain.status, 502);
    QVERIFY(plain.isWhole);
    const Reply stream =
        m_stage->client->post("/openai/v1/chat/completions", chatWith("mock-close", true));
    QCOMPARE(stream.status, 200);
    QVERIFY2(!stream.isWhole, "a cut stream must not look whole");
    QVERIFY(stream.body.contains("\"error\""));
    const Reply anthropic = m_stage->client->post("/anthropic/v1/messages",
        R"({"model":"mock-close","stream":true,"max_tokens":8,"messages":[]})");
    QVERIFY(!anthropic.isWhole);
    QVERIFY(anthropic.body.contains("event: error\n"));
    QTRY_COMPARE(m_stage->feed->size(), 3);
}

void TestGateway::refusesGarbageFromAProvider()
{
    test::ScriptedServer garbage([](const test::ScriptedServer::Call &call) {
        call.socket->write("\x16\x03garbage\r\n\r\n");
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = garbage.baseUrl();
    start();
    const Reply reply = m_stage->client->post("/openai/v1/chat/completions", Chat);
    QCOMPARE(reply.status, 502);
    QVERIFY(reply.isWhole);
    QCOMPARE(m_stage->client->send("GET", "/health").status, 200);
}

void TestGateway::holdsASlowClientsProviderBack()
{
    // A provider that would send 64 MiB as fast as it can.
    constexpr qint64 whole = 64 * 1024 * 1024;
    qint64 sent = 0;
    test::ScriptedServer provider([&sent](const test::ScriptedServer::Call &call) {
        QTcpSocket *socket = call.socket;
        socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
            + QByteArray::number(whole) + "\r\n\r\n");
        const auto feed = [socket, &sent] {
            while (sent < whole && socket->bytesToWrite() < 256 * 1024) {
                socket->write(QByteArray(64 * 1024, 'x'));
                sent += 64 * 1024;
            }
        };
        connect(socket, &QTcpSocket::bytesWritten, socket, feed);
        feed();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    start();
    QTcpSocket client;
    client.setReadBufferSize(4096);
    client.connectToHost(
        QHostAddress::LocalHost, QUrl(QString::fromUtf8(m_stage->gateway->baseUrl())).port());
    client.write("POST /openai/v1/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                 "key-ci-0123456789\r\nContent-Length: 2\r\n\r\n{}");
    QTRY_VERIFY(client.bytesAvailable() > 0);
    // It stops: what the provider got rid of stays within the sockets' and the gateway's buffers.
    qint64 before = -1;
    QTRY_VERIFY_WITH_TIMEOUT((std::exchange(before, sent) == sent), 10'000);
    QTest::qWait(0); // one turn of the event loop
    QVERIFY2(sent < whole / 2, qPrintable(QString::number(sent)));
    // And goes on when the client reads.
    client.setReadBufferSize(0);
    qint64 received = 0;
    connect(&client, &QTcpSocket::readyRead, &client, [&] { received += client.readAll().size(); });
    received += client.readAll().size();
    QTRY_VERIFY_WITH_TIMEOUT(received >= whole, 30'000);
}

void TestGateway::cancelsUpstreamWhenClientsLeave()
{
    start();
    QRandomGenerator random(5);
    constexpr int clients = 200;
    for (int i = 0; i < clients; ++i) {
        const bool isStream = random.bounded(2) == 0;
        const size_t number = m_stage->client->start(
            "POST", "/openai/v1/chat/completions", isStream ? Stream : chatWith("mock-slow"));
        const int turns = random.bounded(4);
        for (int turn = 0; turn < turns; ++turn)
            QCoreApplication::processEvents(QEventLoop::AllEvents, random.bounded(5));
        m_stage->client->hangUp(number);
    }
    // Every stream is cancelled or finished within a second, nothing stays open.
    QTRY_COMPARE_WITH_TIMEOUT(books()["streams"_L1]["open"_L1].toInt(), 0, 1'000);
    QTRY_COMPARE_WITH_TIMEOUT(books()["requests"_L1]["in_flight"_L1].toInt(), 0, 1'000);
    QCOMPARE(m_stage->client->post("/openai/v1/chat/completions", Chat).status, 200);
}

void TestGateway::admitsExactlyTheLimit_data()
{
    QTest::addColumn<int>("run");
    for (int run = 1; run <= 3; ++run)
        QTest::addRow("run %d", run) << run;
}

void TestGateway::admitsExactlyTheLimit()
{
    start("global: {rate-limit: {per-api-key: {capacity: 100, refill-frequency: 24h}}}\n");
    int admitted = 0;
    int refused = 0;
    QVERIFY(m_stage->client->load(
        2'000, 100, "/openai/v1/chat/completions", Chat, [&](const Reply &reply) {
            admitted += reply.status == 200 ? 1 : 0;
            refused += reply.status == 429 ? 1 : 0;
        }));
    QCOMPARE(admitted, 100);
    QCOMPARE(refused, 1'900);
    // The mock's own books, the window's counter and its totals say the same.
    QCOMPARE(books()["requests"_L1]["answered"_L1].toInt(), 100);
    const insight::UsageBook &book = m_stage->usage->book();
    const insight::SubjectId ci{{config::SegmentKind::ApiKey, {}}, "ci"};
    QTRY_VERIFY(book.indexOf(ci) >= 0);
    QTRY_COMPARE(book.subject(book.indexOf(ci)).refusedTotal, quint64{1'900});
    const auto chain = book.chain(book.indexOf(ci), m_stage->clock.now());
    QCOMPARE(chain.size(), size_t{1});
    QCOMPARE(chain[0].usage.usedUnits(), 100);
    quint32 shown = 0;
    for (const insight::MinuteFigures &minute :
        book.history(book.indexOf(ci), m_stage->clock.wall()))
        shown += minute.admitted;
    QCOMPARE(shown, 100U);
}

void TestGateway::countsGloballyThenByRouter()
{
    start("global: {rate-limit: {per-api-key: {capacity: 3, refill-frequency: 24h}}}\n"
          "routers:\n"
          "  tight: {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, "
          "weight: 1}]}}, rate-limit: {per-api-key: {capacity: 1, refill-frequency: 24h}}}\n"
          "  open: {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, "
          "weight: 1}]}}, rate-limit: {disabled: true}}\n");
    const auto status = [this](const QByteArray &path) {
        return m_stage->client->post(path, Chat).status;
    };
    QCOMPARE(status("/router/tight/chat/completions"), 200);
    // Refused by the router: the global counter must not have been charged.
    QCOMPARE(status("/router/tight/chat/completions"), 429);
    QCOMPARE(status("/router/tight/chat/completions"), 429);
    QCOMPARE(status("/openai/v1/chat/completions"), 200);
    QCOMPARE(status("/openai/v1/chat/completions"), 200);
    QCOMPARE(status("/openai/v1/chat/completions"), 429);
    // The router that opts out is free of the global limit too, but not of the client's own policy.
    QCOMPARE(status("/router/open/chat/completions"), 200);
    const gateway::Headers policy{{"Helicone-RateLimit-Policy", "1;w=60"}};
    QCOMPARE(m_stage->client->post("/router/open/chat/completions", Chat, policy).status, 200);
    const Reply refused = m_stage->client->post("/router/open/chat/completions", Chat, policy);
    QCOMPARE(refused.status, 429);
    QVERIFY(refused.json()["message"_L1].toString().contains("rate limit"_L1));
}

void TestGateway::countsTeamsMembersAndEverybody()
{
    start("teams: {core: {members: [alice]}, ops: {members: [bob]}}\n"
          "global:\n  rate-limit:\n"
          "    per-team: [{name: teams, capacity: 3, refill-frequency: 24h},\n"
          "               {name: teams-slow, capacity: 9, refill-frequency: 48h}]\n"
          "    per-team-member: {capacity: 2, refill-frequency: 24h, mode: shadow}\n"
          "    shared: {name: everybody, capacity: 4, refill-frequency: 24h}\n");
    const auto post = [this](const QByteArray &key) {
        m_stage->client->setHeaders({{"Authorization", "Bearer " + key}});
        return m_stage->client->post("/openai/v1/chat/completions", Chat);
    };
    const auto refusing = [&post](const QByteArray &key) {
        const Reply reply = post(key);
        return reply.status == 429 ? reply.json()["error"_L1]["limit"_L1]["name"_L1].toString()
                                   : QString::number(reply.status);
    };
    for (int i = 0; i < 3; ++i)
        QCOMPARE(post("key-ci-0123456789").status, 200);
    QCOMPARE(refusing("key-ci-0123456789"), u"teams"_s);
    QCOMPARE(post("key-app-0123456789").status, 200);
    QCOMPARE(refusing("key-app-0123456789"), u"everybody"_s);
    QCOMPARE(books()["requests"_L1]["answered"_L1].toInt(), 4);
    QTRY_COMPARE(m_stage->feed->size(), 6);
    // The third request of alice was over her own shadow limit, which refuses nobody.
    const auto &chain = m_stage->feed->at(3).decision.chain;
    QCOMPARE(chain.size(), size_t(4));
    QCOMPARE(chain[2].value, "core/alice"_ba);
    QVERIFY(chain[2].verdict == limits::LinkVerdict::WouldRefuse);
}

void TestGateway::appliesEditsToTheNextRequest()
{
    const auto limit = [](int capacity) {
        return QByteArray("global: {rate-limit: {per-api-key: {capacity: "
            + QByteArray::number(capacity) + ", refill-frequency: 24h}}}\n");
    };
    start(limit(2));
    const auto remaining = [this] {
        return m_stage->client->post("/openai/v1/chat/completions", Chat)
            .header("x-ratelimit-remaining");
    };
    QCOMPARE(remaining(), "1"_ba);
    QCOMPARE(remaining(), "0"_ba);
    QCOMPARE(m_stage->client->post("/openai/v1/chat/completions", Chat).status, 429);
    QVERIFY(m_stage->gateway->apply(m_stage->load(limit(5))));
    // What has been used stays used: 2 of 5, and this request is the third.
    QCOMPARE(remaining(), "2"_ba);
    QVERIFY(m_stage->gateway->apply(m_stage->load(limit(2))));
    QCOMPARE(m_stage->client->post("/openai/v1/chat/completions", Chat).status, 429);
}

void TestGateway::movesTheListener()
{
    start();
    const size_t running = m_stage->client->start("POST", "/openai/v1/chat/completions", Stream);
    QTRY_VERIFY(!m_stage->client->reply(running).body.isEmpty());
    const QByteArray before = m_stage->gateway->baseUrl();
    auto moved = std::make_shared<config::Configuration>(*m_stage->load());
    moved->server.workers = 1;
    QVERIFY(m_stage->gateway->apply(moved));
    QVERIFY(m_stage->gateway->baseUrl() != before);
    m_stage->client->setBaseUrl(m_stage->gateway->baseUrl());
    QCOMPARE(m_stage->client->send("GET", "/health").status, 200);
    QTRY_VERIFY(m_stage->client->reply(running).isDone);
    QVERIFY2(m_stage->client->reply(running).isWhole, "a running stream may finish");
}

void TestGateway::saysThatThePortIsTaken()
{
    start();
    const quint16 port = quint16(QUrl(QString::fromUtf8(m_stage->gateway->baseUrl())).port());
    session::GatewaySession second(m_stage->clock);
    second.overrideListener(u"127.0.0.1"_s, port);
    const auto started = second.start(m_stage->load(), u"config.yaml"_s);
    QVERIFY(!started);
    QVERIFY(started.error().code == ErrorCode::Busy);
    QVERIFY(second.state() == session::GatewaySession::State::Failed);
    QVERIFY(second.error().contains(QString::number(port)));
}

void TestGateway::refusesStrangers()
{
    start();
    const auto reply = [this](const gateway::Headers &headers) {
        TestClient stranger(m_stage->gateway->baseUrl());
        return stranger.post("/openai/v1/chat/completions", Chat, headers);
    };
    QCOMPARE(reply({}).status, 401);
    QCOMPARE(reply({{"Authorization", "Bearer wrong"}}).json()["error"_L1]["code"_L1].toString(),
        u"invalid_api_key"_s);
    QCOMPARE(reply({{"Authorization", "Bearer key-ci-0123456789"}, {"Origin", "https://evil.test"}})
                 .status,
        403);
    QCOMPARE(books()["requests"_L1]["total"_L1].toInt(), 0);
    QTRY_COMPARE(m_stage->feed->size(), 3);
    QVERIFY(m_stage->feed->at(0).outcome == Outcome::Rejected);
}

void TestGateway::aMissingProviderKeyCostsNothing()
{
    start("global: {rate-limit: {per-api-key: {capacity: 2, refill-frequency: 24h}}}\n");
    const auto post = [this](const gateway::Headers &headers) {
        return m_stage->client->post("/mistral/v1/chat/completions", Chat, headers);
    };
    for (int i = 0; i < 3; ++i) {
        const Reply reply = post({});
        QCOMPARE(reply.status, 401);
        QCOMPARE(reply.json()["error"_L1]["code"_L1].toString(), u"provider_key_not_found"_s);
        QVERIFY(reply.header("x-ratelimit-remaining").isNull());
    }
    QCOMPARE(
        m_stage->client->post("/openai/v1/chat/completions", Chat).header("x-ratelimit-remaining"),
        "1"_ba);
    // A refused model list is an answer like every other: with its ids, and in the list.
    TestClient stranger(m_stage->gateway->baseUrl());
    const Reply models = stranger.send("GET", "/v1/models");
    QCOMPARE(models.status, 401);
    QCOMPARE(models.header("helicone-id").size(), 36);
    QTRY_COMPARE(m_stage->feed->size(), 5);
}

void TestGateway::answersPreflights()
{
    auto configuration = std::make_shared<config::Configuration>(*m_stage->load());
    configuration->server.allowedOrigins = {u"http://localhost:5173"_s};
    QVERIFY(m_stage->gateway->start(configuration, u"config.yaml"_s));
    TestClient page(m_stage->gateway->baseUrl());
    const gateway::Headers asks{
        {"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "POST"}};
    const Reply preflight = page.send("OPTIONS", "/v1/chat/completions", {}, asks);
    QCOMPARE(preflight.status, 204);
    QCOMPARE(preflight.header("Access-Control-Allow-Origin"), "http://localhost:5173"_ba);
    const Reply answer = page.post("/openai/v1/chat/completions", Chat,
        {{"Origin", "http://localhost:5173"}, {"Authorization", "Bearer key-ci-0123456789"}});
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("Access-Control-Allow-Origin"), "http://localhost:5173"_ba);
    const Reply other = page.send("OPTIONS", "/v1/chat/completions", {},
        {{"Origin", "http://evil.test"}, {"Access-Control-Request-Method", "POST"}});
    QCOMPARE(other.status, 403);
}

void TestGateway::keepsSecretsOutOfRecords()
{
    start();
    QCOMPARE(
        m_stage->client->post("/openai/v1/chat/completions?key=key-ci-0123456789", Chat).status,
        200);
    TestClient stranger(m_stage->gateway->baseUrl());
    stranger.post("/openai/v1/x", Chat, {{"Authorization", "Bearer another-private-key"}});
    QTRY_COMPARE(m_stage->feed->size(), 2);
    for (int i = 0; i < m_stage->feed->size(); ++i) {
        const insight::RequestRecord &record = m_stage->feed->at(i);
        const QByteArray all = record.path + record.note.toUtf8() + record.subject.apiKey
            + record.model + record.provider + record.requestId;
        for (const char *secret :
            {"key-ci-0123456789", "another-private-key", "sk-provider-secret"})
            QVERIFY2(!all.contains(secret), all.constData());
    }
}

void TestGateway::endsRunningStreamsWhenStopped()
{
    start();
    const size_t number =
        m_stage->client->start("POST", "/openai/v1/chat/completions", chatWith("mock-slow"));
    QTRY_COMPARE(books()["requests"_L1]["total"_L1].toInt(), 1);
    m_stage->gateway->stop(std::chrono::milliseconds::zero());
    QTRY_VERIFY(m_stage->client->reply(number).isDone);
    QTRY_COMPARE(books()["requests"_L1]["in_flight"_L1].toInt(), 0);
    QVERIFY(m_stage->gateway->state() == session::GatewaySession::State::Stopped);
}

QTEST_GUILESS_MAIN(TestGateway)
#include "tst_gateway.moc"
