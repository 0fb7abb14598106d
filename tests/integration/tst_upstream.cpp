// SPDX-License-Identifier: GPL-3.0-or-later
// The upstream client over real sockets against scripted providers, well-behaved and not.
#include "core/gateway/upstream/upstream.h"
#include "tests/support/recordingsink.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QTest>
#include <QTimer>

#include <algorithm>

using namespace sluice::gateway;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using sluice::test::RecordingSink;
using sluice::test::ScriptedServer;

namespace {

UpstreamRequest get(const QByteArray &url)
{
    return {.method = "GET", .url = url, .headers = {}, .body = {}, .timeout = 20s};
}

UpstreamRequest post(const QByteArray &url, const QByteArray &body)
{
    return {.method = "POST",
        .url = url,
        .headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer sk-secret"}},
        .body = body,
        .timeout = 20s};
}

} // namespace

class TestUpstream : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void sendsTheRequestAsGiven_data();
    void sendsTheRequestAsGiven();
    void relaysAPlainAnswer();
    void relaysEachChunkAsItArrives();
    void passesRedirectsAndEncodedBodiesThrough();
    void skipsInterimAnswers();
    void answersHeadWithoutABody();
    void reusesConnections();
    void recoversFromAStalePooledConnection();
    void runsAHundredAtOnce();
    void refusesWhatCannotBeSent_data();
    void refusesWhatCannotBeSent();
    void reportsAnUnreachablePort();
    void reportsAFailedHandshake();
    void reportsATimeout();
    void reportsAConnectionLostMidStream_data();
    void reportsAConnectionLostMidStream();
    void cancellingClosesTheConnectionAtOnce();
    void mayBeDestroyedInsideAnyCallback_data();
    void mayBeDestroyedInsideAnyCallback();
    void mayDestroyOthersInsideACallback();
    void mayStartTheNextInsideACallback_data();
    void mayStartTheNextInsideACallback();
    void aPausedTransferHoldsNoMemory();
    void survivesItsTransfersInAnyOrder();
};

void TestUpstream::sendsTheRequestAsGiven_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    const QByteArray json = R"({"model":"gpt-4o-mini"})";
    QTest::addRow("post") << "POST"_ba
                          << "/v1/chat/completions"_ba << json;
    QTest::addRow("post nothing") << "POST"_ba
                                  << "/v1/x"_ba
                                  << ""_ba;
    QTest::addRow("put") << "PUT"_ba
                         << "/v1/x"_ba << json;
    QTest::addRow("patch") << "PATCH"_ba
                           << "/v1/x"_ba << json;
    QTest::addRow("delete") << "DELETE"_ba
                            << "/v1/x"_ba
                            << ""_ba;
    QTest::addRow("get") << "GET"_ba
                         << "/v1/models"_ba
                         << ""_ba;
    QTest::addRow("get with body") << "GET"_ba
                                   << "/v1/models"_ba << json;
    QTest::addRow("options") << "OPTIONS"_ba
                             << "/v1/models"_ba
                             << ""_ba;
    QTest::addRow("own method") << "PURGE"_ba
                                << "/v1/models"_ba
                                << ""_ba;
    QTest::addRow("dots, escapes, query") << "GET"_ba
                                          << "/a/../b/./c%2Fd%2f%7e//e?x=%20&y=a+b&z[]=1"_ba
                                          << ""_ba;
    QTest::addRow("only a query") << "GET"_ba
                                  << "/?q"_ba
                                  << ""_ba;
}

void TestUpstream::sendsTheRequestAsGiven()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    ScriptedServer server([](const auto &call) { call.socket->write(ScriptedServer::ok("fine")); });
    Upstream upstream;
    RecordingSink sink;
    UpstreamRequest request{.method = method,
        .url = server.baseUrl() + target,
        .headers = {{"X-One", "1"}, {"X-Empty", ""}, {"content-length", "999"}},
        .body = body};
    const auto transfer = upstream.start(std::move(request), sink);
    QTRY_COMPARE(sink.ended, 1);
    QCOMPARE(server.calls().size(), 1);
    const ScriptedServer::Call &call = server.calls().first();
    QList<QByteArray> lines = call.head.split('\n');
    for (QByteArray &line : lines)
        line = line.trimmed();
    QCOMPARE(lines.takeFirst(), method + ' ' + target + " HTTP/1.1");
    std::sort(lines.begin(), lines.end());
    QList<QByteArray> expected{
        "Host: 127.0.0.1:" + QByteArray::number(server.port()), "X-One: 1", "X-Empty:"};
    if (!body.isEmpty() || method == "POST" || method == "PUT" || method == "PATCH")
        expected.append("Content-Length: " + QByteArray::number(body.size()));
    std::sort(expected.begin(), expected.end());
    QCOMPARE(lines, expected);
    QCOMPARE(call.body, body);
}

