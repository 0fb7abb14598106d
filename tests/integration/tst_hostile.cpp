// SPDX-License-Identifier: GPL-3.0-or-later
// Clients and providers at their worst, against the whole gateway over real sockets. After each of
// them the gateway answers everybody else and holds nothing of it.
#include "core/base/secrets.h"
#include "core/config/loader.h"
#include "core/session/gatewaysession.h"
#include "scriptedserver.h"
#include "testclient.h"

#include <QElapsedTimer>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QTest>
#include <QUrl>

#include <random>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::Reply;
using test::ScriptedServer;
using test::TestClient;

namespace {

const QByteArray Key = "key-ci-0123456789";
const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray Chat = R"({"model":"gpt-4o","messages":[]})";

QByteArray wholeRequest(const QByteArray &body = Chat)
{
    return "POST " + Path + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + Key
        + "\r\nContent-Type: application/json\r\nContent-Length: " + QByteArray::number(body.size())
        + "\r\n\r\n" + body;
}

/// What a client may get from a provider that misbehaves.
enum Outcome {
    BadGateway = 1, ///< a whole 502
    Cut = 2, ///< an answer that does not look whole
    Whole = 4, ///< the provider's answer
};

} // namespace

class TestHostile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void strangers_data();
    void strangers();
    void hugeHeader();
    void hugeHeaderInSmallPieces();
    void halfARequestThenSilence_data();
    void halfARequestThenSilence();
    void halfARequestThenGone_data();
    void halfARequestThenGone();
    void slowBodyDelaysNobody();
    void bodyLongerThanAllowed();
    void wrongBodies_data();
    void wrongBodies();
    void badProviders_data();
    void badProviders();
    void providerThatNeverAnswers();
    void clientThatLeavesASilentProvider();
    void randomBytes();

private:
    [[nodiscard]] quint16 port() const
    {
        return quint16(QUrl(QString::fromUtf8(m_gateway->baseUrl())).port());
    }

    /// Sends bytes and gives all that comes back until the gateway closes.
    [[nodiscard]] QByteArray talk(const QByteArray &bytes, int milliseconds = 10'000) const;

    SystemClock m_clock;
    ScriptedServer::Script m_script;
    std::unique_ptr<ScriptedServer> m_provider;
    std::unique_ptr<session::GatewaySession> m_gateway;
    std::unique_ptr<TestClient> m_client;
};

void TestHostile::init()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_script = [](const ScriptedServer::Call &call) {
        call.socket->write(ScriptedServer::ok(R"({"id":"1"})"));
    };
    m_provider = std::make_unique<ScriptedServer>(
        [this](const ScriptedServer::Call &call) { m_script(call); });
    const QByteArray text = "server: {port: 0, workers: 2, header-timeout: 1s, max-body-bytes: "
                            "64KiB}\nhelicone: {features: auth}\napi-keys:\n  - {name: ci, hash: "
                            "\"sha256:"
        + hashApiKey(Key) + "\"}\nproviders:\n  openai: {base-url: \"" + m_provider->baseUrl()
        + "\", timeout: 2s, api-key-env: SLUICE_TEST_PROVIDER_KEY}\n";
    qputenv("SLUICE_TEST_PROVIDER_KEY", "sk-provider-secret");
    const auto loaded = config::load(text, QProcessEnvironment::systemEnvironment());
    QVERIFY(loaded.configuration != nullptr);
    m_gateway = std::make_unique<session::GatewaySession>(m_clock);
    QVERIFY(m_gateway->start(loaded.configuration, u"config.yaml"_s));
    m_client = std::make_unique<TestClient>(m_gateway->baseUrl());
    m_client->setHeaders({{"Authorization", QByteArray("Bearer " + Key)}});
}

