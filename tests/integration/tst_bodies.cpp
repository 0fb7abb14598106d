// SPDX-License-Identifier: GPL-3.0-or-later
// What is recorded of bodies, over real sockets: what the client has sent and what it got, whatever
// lies between; and nothing that was not asked for.
#include "core/stores/bodies/bodyreader.h"
#include "core/stores/bodies/bodystore.h"
#include "gatewaystage.h"
#include "scriptedserver.h"

#include <QDir>
#include <QFileInfo>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::MostKeptBytes;
using insight::RecordedBodies;
using test::GatewayStage;
using test::Reply;
using test::ScriptedServer;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray On = "recording: {bodies: true}\n";
const QByteArray Event = "text/event-stream";

QByteArray chat(const QByteArray &more = {})
{
    return R"({"model":"gpt-4o","max_tokens":70,"messages":[{"role":"user","content":"hi there"}])"
        + more + '}';
}

const QByteArray Stream = R"(,"stream":true)";

/// An answer without a length, which ends with its connection.
QByteArray answer(const QByteArray &type, const QByteArray &body)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nSet-Cookie: secret=1\r\n"
        + "Connection: close\r\n\r\n" + body;
}

QByteArray delta(const QByteArray &text)
{
    return R"(data: {"choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

} // namespace

class TestBodies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void recordsWhatClientsSendAndGet_data();
    void recordsWhatClientsSendAndGet();
    void recordsWhatTheFilterLeaves();
    void recordsTheAnswerThatTheClientGot();
    void cutsLargeOnes_data();
    void cutsLargeOnes();
    void recordsOnlyTheRequestOfOnesThatGetNoAnswer_data();
    void recordsOnlyTheRequestOfOnesThatGetNoAnswer();
    void recordsWhatWentOutBeforeTheEnd();
    void recordsNoCredential();
    void recordsNothingUnlessAsked_data();
    void recordsNothingUnlessAsked();
    void isSwitchedWithTheConfiguration();

private:
    bool start(const QByteArray &extra);
    [[nodiscard]] std::optional<RecordedBodies> recorded(const QByteArray &id) const;

    [[nodiscard]] QString path() const { return stores::BodyStore::pathIn(m_folder->path()); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<GatewayStage> m_stage;
};

void TestBodies::initTestCase()
{
    QLoggingCategory::setFilterRules(
        u"sluice.*.info=false\nsluice.ledger.warning=false"_s); // it says loudly that it records
}

void TestBodies::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage.reset();
    m_folder = std::make_unique<QTemporaryDir>();
    m_stage = std::make_unique<GatewayStage>();
    m_stage->gateway->keepLedger(m_folder->path());
}

bool TestBodies::start(const QByteArray &extra)
{
    return m_stage->start(extra);
}

/// Waits for it.
std::optional<RecordedBodies> TestBodies::recorded(const QByteArray &id) const
{
    std::optional<RecordedBodies> found;
    const auto isThere = [&] {
        const auto bodies = stores::readBodies(path(), id);
        found = bodies ? *bodies : std::nullopt;
        return found.has_value();
    };
    return QTest::qWaitFor(isThere, 10'000) ? found : std::nullopt;
}

void TestBodies::recordsWhatClientsSendAndGet_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("extra");
    const QByteArray usage = R"(,"stream_options":{"include_usage":true})";
    QTest::newRow("plain") << "POST"_ba << Path << chat() << On;
    QTest::newRow("stream") << "POST"_ba << Path << chat(Stream) << On;
    QTest::newRow("stream with usage") << "POST"_ba << Path << chat(Stream + usage) << On;
    QTest::newRow("Messages") << "POST"_ba
                              << "/anthropic/v1/messages"_ba << chat(Stream) << On;
    QTest::newRow("another model name")
        << "POST"_ba
        << "/v1/chat/completions"_ba << QByteArray(chat()).replace("gpt-4o", "openai/gpt-4o") << On;
    QTest::newRow("no body") << "GET"_ba
                             << "/openai/v1/models"_ba << QByteArray() << On;
    QTest::newRow("strict counters") << "POST"_ba << Path << chat(Stream)
                                     << QByteArray(On + "rate-limit-store: {durability: strict}\n");
}