void TestUpstream::relaysAPlainAnswer()
{
    ScriptedServer server([](const auto &call) {
        call.socket->write("HTTP/1.1 429 Too Many\r\nX-A: one\r\nx-a:two \r\nRetry-After: 7\r\n"
                           "Content-Length: 5\r\n\r\nhello");
    });
    Upstream upstream;
    RecordingSink sink;
    const auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
    QCOMPARE(sink.began + sink.failed, 0);
    QTRY_COMPARE(sink.ended, 1);
    QCOMPARE(sink.began, 1);
    QCOMPARE(sink.failed, 0);
    QCOMPARE(sink.status, 429);
    QCOMPARE(sink.contentLength, 5);
    QCOMPARE(sink.body, "hello"_ba);
    const Headers expected{
        {"X-A", "one"}, {"x-a", "two"}, {"Retry-After", "7"}, {"Content-Length", "5"}};
    QVERIFY(sink.headers == expected);
}

void TestUpstream::relaysEachChunkAsItArrives()
{
    QPointer<QTcpSocket> socket;
    ScriptedServer server([&](const auto &call) {
        socket = call.socket;
        socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n");
    });
    Upstream upstream;
    RecordingSink sink;
    const auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
    QTRY_COMPARE(sink.began, 1);
    QCOMPARE(sink.contentLength, -1);
    QByteArray expected;
    for (int i = 0; i < 20; ++i) {
        const QByteArray event = "data: " + QByteArray::number(i) + "\n\n";
        expected += event;
        socket->write(ScriptedServer::chunk(event));
        QTRY_COMPARE(sink.body, expected);
        QCOMPARE(sink.chunks, i + 1);
    }
    QCOMPARE(sink.ended, 0);
    socket->write("0\r\nX-Trailer: dropped\r\n\r\n");
    QTRY_COMPARE(sink.ended, 1);
    QCOMPARE(sink.failed, 0);
}

void TestUpstream::passesRedirectsAndEncodedBodiesThrough()
{
    ScriptedServer server([](const auto &call) {
        call.socket->write(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Encoding: gzip\r\n"
            "Content-Length: 4\r\n\r\n\x1f\x8b\x08!");
    });
    Upstream upstream;
    RecordingSink sink;
    const auto transfer = upstream.start(get(server.baseUrl() + "/v1/x"), sink);
    QTRY_COMPARE(sink.ended, 1);
    QCOMPARE(sink.status, 302);
    QCOMPARE(sink.header("location"), "/elsewhere"_ba);
    QCOMPARE(sink.body, "\x1f\x8b\x08!"_ba);
    QCOMPARE(server.calls().size(), 1);
}

void TestUpstream::skipsInterimAnswers()
{
    ScriptedServer server([](const auto &call) {
        call.socket->write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        call.socket->write(ScriptedServer::ok("done"));
    });
    Upstream upstream;
    RecordingSink sink;
    const auto transfer = upstream.start(get(server.baseUrl() + "/v1/x"), sink);
    QTRY_COMPARE(sink.ended, 1);
    QCOMPARE(sink.began, 1);
    QCOMPARE(sink.status, 200);
    QVERIFY(sink.header("link").isEmpty());
}

void TestUpstream::answersHeadWithoutABody()
{
    ScriptedServer server([](const auto &call) {
        call.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
    });
    Upstream upstream;
    RecordingSink sink;
    UpstreamRequest request = get(server.baseUrl() + "/v1/x");
    request.method = "HEAD";
    const auto transfer = upstream.start(std::move(request), sink);
    QTRY_COMPARE(sink.ended, 1);
    QVERIFY(server.calls().first().head.startsWith("HEAD /v1/x HTTP/1.1"));
    QCOMPARE(sink.contentLength, 1234);
    QCOMPARE(sink.bytes, 0);
}

void TestUpstream::reusesConnections()
{
    ScriptedServer server([](const auto &call) { call.socket->write(ScriptedServer::ok("ok")); });
    Upstream upstream;
    for (int i = 0; i < 30; ++i) {
        RecordingSink sink;
        const auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
        QTRY_COMPARE(sink.ended, 1);
    }
    QCOMPARE(server.calls().size(), 30);
    QCOMPARE(server.acceptedConnections(), 1);
}