/// Whatever the test did: others are served, and no request is left open.
void TestHostile::cleanup()
{
    if (!m_client)
        return;
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(m_client->send("GET", "/health").status, 200);
    QVERIFY(timer.elapsed() < 2'000);
    m_client.reset();
    timer.restart();
    m_gateway->stop(std::chrono::seconds(20));
    QVERIFY2(timer.elapsed() < 5'000, "requests were still open");
    m_gateway.reset();
    m_provider.reset();
}

QByteArray TestHostile::talk(const QByteArray &bytes, int milliseconds) const
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port());
    QByteArray answer;
    connect(&socket, &QTcpSocket::readyRead, &socket, [&] { answer += socket.readAll(); });
    socket.write(bytes);
    const bool isClosed = QTest::qWaitFor(
        [&] { return socket.state() == QAbstractSocket::UnconnectedState; }, milliseconds);
    return isClosed ? answer : answer + "(still open)";
}

void TestHostile::strangers_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("none") << "X-Nothing"_ba
                          << "x"_ba;
    QTest::newRow("wrong") << "Authorization"_ba
                           << "Bearer sk-wrong"_ba;
    QTest::newRow("almost right") << "Authorization"_ba << QByteArray("Bearer " + Key.chopped(1));
    QTest::newRow("longer") << "Authorization"_ba << QByteArray("Bearer " + Key + "0");
    QTest::newRow("empty") << "Authorization"_ba
                           << "Bearer "_ba;
    QTest::newRow("another scheme") << "Authorization"_ba
                                    << "Basic a2V5OnNlY3JldA=="_ba;
    QTest::newRow("the hash") << "Authorization"_ba << QByteArray("Bearer " + hashApiKey(Key));
    QTest::newRow("30 KiB") << "Authorization"_ba
                            << QByteArray("Bearer " + QByteArray(30'000, 'k'));
    QTest::newRow("Helicone-Auth wins")
        << "Helicone-Auth"_ba
        << "Bearer wrong\r\nAuthorization: Bearer key-ci-0123456789"_ba;
    QTest::newRow("x-api-key") << "x-api-key"_ba
                               << "sk-wrong"_ba;
    QTest::newRow("bytes above ASCII") << "Authorization"_ba
                                       << "Bearer \xff\xfe\xc3"_ba;
}

void TestHostile::strangers()
{
    QFETCH(const QByteArray, name);
    QFETCH(const QByteArray, value);
    const QByteArray answer = talk("POST " + Path + " HTTP/1.1\r\nHost: gateway\r\n" + name + ": "
        + value + "\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    QVERIFY2(answer.startsWith("HTTP/1.1 401 "), answer.constData());
    QVERIFY2(answer.contains("\"code\":\"invalid_api_key\""), answer.constData());
    QVERIFY(!answer.contains("sk-wrong"));
    QVERIFY(m_provider->calls().isEmpty());
}

void TestHostile::hugeHeader()
{
    const QByteArray answer = talk("GET /health HTTP/1.1\r\nHost: gateway\r\nX-Big: "
        + QByteArray(1'000'000, 'x') + "\r\n\r\n");
    QVERIFY2(answer.startsWith("HTTP/1.1 431 "), answer.left(200).constData());
    QVERIFY(!answer.endsWith("(still open)"));
}

void TestHostile::hugeHeaderInSmallPieces()
{
    QByteArray head = "GET /health HTTP/1.1\r\nHost: gateway\r\n";
    for (int i = 0; head.size() < 1'000'000; ++i)
        head += "X-" + QByteArray::number(i) + ": small\r\n";
    const QByteArray answer = talk(head + "\r\n");
    QVERIFY2(answer.startsWith("HTTP/1.1 431 "), answer.left(200).constData());
}

void TestHostile::halfARequestThenSilence_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const QByteArray whole = wholeRequest();
    QTest::newRow("one byte") << whole.first(1);
    QTest::newRow("half a request line") << whole.first(12);
    QTest::newRow("half a header") << whole.first(60);
    QTest::newRow("no empty line") << whole.first(whole.indexOf("\r\n\r\n") + 2);
}

void TestHostile::halfARequestThenSilence()
{
    QFETCH(const QByteArray, bytes);
    QElapsedTimer timer;
    timer.start();
    const QByteArray answer = talk(bytes);
    QVERIFY2(answer.startsWith("HTTP/1.1 408 "), answer.constData());
    QVERIFY2(timer.elapsed() >= 900, qPrintable(QString::number(timer.elapsed())));
    // The time-out, and what the gateway waits for the client to read its answer.
    QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
}

void TestHostile::halfARequestThenGone_data()
{
    QTest::addColumn<int>("size");
    const auto whole = int(wholeRequest().size());
    for (int size = 0; size < whole; size += 7)
        QTest::addRow("%d of %d bytes", size, whole) << size;
}

void TestHostile::halfARequestThenGone()
{
    QFETCH(const int, size);
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port());
    QVERIFY(socket.waitForConnected());
    socket.write(wholeRequest().first(size));
    socket.flush();
    socket.abort();
    QCOMPARE(m_client->post(Path, Chat).status, 200);
    QCOMPARE(m_provider->calls().size(), 1);
}

