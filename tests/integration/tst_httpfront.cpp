// SPDX-License-Identifier: GPL-3.0-or-later
// The front over real sockets: what it refuses, how it frames answers, and that clients may vanish.
#include "frontfixture.h"

#include <QTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::test;

namespace {

FrontLimits smallLimits()
{
    FrontLimits limits;
    limits.maxHeaderBytes = 2048;
    limits.maxBodyBytes = 1000;
    return limits;
}

} // namespace

class tst_HttpFront final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u"."_s)); }

    void refuses_data();
    void refuses();
    void answers_data();
    void answers();
    void keepsPipelinedAnswersInOrder();
    void takesManyRequestsOnOneConnection();
    void answersExpectContinueAtOnce();
    void deniesBeforeTheBodyIsRead();
    void takesLargeBodies();
    void holdsBackAFastWriter();
    void tellsAWriterThatStopsAtTheBrink();
    void refusesWhenTooMuchIsBuffered();
};

// Whole and byte by byte: what must be refused, with which status, and without reaching a handler.
void tst_HttpFront::refuses_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    const auto add = [](const char *name, const QByteArray &request, const char *status) {
        QTest::addRow("%s", name) << request << QByteArray(status);
    };
    const auto withField = [](const QByteArray &fields) {
        return QByteArray("POST /now HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    };
    const QByteArray chunked =
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"_ba;

    add("length and chunked",
        withField("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", "400");
    add("two lengths", withField("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd", "400");
    add("length list", withField("Content-Length: 3, 3\r\n") + "abc", "400");
    add("negative length", withField("Content-Length: -4\r\n"), "400");
    add("signed length", withField("Content-Length: +4\r\n"), "400");
    add("hex length", withField("Content-Length: 0x4\r\n"), "400");
    add("empty length", withField("Content-Length:\r\n"), "400");
    add("huge length", withField("Content-Length: 99999999999999999999\r\n"), "400");
    add("other coding", withField("Transfer-Encoding: gzip, chunked\r\n"), "400");
    add("coding twice", withField("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        "400");
    add("coding on 1.0", "POST /now HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400");
    add("chunk size zz", chunked + "zz\r\n", "400");
    add("chunk size overflow", chunked + "ffffffffffffffff\r\n", "400");
    add("chunk size negative", chunked + "-1\r\n", "400");
    add("chunk size empty", chunked + "\r\n", "400");
    add("chunk too long", chunked + "3\r\nabcd\r\n", "400");
    add("chunk bare LF", chunked + "3\nabc\r\n", "400");
    add("chunk garbage after size", chunked + "3 x\r\n", "400");
    add("chunk extension huge", chunked + "3;" + QByteArray(5000, 'a') + "\r\n", "400");
    add("bad trailer", chunked + "0\r\nno colon\r\n", "400");
    add("trailer too long",
        chunked + "0\r\n" + QByteArray("X: " + QByteArray(3000, 'a') + "\r\n").repeated(4), "400");
    add("chunks too large", chunked + "200\r\n" + QByteArray(512, 'a') + "\r\n200\r\n", "413");
    add("length too large", withField("Content-Length: 1001\r\n"), "413");
    add("no host", "GET /now HTTP/1.1\r\n\r\n", "400");
    add("two hosts", "GET /now HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400");
    add("bad host", "GET /now HTTP/1.1\r\nHost: a/b\r\n\r\n", "400");
    add("folded field", withField("X: a\r\n b\r\n"), "400");
    add("space before colon", withField("X : a\r\n"), "400");
    add("no colon", withField("X\r\n"), "400");
    add("empty name", withField(": a\r\n"), "400");
    add("control in name", withField("X\x01: a\r\n"), "400");
    add("control in value", withField("X: a\x01\r\n"), "400");
    add("NUL in value", withField(QByteArray("X: a\0b\r\n", 8)), "400");
    add("bare CR in value", withField("X: a\rb\r\n"), "400");
    add("bare LF", "GET /now HTTP/1.1\nHost: x\n\n", "400");
    add("bare LF in fields", "GET /now HTTP/1.1\r\nHost: x\nY: z\r\n\r\n", "400");
    add("two empty lines first", "\r\n\r\n" + get("/now"), "400");
    add("lower-case method", "get /now HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("method with brackets", "G(T /now HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "400");
    add("TRACE", "TRACE /now HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("no version", "GET /now\r\nHost: x\r\n\r\n", "400");
    add("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400");
    add("HTTP/1.2", "GET /now HTTP/1.2\r\nHost: x\r\n\r\n", "400");
    add("space in target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("tab in target", "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("control in target", "GET /a\x7f HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("raw UTF-8 in target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", "400");
    add("half an escape", get("/a%2"), "400");
    add("bad escape", get("/a%zz"), "400");
    add("fragment", get("/a#b"), "400");
    add("relative target", get("now"), "400");
    add("star without OPTIONS", get("*"), "400");
    add("other scheme", get("ftp://x/now"), "400");
    add("user in URL", get("http://u@x/now"), "400");
    add("unknown expectation", withField("Expect: 200-maybe\r\n"), "400");
    add("TLS hello", QByteArray("\x16\x03\x01\x02", 4), "400");
    add("long target", get(QByteArray("/" + QByteArray(3000, 'a'))), "431");
    add("long field without end", "GET /now HTTP/1.1\r\nX: " + QByteArray(3000, 'a'), "431");
    add("many fields", withField(QByteArray("A:\r\n").repeated(201)), "431");
}

void tst_HttpFront::refuses()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    for (const bool slowly : {false, true}) {
        RunningFront running(smallLimits());
        RawClient client(running.port);
        if (slowly)
            client.sendSlowly(request);
        else
            client.send(request);
        QTRY_VERIFY(client.isClosed());
        QVERIFY2(client.received().startsWith(QByteArray("HTTP/1.1 " + status + ' ')),
            client.received().constData());
        QVERIFY(client.received().contains("\r\nConnection: close\r\n"));
        QCOMPARE(client.received().count("\r\nDate: "), 1);
        QCOMPARE(running.handler.handled, 0);
        QCOMPARE(running.handler.errors, 1);
        QTRY_COMPARE(running.front.connections(), 0);
        QCOMPARE(running.front.activeRequests(), 0);
    }
}

void tst_HttpFront::answers_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("head"); // a part of it
    QTest::addColumn<QByteArray>("body"); // after the head, exactly
    QTest::addColumn<bool>("closes");
    const auto add = [](const char *name, const QByteArray &request, const QByteArray &head,
                         const QByteArray &body, bool closes) {
        QTest::addRow("%s", name) << request << head << body << closes;
    };
    const QByteArray chunked =
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"_ba;

    add("get", get("/now?a=1"), "200 OK", "GET /now?a=1||", false);
    add("get later", get("/later"), "Content-Length: 12", "GET /later||", false);
    add("post", post("/now", "abc"), "200 OK", "POST /now|abc|", false);
    add("empty post", post("/now", ""), "200 OK", "POST /now||", false);
    add("same length twice",
        "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nz",
        "200 OK", "POST /now|z|", false);
    add("chunked", chunked + "3\r\nabc\r\n2;a=b\r\nde\r\n0\r\nX: y\r\n\r\n", "200 OK",
        "POST /now|abcde|", false);
    add("chunked, odd sizes", chunked + "0003 ;x\r\nabc\r\n000\r\n\r\n", "200 OK", "POST /now|abc|",
        false);
    add("unknown method", "PROPFIND /now HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "PROPFIND /now||",
        false);
    add("empty line first", "\r\n" + get("/now"), "200 OK", "GET /now||", false);
    add("absolute form", get("http://h:1/now?x"), "200 OK", "GET /now?x||", false);
    add("absolute form, no path", get("http://h?x"), "200 OK", "GET /?x||", false);
    add("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "OPTIONS *||", false);
    add("odd query", get("/now?a={b|c}&d[]=1"), "200 OK", "GET /now?a={b|c}&d[]=1||", false);
    add("odd path", get("//a/../b;c=%20"), "200 OK", "GET //a/../b;c=%20||", false);
    add("close", "GET /now HTTP/1.1\r\nHost: x\r\nConnection: a, Close\r\n\r\n",
        "Connection: close", "GET /now||", true);
    add("HTTP/1.0", "GET /now HTTP/1.0\r\n\r\n", "Connection: close", "GET /now||", true);
    add("HTTP/1.0 that stays", "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "Connection: keep-alive", "GET /now||", false);
    add("HTTP/1.0 stream", "GET /stream?2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "Connection: close", "data: 0\n\ndata: 1\n\n", true);
    add("stream", get("/stream?2"), "Transfer-Encoding: chunked",
        "9\r\ndata: 0\n\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n", false);
    add("fixed", get("/fixed"), "Content-Length: 6", "abcdef", false);
    add("short", get("/short"), "Content-Length: 6", "abc", true);
    add("aborted", get("/abort"), "Transfer-Encoding: chunked", "3\r\nabc\r\n", true);
    add("HEAD", "HEAD /now HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 11", "", false);
    add("HEAD stream", "HEAD /stream?1 HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "", false);
    add("HEAD fixed", "HEAD /fixed HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 6", "", false);
    add("204", get("/empty"), "204 No Content", "", false);
    add("bye", get("/bye"), "Connection: close", "bye", true);
    add("split answer", get("/split"), "X-A: 1  X-Evil: 2\r\nContent-Length: 0\r\n", "", false);
    add("denied", "GET /now HTTP/1.1\r\nHost: x\r\nX-Deny: 1\r\n\r\n", "401 Unauthorized", "denied",
        false);
}

void tst_HttpFront::answers()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, head);
    QFETCH(QByteArray, body);
    QFETCH(bool, closes);
    for (const bool slowly : {false, true}) {
        RunningFront running;
        RawClient client(running.port);
        if (slowly)
            client.sendSlowly(request);
        else
            client.send(request);
        const auto bodyOf = [&client] {
            const qsizetype end = client.received().indexOf("\r\n\r\n");
            return end < 0 ? QByteArray("(no head)") : client.received().mid(end + 4);
        };
        QTRY_COMPARE(bodyOf(), body);
        QVERIFY2(client.received().contains(head), client.received().constData());
        QVERIFY(client.received().contains("\r\nDate: "));
        QTRY_COMPARE(running.front.activeRequests(), 0);
        if (closes) {
            QTRY_VERIFY(client.isClosed());
            continue;
        }
        // The connection is as good as new.
        const qsizetype before = client.received().size();
        client.send(get("/now?again"));
        QTRY_VERIFY(client.received().mid(before).startsWith("HTTP/1.1 200 OK\r\n"));
        QTRY_VERIFY(client.received().endsWith("\r\n\r\nGET /now?again||"));
        QVERIFY(!client.isClosed());
    }
}

void tst_HttpFront::keepsPipelinedAnswersInOrder()
{
    RunningFront running;
    RawClient client(running.port);
    client.send(get("/later?1") + post("/now?2", "two") + get("/stream?3") + get("/later?4")
        + get("/now?5"));
    QTRY_VERIFY(client.received().endsWith("GET /now?5||"));
    const QByteArray &all = client.received();
    const qsizetype places[] = {all.indexOf("GET /later?1||"), all.indexOf("POST /now?2|two|"),
        all.indexOf("data: 2"), all.indexOf("GET /later?4||"), all.indexOf("GET /now?5||")};
    QVERIFY(places[0] > 0);
    QVERIFY(std::is_sorted(std::begin(places), std::end(places)));
}

void tst_HttpFront::takesManyRequestsOnOneConnection()
{
    RunningFront running;
    RawClient client(running.port);
    const int count = 2000;
    client.send(post("/now", "abc").repeated(count / 2));
    client.send(post("/later", "abc") + post("/now", "abc").repeated(count / 2 - 1));
    QTRY_COMPARE_WITH_TIMEOUT(running.handler.handled, count, 20'000);
    QTRY_COMPARE(client.received().count("HTTP/1.1 200 OK"), count);
}

void tst_HttpFront::answersExpectContinueAtOnce()
{
    RunningFront running;
    RawClient client(running.port);
    const QByteArray head =
        "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n"_ba;
    client.send(head + "\r\n");
    QTRY_COMPARE(client.received(), "HTTP/1.1 100 Continue\r\n\r\n"_ba);
    client.send("abc");
    QTRY_VERIFY(client.received().endsWith("POST /now|abc|"));

    // A client that may not come in is told so instead, and never invited to upload.
    RawClient denied(running.port);
    denied.send(head + "X-Deny: 1\r\n\r\n");
    QTRY_VERIFY(denied.isClosed());
    QVERIFY(denied.received().startsWith("HTTP/1.1 401 "));
}

// A plain blocking client, as most libraries are: it uploads everything before it reads. It must
// find its answer, not a reset that overtook it.
void tst_HttpFront::deniesBeforeTheBodyIsRead()
{
    RunningFront running;
    std::atomic<bool> done = false;
    QByteArray received;
    std::thread client([&running, &done, &received] {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(running.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address);
        const QByteArray request =
            "POST /now HTTP/1.1\r\nHost: x\r\nX-Deny: 1\r\nContent-Length: 8000000\r\n\r\n"
            + QByteArray(8'000'000, 'x');
        for (qsizetype at = 0; at < request.size();) {
            const auto sent =
                ::send(fd, request.constData() + at, size_t(request.size() - at), MSG_NOSIGNAL);
            if (sent <= 0)
                break;
            at += sent;
        }
        std::array<char, 4096> buffer{};
        for (auto count = ::recv(fd, buffer.data(), buffer.size(), 0); count > 0;
             count = ::recv(fd, buffer.data(), buffer.size(), 0))
            received.append(buffer.data(), count);
        ::close(fd);
        done = true;
    });
    QTRY_VERIFY_WITH_TIMEOUT(done, 20'000);
    client.join();
    QVERIFY2(received.startsWith("HTTP/1.1 401 "), received.constData());
    QVERIFY(received.endsWith("denied"));
    QCOMPARE(running.handler.handled, 0);
    QTRY_COMPARE(running.front.connections(), 0);
}

void tst_HttpFront::takesLargeBodies()
{
    RunningFront running;
    const QByteArray body(30'000'000, 'q');
    RawClient client(running.port);
    client.send(post("/hold", body));
    QTRY_COMPARE_WITH_TIMEOUT(running.handler.handled, 1, 20'000);
    QCOMPARE(running.handler.last.body, body);
    QVERIFY(running.handler.last.body.capacity() < body.size() + 4096);

    RawClient chunked(running.port);
    chunked.send("POST /hold HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; ++i)
        chunked.send("186a0\r\n" + QByteArray(100'000, 'c') + "\r\n");
    chunked.send("0\r\n\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(running.handler.handled, 2, 20'000);
    QCOMPARE(running.handler.last.body, QByteArray(10'000'000, 'c'));
    QCOMPARE(running.handler.last.head.contentLength, -1);
    running.handler.release();
    QTRY_VERIFY(client.received().endsWith("released"));
}

void tst_HttpFront::holdsBackAFastWriter()
{
    RunningFront running;
    RawClient client(running.port);
    client.socket().setReadBufferSize(1024);
    client.send(get("/big?open"));
    QTRY_COMPARE(running.handler.handled, 1);
    QVERIFY(running.handler.maxPending > 1024 * 1024);
    QCOMPARE(running.handler.drained, 0);
    client.socket().setReadBufferSize(0);
    QTRY_VERIFY(client.received().size() > 8 * 1024 * 1024);
    QTRY_COMPARE(running.handler.drained, 1);
}

void tst_HttpFront::tellsAWriterThatStopsAtTheBrink()
{
    RunningFront running;
    RawClient client(running.port);
    client.socket().setReadBufferSize(1024);
    client.send(get("/brink"));
    QTRY_COMPARE(running.handler.handled, 1);
    QCOMPARE(running.handler.maxPending, gateway::ResponseSink::HighWater);
    client.socket().setReadBufferSize(0);
    QTRY_VERIFY(client.received().size() > 512 * 1024);
    QTRY_COMPARE(running.handler.drained, 1);
}

void tst_HttpFront::refusesWhenTooMuchIsBuffered()
{
    FrontLimits limits;
    limits.maxBufferedBytes = 10'000;
    RunningFront running(limits);
    RawClient first(running.port);
    first.send(post("/hold", QByteArray(6000, 'a')));
    QTRY_COMPARE(running.handler.handled, 1);
    RawClient second(running.port);
    second.send(post("/now", QByteArray(6000, 'a')));
    QTRY_VERIFY(second.isClosed());
    QVERIFY(second.received().startsWith("HTTP/1.1 503 "));
    running.handler.release();
    // What was held is free again.
    RawClient third(running.port);
    third.send(post("/now", QByteArray(6000, 'a')));
    QTRY_VERIFY(third.received().startsWith("HTTP/1.1 200 "));
}

QTEST_GUILESS_MAIN(tst_HttpFront)
#include "tst_httpfront.moc"