void TestUpstream::recoversFromAStalePooledConnection()
{
    // A provider that drops idle connections must not cost the next request its answer.
    ScriptedServer server([](const auto &call) {
        call.socket->write(ScriptedServer::ok("ok"));
        call.socket->disconnectFromHost();
    });
    Upstream upstream;
    for (int i = 0; i < 5; ++i) {
        RecordingSink sink;
        const auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
        QTRY_COMPARE(sink.ended, 1);
        QCOMPARE(sink.failed, 0);
    }
}

void TestUpstream::runsAHundredAtOnce()
{
    QList<QPointer<QTcpSocket>> waiting;
    ScriptedServer server([&](const auto &call) {
        waiting.append(call.socket);
        if (waiting.size() < 100)
            return;
        for (const auto &socket : waiting)
            socket->write(ScriptedServer::ok("together"));
    });
    Upstream upstream;
    std::vector<std::unique_ptr<RecordingSink>> sinks;
    std::vector<std::unique_ptr<Transfer>> transfers;
    for (int i = 0; i < 100; ++i) {
        sinks.push_back(std::make_unique<RecordingSink>());
        transfers.push_back(upstream.start(post(server.baseUrl() + "/v1/x", "{}"), *sinks.back()));
    }
    for (const auto &sink : sinks) {
        QTRY_COMPARE(sink->ended, 1);
        QCOMPARE(sink->body, "together"_ba);
    }
}

void TestUpstream::refusesWhatCannotBeSent_data()
{
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<QByteArray>("headerValue");
    QTest::addRow("other scheme") << "ftp://127.0.0.1/x"_ba
                                  << "a"_ba;
    QTest::addRow("file") << "file:///etc/passwd"_ba
                          << "a"_ba;
    QTest::addRow("no scheme") << "127.0.0.1/x"_ba
                               << "a"_ba;
    QTest::addRow("empty") << ""_ba
                           << "a"_ba;
    QTest::addRow("no host") << "http:///x"_ba
                             << "a"_ba;
    QTest::addRow("line break in a header") << "http://127.0.0.1:1/x"_ba
                                            << "a\r\nX-Evil: 1"_ba;
    QTest::addRow("line break in the URL") << "http://127.0.0.1:1/x\r\nX-Evil: 1"_ba
                                           << "a"_ba;
}

void TestUpstream::refusesWhatCannotBeSent()
{
    QFETCH(QByteArray, url);
    QFETCH(QByteArray, headerValue);
    Upstream upstream;
    RecordingSink sink;
    UpstreamRequest request = get(url);
    request.headers = {{"X-A", headerValue}};
    const auto transfer = upstream.start(std::move(request), sink);
    QCOMPARE(sink.failed, 0);
    QTRY_COMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Unreachable);
    QVERIFY(!sink.message.isEmpty());
}

void TestUpstream::reportsAnUnreachablePort()
{
    quint16 port = 0;
    {
        QTcpServer free;
        QVERIFY(free.listen(QHostAddress::LocalHost, 0));
        port = free.serverPort();
    }
    Upstream upstream;
    RecordingSink sink;
    const QByteArray url =
        "http://user:hunter2@127.0.0.1:" + QByteArray::number(port) + "/v1/x?k=s3cret";
    const auto transfer = upstream.start(post(url, "{}"), sink);
    QTRY_COMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Unreachable);
    QVERIFY2(sink.message.contains(u"127.0.0.1:%1"_s.arg(port)), qPrintable(sink.message));
    for (const QString &secret : {u"hunter2"_s, u"s3cret"_s, u"sk-secret"_s})
        QVERIFY2(!sink.message.contains(secret), qPrintable(sink.message));
}

void TestUpstream::reportsAFailedHandshake()
{
    ScriptedServer server([](const auto &) {});
    Upstream upstream;
    RecordingSink sink;
    const QByteArray url = "https://127.0.0.1:" + QByteArray::number(server.port()) + "/v1/x";
    UpstreamRequest request = get(url);
    request.connectTimeout = 300ms; // the scripted server never says a word of TLS
    const auto transfer = upstream.start(std::move(request), sink);
    QTRY_COMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Timeout);
    QVERIFY2(sink.message.contains(u"No connection"_s), qPrintable(sink.message));
}

void TestUpstream::reportsATimeout()
{
    ScriptedServer server([](const auto &) {});
    Upstream upstream;
    RecordingSink sink;
    UpstreamRequest request = post(server.baseUrl() + "/v1/x", "{}");
    request.timeout = 100ms;
    const auto transfer = upstream.start(std::move(request), sink);
    QTRY_COMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Timeout);
    QVERIFY2(sink.message.contains(u"0.1 s"_s), qPrintable(sink.message));
    QTRY_COMPARE(server.openConnections(), 0);
}