void TestBodies::recordsWhatClientsSendAndGet()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, extra);
    m_stage->gateway->keepCounters(m_folder->path());
    QVERIFY(start(extra));
    const Reply reply = m_stage->client->send(method, path, body,
        {{"Content-Type", "application/json; charset=utf-8"}, {"Helicone-User-Id", "alice"}});
    QVERIFY(reply.isWhole);
    QVERIFY(!reply.body.isEmpty());
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies);
    QCOMPARE(bodies->key, "ci"_ba);
    QCOMPARE(bodies->user, "alice"_ba);
    QCOMPARE(bodies->request.type, "application/json; charset=utf-8"_ba);
    QCOMPARE(bodies->request.bytes, body);
    QCOMPARE(bodies->request.size, body.size());
    QVERIFY(bodies->answer);
    QCOMPARE(bodies->answer->type, reply.header("content-type"));
    QCOMPARE(bodies->answer->bytes, reply.body);
    QCOMPARE(bodies->answer->size, reply.body.size());
    QCOMPARE(bodies->at, m_stage->lastRecord(1).at);
}

/// What only the gateway has asked the provider for is not there.
void TestBodies::recordsWhatTheFilterLeaves()
{
    const QByteArray usage =
        R"(data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})"
        "\n\n";
    QByteArray asked;
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        asked = call.body;
        call.socket->write(answer(Event, delta("Hello") + usage + "data: [DONE]\n\n"));
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    QVERIFY(start(On));
    const Reply reply = m_stage->client->post(Path, chat(Stream));
    QVERIFY(asked.contains("include_usage"));
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies);
    QCOMPARE(bodies->request.bytes, chat(Stream));
    QCOMPARE(bodies->answer->bytes, delta("Hello") + "data: [DONE]\n\n");
    QCOMPARE(bodies->answer->bytes, reply.body);
}

/// A complaint about what the gateway has added is not for the client.
void TestBodies::recordsTheAnswerThatTheClientGot()
{
    const QByteArray refusal = R"({"detail":"stream_options: forbidden"})";
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        if (call.body.contains("stream_options"))
            call.socket->write("HTTP/1.1 400 Bad\r\nContent-Type: text/x\r\nContent-Length: "
                + QByteArray::number(refusal.size()) + "\r\nConnection: close\r\n\r\n" + refusal);
        else
            call.socket->write(answer(Event, delta("Hello")));
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    QVERIFY(start(On));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"does not take stream_options"_s));
    const Reply reply = m_stage->client->post(Path, chat(Stream));
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies);
    QCOMPARE(bodies->answer->type, Event);
    QCOMPARE(bodies->answer->bytes, delta("Hello"));
}

void TestBodies::cutsLargeOnes_data()
{
    QTest::addColumn<bool>("hasLength");
    QTest::newRow("answer with a length") << true;
    QTest::newRow("answer without one") << false;
}

void TestBodies::cutsLargeOnes()
{
    QFETCH(bool, hasLength);
    const QByteArray large(5 * MostKeptBytes, 'b');
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        call.socket->write(
            hasLength ? ScriptedServer::ok(large) : answer("application/octet-stream", large));
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    QVERIFY(start(On));
    const QByteArray body = R"({"model":"gpt-4o","messages":[{"role":"user","content":")"
        + QByteArray(3 * MostKeptBytes, 'a') + "\"}]}";
    const Reply reply = m_stage->client->post(Path, body);
    QCOMPARE(reply.body, large); // the client gets all of it
    QCOMPARE(provider.calls().constFirst().body, body); // and so does the provider
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies);
    QCOMPARE(bodies->request.bytes, body.first(MostKeptBytes));
    QCOMPARE(bodies->request.size, body.size());
    QCOMPARE(bodies->answer->bytes, large.first(MostKeptBytes));
    QCOMPARE(bodies->answer->size, large.size());
}

void TestBodies::recordsOnlyTheRequestOfOnesThatGetNoAnswer_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("extra");
    QTest::addColumn<int>("status");
    QTest::newRow("refused by a limit")
        << chat() << "global: {rate-limit: {per-api-key: {capacity: 1, refill-frequency: 1h}}}\n"_ba
        << 429;
    QTest::newRow("larger than its limit")
        << chat()
        << QByteArray("global: {rate-limit: {usage-limits: [{name: none, per: api-key, "
                      "tokens: 1, period: day}]}}\n")
        << 400;
    QTest::newRow("rejected") << R"({"messages":[]})"_ba << QByteArray() << 400;
    QTest::newRow("no JSON") << "\xFF{"_ba << QByteArray() << 400;
}