void TestHostile::slowBodyDelaysNobody()
{
    const QByteArray whole = wholeRequest();
    QTcpSocket slow;
    slow.connectToHost(QHostAddress::LocalHost, port());
    const qsizetype half = whole.size() - Chat.size() / 2;
    slow.write(whole.first(half));
    QVERIFY(slow.waitForBytesWritten());
    for (int i = 0; i < 20; ++i)
        QCOMPARE(m_client->post(Path, Chat).status, 200);
    QCOMPARE(slow.bytesAvailable(), 0);
    slow.write(whole.sliced(half));
    QTRY_VERIFY(slow.bytesAvailable() > 0);
    QVERIFY(slow.readAll().startsWith("HTTP/1.1 200 "));
}

void TestHostile::bodyLongerThanAllowed()
{
    const QByteArray answer = talk(wholeRequest(QByteArray(100'000, ' ')));
    QVERIFY2(answer.startsWith("HTTP/1.1 413 "), answer.left(200).constData());
    QByteArray chunked = "POST " + Path + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer "
        + Key + "\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i)
        chunked += ScriptedServer::chunk(QByteArray(1'000, ' '));
    QVERIFY(talk(chunked).startsWith("HTTP/1.1 413 "));
    QVERIFY(m_provider->calls().isEmpty());
}

void TestHostile::wrongBodies_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("empty") << ""_ba;
    QTest::newRow("no JSON") << "hello"_ba;
    QTest::newRow("no object") << "[1,2,3]"_ba;
    QTest::newRow("cut off") << Chat.chopped(3);
    QTest::newRow("no model") << "{}"_ba;
    QTest::newRow("a number for a model") << R"({"model":42})"_ba;
    QTest::newRow("deeply nested") << QByteArray(QByteArray(20'000, '[') + QByteArray(20'000, ']'));
    QTest::newRow("deep in an object")
        << QByteArray(R"({"model":)" + QByteArray(20'000, '[') + QByteArray(20'000, ']') + "}");
    QTest::newRow("bytes that are no UTF-8") << "{\"model\":\"\xff\xfe\"}"_ba;
    QTest::newRow("NUL") << QByteArray("{\"model\":\"gpt\0-4o\"}", 19);
    QTest::newRow("a provider nobody has") << R"({"model":"nobody/gpt"})"_ba;
}

void TestHostile::wrongBodies()
{
    QFETCH(const QByteArray, body);
    // The unified path looks into the body; every one of these is the client's mistake.
    const Reply reply = m_client->post("/ai/chat/completions", body);
    QVERIFY2(reply.status >= 400 && reply.status < 500, qPrintable(QString::number(reply.status)));
    QVERIFY2(!reply.json()["error"_L1]["message"_L1].toString().isEmpty(), reply.body.constData());
    QVERIFY(m_provider->calls().isEmpty());
}

void TestHostile::badProviders_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("allowed");
    const auto row = [](const char *name, const QByteArray &bytes, int allowed) {
        QTest::newRow(name) << bytes << allowed;
    };
    const QByteArray ok = "HTTP/1.1 200 OK\r\n";
    const QByteArray events = ok + "Content-Type: text/event-stream\r\n";
    row("closes at once", "", BadGateway);
    row("bytes without a meaning", "\x16\x03\x01\x02\x00garbage\r\n\r\n", BadGateway);
    row("half a status line", "HTTP/1.", BadGateway);
    row("half a head", ok + "Content-Type: text/ev", BadGateway);
    row("status 99", "HTTP/1.1 99 Low\r\n\r\n", BadGateway);
    row("status 1000", "HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n", BadGateway | Whole);
    row("status that is no number", "HTTP/1.1 abc OK\r\n\r\n", BadGateway);
    row("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", BadGateway);
    row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BadGateway);
    row("header without a colon", ok + "garbage\r\nContent-Length: 2\r\n\r\n{}",
        BadGateway | Whole);
    row("NUL in a header", ok + QByteArray("X-A: a\0b\r\n", 10) + "Content-Length: 2\r\n\r\n{}",
        BadGateway | Whole);
    row("2 MB of headers",
        ok + QByteArray("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").repeated(40'000)
            + "Content-Length: 2\r\n\r\n{}",
        BadGateway);
    row("negative length", ok + "Content-Length: -5\r\n\r\n{}", BadGateway | Cut);
    row("length that is no number", ok + "Content-Length: many\r\n\r\n{}",
        BadGateway | Cut | Whole);
    row("two lengths", ok + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}", BadGateway | Cut);
    row("fewer bytes than announced", ok + "Content-Length: 100\r\n\r\n{}", BadGateway);
    row("fewer of a large answer", ok + "Content-Length: 1000000\r\n\r\n" + QByteArray(70'000, 'x'),
        Cut);
    row("more bytes than announced", ok + "Content-Length: 2\r\n\r\n{}{}{}{}", Whole);
    row("chunk size that is no number", events + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", Cut);
    row("chunk size beyond 64 bits",
        events + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n{}", Cut);
    row("chunk without its end", events + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX", Cut);
    row("closes in the middle of a stream",
        events + "Transfer-Encoding: chunked\r\n\r\n" + ScriptedServer::chunk("data: {}\n\n"), Cut);
    row("a stream of garbage",
        events + "Transfer-Encoding: chunked\r\n\r\n"
            + ScriptedServer::chunk(QByteArray("\0\xff\xfe\x80", 4)) + ScriptedServer::chunk(""),
        Whole);
    row("body that only ends by closing", ok + "Content-Type: text/plain\r\n\r\nhello", Whole);
    row("a thousand interim answers", QByteArray("HTTP/1.1 100 Continue\r\n\r\n").repeated(1'000),
        BadGateway);
    row("only an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\n", BadGateway);
    row("switches protocols", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nxx", BadGateway | Cut);
    row("no content with content", "HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello", Whole);
    row("a redirect",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
        "0\r\n\r\n",
        Whole);
    row("an encoding nobody asked for",
        ok + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnogz", BadGateway | Whole);
}

void TestHostile::badProviders()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, allowed);
    m_script = [bytes](const ScriptedServer::Call &call) {
        call.socket->write(bytes);
        call.socket->disconnectFromHost();
    };
    const Reply reply = m_client->post(Path, Chat);
    QVERIFY2(reply.isDone, "the client waits for ever");
    const int outcome = !reply.isWhole ? Cut : reply.status == 502 ? BadGateway : Whole;
    QVERIFY2((outcome & allowed) != 0,
        qPrintable(u"outcome %1, status %2: %3"_s.arg(QString::number(outcome),
            QString::number(reply.status), QString::fromUtf8(reply.body.left(200)))));
    if (outcome == BadGateway) {
        QCOMPARE(reply.json()["error"_L1]["code"_L1].toString(), u"upstream_unreachable"_s);
        QVERIFY(reply.json()["error"_L1]["message"_L1].toString().contains("openai"_L1));
    }
    // The next request gets a connection that nothing of this is left on.
    m_script = [](const ScriptedServer::Call &call) {
        call.socket->write(ScriptedServer::ok(R"({"id":"2"})"));
    };
    QCOMPARE(m_client->post(Path, Chat).body, R"({"id":"2"})"_ba);
}

void TestHostile::providerThatNeverAnswers()
{
    m_script = [](const ScriptedServer::Call &) {};
    const Reply reply = m_client->post(Path, Chat);
    QCOMPARE(reply.status, 504);
    QCOMPARE(reply.json()["error"_L1]["code"_L1].toString(), u"upstream_timeout"_s);
    QTRY_COMPARE(m_provider->openConnections(), 0);
}

void TestHostile::clientThatLeavesASilentProvider()
{
    m_script = [](const ScriptedServer::Call &) {};
    const size_t number = m_client->start("POST", Path, Chat);
    QTRY_COMPARE(m_provider->calls().size(), 1);
    m_client->hangUp(number);
    QTRY_COMPARE_WITH_TIMEOUT(m_provider->openConnections(), 0, 1'000);
}

/// Random bytes, and requests with random bytes changed, cut and doubled in them.
static QByteArray nonsense(std::mt19937 &random)
{
    QByteArray bytes;
    if (random() % 3 == 0) {
        const size_t size = random() % 3'000;
        for (size_t i = 0; i < size; ++i)
            bytes.append(char(random()));
        return bytes;
    }
    bytes = wholeRequest();
    if (random() % 2 == 0)
        bytes = "POST " + Path
            + " HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer " + Key
            + "\r\n\r\n" + ScriptedServer::chunk(Chat) + ScriptedServer::chunk("");
    const size_t changes = 1 + random() % 6;
    static const QByteArrayList pieces{"\r\n", "\r\n\r\n", ":", " ", QByteArray(1, '\0'), "\xff",
        "Content-Length: 9999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n",
        "HTTP/9.9", "\r", "\n", "%00", "//", "-1"};
    for (size_t i = 0; i < changes && !bytes.isEmpty(); ++i) {
        const auto at = qsizetype(random() % size_t(bytes.size()));
        switch (random() % 4) {
        case 0:
            bytes[at] = char(random());
            break;
        case 1:
            bytes.remove(at, qsizetype(random() % 20));
            break;
        case 2:
            bytes.insert(at, pieces[qsizetype(random() % size_t(pieces.size()))]);
            break;
        default:
            bytes.truncate(at);
        }
    }
    return bytes;
}

void TestHostile::randomBytes()
{
    constexpr int streams = 2'000;
    constexpr size_t parallel = 40;
    std::mt19937 random(20260302);
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    int started = 0;
    QElapsedTimer timer;
    timer.start();
    while (started < streams) {
        QVERIFY2(timer.elapsed() < 120'000, "too slow");
        while (sockets.size() < parallel && started < streams) {
            auto socket = std::make_unique<QTcpSocket>();
            socket->connectToHost(QHostAddress::LocalHost, port());
            socket->write(nonsense(random));
            sockets.push_back(std::move(socket));
            ++started;
        }
        QVERIFY(QTest::qWaitFor([&] {
            return std::all_of(sockets.begin(), sockets.end(), [](const auto &socket) {
                return socket->bytesToWrite() == 0
                    || socket->state() == QAbstractSocket::UnconnectedState;
            });
        }));
        // Half of them leave in an orderly way, half with a reset; an answer may be under way.
        for (size_t i = 0; i < sockets.size(); ++i) {
            if (i % 2 == 0)
                sockets[i]->abort();
            else
                sockets[i]->close();
        }
        sockets.clear();
        if (started % 400 == 0)
            QCOMPARE(m_client->send("GET", "/health").status, 200);
    }
    QCOMPARE(m_client->post(Path, Chat).status, 200);
}

QTEST_GUILESS_MAIN(TestHostile)
#include "tst_hostile.moc"