void TestUpstream::reportsAConnectionLostMidStream_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<int>("began");
    QTest::addRow("chunked without an end")
        << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"_ba << 1;
    QTest::addRow("inside a chunk")
        << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500\r\nhello"_ba << 1;
    QTest::addRow("less than Content-Length")
        << "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"_ba << 1;
    QTest::addRow("bad chunk size")
        << "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"_ba << 1;
    QTest::addRow("inside the head") << "HTTP/1.1 200 OK\r\nContent-Le"_ba << 0;
    QTest::addRow("nothing") << ""_ba << 0;
    QTest::addRow("garbage") << "SSH-2.0-OpenSSH_9.2\r\n\x01\x02\x03"_ba << 0;
    QTest::addRow("binary garbage")
        << "\x16\x03\x01\x02 not http at all, really not\r\n\r\n"_ba << 0;
    QTest::addRow("HTTP/0.9") << "<html>hello</html>"_ba << 0;
    QTest::addRow("header without a colon") << "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"_ba << 0;
    QTest::addRow("another protocol")
        << "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"_ba << 0;
    QTest::addRow("a head without an end")
        << "HTTP/1.1 200 OK\r\n"_ba + QByteArray("X-A: 0123456789\r\n").repeated(40'000) << 0;
}

void TestUpstream::reportsAConnectionLostMidStream()
{
    QFETCH(QByteArray, answer);
    QFETCH(int, began);
    ScriptedServer server([&](const auto &call) {
        call.socket->write(answer);
        call.socket->disconnectFromHost();
    });
    Upstream upstream;
    RecordingSink sink;
    const auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
    QTRY_COMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Broken);
    QCOMPARE(sink.began, began);
    QCOMPARE(sink.ended, 0);
    QVERIFY2(sink.message.contains(QString::number(server.port())), qPrintable(sink.message));
}

void TestUpstream::cancellingClosesTheConnectionAtOnce()
{
    ScriptedServer server([](const auto &call) {
        call.socket->write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        call.socket->write(ScriptedServer::chunk("data: 1\n\n"));
    });
    Upstream upstream;
    RecordingSink sink;
    auto transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
    QTRY_COMPARE(sink.chunks, 1);
    QCOMPARE(server.openConnections(), 1);
    QElapsedTimer clock;
    clock.start();
    transfer.reset();
    QTRY_COMPARE_WITH_TIMEOUT(server.openConnections(), 0, 1000);
    QVERIFY2(clock.elapsed() < 300, "cancelling is not a matter of timeouts");
    QCOMPARE(sink.ended + sink.failed, 0);
}

void TestUpstream::mayBeDestroyedInsideAnyCallback_data()
{
    using enum RecordingSink::Event;
    QTest::addColumn<RecordingSink::Event>("where");
    QTest::addRow("began") << Began;
    QTest::addRow("data") << Data;
    QTest::addRow("ended") << Ended;
    QTest::addRow("failed") << Failed;
}

void TestUpstream::mayBeDestroyedInsideAnyCallback()
{
    QFETCH(RecordingSink::Event, where);
    const bool fails = where == RecordingSink::Event::Failed;
    ScriptedServer server([&](const auto &call) {
        call.socket->write(fails ? "garbage garbage garbage\r\n" : ScriptedServer::ok("some body"));
        call.socket->disconnectFromHost();
    });
    Upstream upstream;
    auto sink = std::make_unique<RecordingSink>();
    std::unique_ptr<Transfer> transfer;
    int calls = 0;
    sink->onEvent = [&](RecordingSink::Event event) {
        QVERIFY(sink != nullptr);
        if (event != where)
            return;
        ++calls;
        transfer.reset();
        // The sink goes with it; AddressSanitizer sees any later touch.
        QTimer::singleShot(0, qApp, [gone = std::shared_ptr<RecordingSink>(std::move(sink))] {});
    };
    transfer = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), *sink);
    QTRY_COMPARE(calls, 1);
    QTRY_COMPARE(server.openConnections(), 0);
    RecordingSink second;
    const auto next = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), second);
    QTRY_COMPARE(second.ended + second.failed, 1);
    QCOMPARE(calls, 1);
}