void TestBodies::recordsOnlyTheRequestOfOnesThatGetNoAnswer()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, extra);
    QFETCH(int, status);
    QVERIFY(start(On + extra));
    const QByteArray sent = QByteArray(body).replace("gpt-4o", "openai/gpt-4o");
    m_stage->client->post("/v1/chat/completions", sent); // uses up what there is
    const Reply reply = m_stage->client->post("/v1/chat/completions", sent);
    QCOMPARE(reply.status, status);
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies);
    QCOMPARE(bodies->request.bytes, sent);
    QVERIFY(!bodies->answer);
}

/// The provider breaks off: the beginning, and the gateway's own word at its end.
void TestBodies::recordsWhatWentOutBeforeTheEnd()
{
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        call.socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n"
            + ScriptedServer::chunk(delta("Hel")));
        call.socket->flush();
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    QVERIFY(start(On));
    const Reply reply = m_stage->client->post(Path, chat(Stream));
    QVERIFY(!reply.isWhole);
    QVERIFY(reply.body.startsWith(delta("Hel")));
    const auto bodies = recorded(reply.header("helicone-id"));
    QVERIFY(bodies && bodies->answer);
    QCOMPARE(bodies->answer->bytes, reply.body);
    // And one that never begins.
    ScriptedServer closed([](const ScriptedServer::Call &call) { call.socket->abort(); });
    m_stage->upstreamUrl = closed.baseUrl();
    QVERIFY(m_stage->gateway->apply(m_stage->load(On)));
    const Reply failed = m_stage->client->post(Path, chat(Stream));
    QCOMPARE(failed.status, 502);
    const auto request = recorded(failed.header("helicone-id"));
    QVERIFY(request && !request->answer);
    QCOMPARE(request->request.bytes, chat(Stream));
}

void TestBodies::recordsNoCredential()
{
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        call.socket->write(answer("application/json", "{}"));
        call.socket->disconnectFromHost();
    });
    m_stage->upstreamUrl = provider.baseUrl();
    QVERIFY(start(On));
    const Reply reply = m_stage->client->post(Path, chat(), {{"Cookie", "secret=2"}});
    QVERIFY(recorded(reply.header("helicone-id")));
    m_stage->gateway->stop(std::chrono::milliseconds::zero());
    for (const QFileInfo &info : QDir(m_folder->path()).entryInfoList(QDir::Files)) {
        QFile file(info.filePath());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray all = file.readAll();
        for (const char *secret : {"key-ci-0123456789", "sk-provider-secret", "secret="})
            QVERIFY2(!all.contains(secret), qPrintable(info.fileName()));
    }
}

void TestBodies::recordsNothingUnlessAsked_data()
{
    QTest::addColumn<QByteArray>("extra");
    QTest::newRow("default") << QByteArray();
    QTest::newRow("off") << "recording: {bodies: false}\n"_ba;
    QTest::newRow("no rows, no bodies") << "recording: {enabled: false, bodies: true}\n"_ba;
}

void TestBodies::recordsNothingUnlessAsked()
{
    QFETCH(QByteArray, extra);
    QVERIFY(start(extra));
    QCOMPARE(m_stage->client->post(Path, chat(Stream)).status, 200);
    m_stage->gateway->stop(std::chrono::milliseconds::zero());
    QVERIFY(QFileInfo::exists(m_folder->filePath(u"ledger.sqlite"_s)));
    QVERIFY(!QFileInfo::exists(path()));
}

void TestBodies::isSwitchedWithTheConfiguration()
{
    QVERIFY(start({}));
    const QByteArray before = m_stage->client->post(Path, chat()).header("helicone-id");
    QVERIFY(m_stage->gateway->apply(m_stage->load(On)));
    const Reply during = m_stage->client->post(Path, chat());
    QVERIFY(recorded(during.header("helicone-id")));
    QVERIFY(m_stage->gateway->apply(m_stage->load({})));
    const QByteArray after = m_stage->client->post(Path, chat()).header("helicone-id");
    m_stage->gateway->stop(std::chrono::milliseconds::zero());
    QVERIFY(!stores::readBodies(path(), before)->has_value());
    QVERIFY(stores::readBodies(path(), during.header("helicone-id"))->has_value());
    QVERIFY(!stores::readBodies(path(), after)->has_value());
}

QTEST_GUILESS_MAIN(TestBodies)
#include "tst_bodies.moc"