void TestUpstream::mayDestroyOthersInsideACallback()
{
    // All answers arrive in one event: the first one told cancels all the others.
    QList<QPointer<QTcpSocket>> waiting;
    ScriptedServer server([&](const auto &call) {
        waiting.append(call.socket);
        if (waiting.size() < 20)
            return;
        for (const auto &socket : waiting)
            socket->write(ScriptedServer::ok("x"));
    });
    Upstream upstream;
    std::vector<std::unique_ptr<RecordingSink>> sinks(20);
    std::vector<std::unique_ptr<Transfer>> transfers(20);
    int told = 0;
    for (size_t i = 0; i < sinks.size(); ++i) {
        sinks[i] = std::make_unique<RecordingSink>();
        sinks[i]->onEvent = [&](RecordingSink::Event) {
            if (++told == 1)
                transfers.clear();
        };
        transfers[i] = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), *sinks[i]);
    }
    QTRY_COMPARE(told, 1);
    QTRY_COMPARE(server.openConnections(), 0);
    QCOMPARE(told, 1);
}

void TestUpstream::mayStartTheNextInsideACallback_data()
{
    mayBeDestroyedInsideAnyCallback_data();
}

void TestUpstream::mayStartTheNextInsideACallback()
{
    QFETCH(RecordingSink::Event, where);
    const bool fails = where == RecordingSink::Event::Failed;
    ScriptedServer server([&](const auto &call) {
        const bool isFirst = call.head.startsWith("POST /first");
        call.socket->write(
            isFirst && fails ? "garbage garbage garbage\r\n" : ScriptedServer::ok("body"));
        if (isFirst)
            call.socket->disconnectFromHost();
    });
    Upstream upstream;
    RecordingSink first;
    RecordingSink second;
    std::unique_ptr<Transfer> next;
    first.onEvent = [&](RecordingSink::Event event) {
        if (event == where)
            next = upstream.start(post(server.baseUrl() + "/second", "{}"), second);
    };
    const auto transfer = upstream.start(post(server.baseUrl() + "/first", "{}"), first);
    QTRY_COMPARE(first.ended + first.failed, 1);
    QTRY_COMPARE(second.ended, 1);
}

void TestUpstream::aPausedTransferHoldsNoMemory()
{
    constexpr qint64 Total = 64LL * 1024 * 1024;
    QPointer<QTcpSocket> socket;
    qint64 written = 0;
    const QByteArray block(64 * 1024, 'x');
    const auto fill = [&] {
        while (written < Total && socket->bytesToWrite() < 256 * 1024)
            written += socket->write(block);
    };
    ScriptedServer server([&](const auto &call) {
        socket = call.socket;
        socket->write(
            "HTTP/1.1 200 OK\r\nContent-Length: " + QByteArray::number(Total) + "\r\n\r\n");
        connect(socket, &QTcpSocket::bytesWritten, this, fill);
        fill();
    });
    Upstream upstream;
    RecordingSink sink;
    sink.keepsBody = false;
    std::unique_ptr<Transfer> transfer;
    qint64 atPause = -1;
    sink.onEvent = [&](RecordingSink::Event event) {
        if (event == RecordingSink::Event::Data && sink.bytes > 1'000'000 && atPause < 0) {
            transfer->pause();
            atPause = sink.bytes;
        }
    };
    transfer = upstream.start(get(server.baseUrl() + "/v1/big"), sink);
    QTRY_VERIFY(atPause > 0);
    qint64 before = -1;
    QTRY_VERIFY(std::exchange(before, written) == written);
    QVERIFY2(sink.bytes - atPause <= 64 * 1024, "a paused transfer goes on delivering");
    QVERIFY2(written < Total / 2, "the provider was read although nobody takes its bytes");
    // Pausing and resuming at once, and twice, changes nothing.
    transfer->resume();
    transfer->pause();
    transfer->resume();
    transfer->resume();
    QCOMPARE(sink.ended, 0);
    QTRY_COMPARE_WITH_TIMEOUT(sink.ended, 1, 20'000);
    QCOMPARE(sink.bytes, Total);
}

void TestUpstream::survivesItsTransfersInAnyOrder()
{
    ScriptedServer server([](const auto &) {});
    RecordingSink sink;
    std::unique_ptr<Transfer> outliving;
    {
        Upstream upstream;
        outliving = upstream.start(post(server.baseUrl() + "/v1/x", "{}"), sink);
        QTRY_COMPARE(server.calls().size(), 1);
    }
    outliving->pause();
    outliving->resume();
    outliving.reset();
    QTRY_COMPARE(server.openConnections(), 0);
    QCOMPARE(sink.ended + sink.failed, 0);
}

QTEST_GUILESS_MAIN(TestUpstream)
#include "tst_upstream.moc"
