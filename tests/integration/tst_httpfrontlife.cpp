// SPDX-License-Identifier: GPL-3.0-or-later
// The life of connections: too many, too slow, idle, gone at any byte, and ports shared or taken.
#include "frontfixture.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::test;

class tst_HttpFrontLife final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u"."_s)); }

    void refusesTooManyConnections();
    void timesOutHeadsAndBodies();
    void closesIdleConnections();
    void tellsTheListenerOfAHangUp();
    void survivesRandomHangUps();
    void survivesAHandlerThatDoesNotListen();
    void slowHeadersDelayNobody();
    void saysWhenThePortIsInUse();
    void sharesAPortBetweenFronts();
    void finishesRunningAnswersWhenStopping();
    void closesEverythingWhenDestroyed();
};

void tst_HttpFrontLife::refusesTooManyConnections()
{
    FrontLimits limits;
    limits.maxConnections = 5;
    RunningFront running(limits);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i)
        clients.push_back(std::make_unique<RawClient>(running.port));
    QTRY_COMPARE(std::count_if(clients.begin(), clients.end(),
                     [](const auto &client) { return client->isClosed(); }),
        15);
    for (const auto &client : clients) {
        if (client->isClosed())
            QVERIFY(client->received().startsWith("HTTP/1.1 503 "));
        else
            client->send(get("/now"));
    }
    QTRY_COMPARE(running.handler.handled, 5);
    clients.clear();
    QTRY_COMPARE(running.front.connections(), 0);
    RawClient again(running.port);
    again.send(get("/now"));
    QTRY_VERIFY(again.received().startsWith("HTTP/1.1 200 "));
}

void tst_HttpFrontLife::timesOutHeadsAndBodies()
{
    FrontLimits limits;
    limits.headerTimeout = std::chrono::milliseconds(200);
    limits.bodyTimeout = std::chrono::milliseconds(200);
    RunningFront running(limits);
    RawClient silent(running.port);
    RawClient head(running.port);
    head.send("GET /now HTTP/1.1\r\nHost");
    RawClient body(running.port);
    body.send("POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    QTRY_VERIFY(head.isClosed() && body.isClosed());
    QVERIFY(head.received().startsWith("HTTP/1.1 408 "));
    QVERIFY(head.received().contains("request_timeout"));
    QVERIFY(body.received().startsWith("HTTP/1.1 408 "));
    QVERIFY(!silent.isClosed());
}

void tst_HttpFrontLife::closesIdleConnections()
{
    FrontLimits limits;
    limits.idleTimeout = std::chrono::milliseconds(200);
    RunningFront running(limits);
    RawClient silent(running.port);
    RawClient used(running.port);
    used.send(get("/now"));
    RawClient busy(running.port);
    busy.send(get("/hold"));
    QTRY_VERIFY(silent.isClosed() && used.isClosed());
    QVERIFY(silent.received().isEmpty());
    QVERIFY(!busy.isClosed());
    running.handler.release();
    QTRY_VERIFY(busy.received().endsWith("released"));
}

void tst_HttpFrontLife::tellsTheListenerOfAHangUp()
{
    RunningFront running;
    RawClient reset(running.port);
    RawClient polite(running.port);
    RawClient pipelining(running.port);
    RawClient streaming(running.port);
    reset.send(get("/hold"));
    polite.send(get("/hold"));
    pipelining.send(get("/hold") + get("/now").repeated(500));
    streaming.send(get("/stream?1000000"));
    QTRY_COMPARE(running.handler.kept(), 4);
    QTRY_VERIFY(streaming.received().contains("data: 3"));
    reset.vanish();
    QTRY_COMPARE(running.handler.gone, 1);
    polite.socket().disconnectFromHost();
    QTRY_COMPARE(running.handler.gone, 2);
    pipelining.vanish();
    QTRY_COMPARE(running.handler.gone, 3);
    streaming.vanish();
    QTRY_COMPARE(running.handler.gone, 4);
    QCOMPARE(running.handler.kept(), 0);
    QCOMPARE(running.front.connections(), 0);
    QCOMPARE(running.front.activeRequests(), 0);
}

void tst_HttpFrontLife::survivesRandomHangUps()
{
    RunningFront running;
    QRandomGenerator random(20'240'611);
    const QByteArray requests[] = {get("/later"), post("/later", QByteArray(3000, 'z')),
        get("/stream?30"), get("/deaf"), get("/later") + get("/stream?5"), get("/big"),
        get("/now") + get("/deaf")};
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(std::make_unique<RawClient>(running.port));
        RawClient *client = clients.back().get();
        const QByteArray &request = requests[random.bounded(int(std::size(requests)))];
        client->send(
            random.bounded(4) == 0 ? request.first(random.bounded(int(request.size()))) : request);
        const bool reset = random.bounded(2) == 0;
        QTimer::singleShot(random.bounded(80), client, [client, reset] {
            if (reset)
                client->vanish();
            else
                client->socket().disconnectFromHost();
        });
        if (i % 20 == 0)
            QTest::qWait(1); // some of the timers fire meanwhile
    }
    // Everybody leaves in the end, nothing is kept, and the next client is served.
    QTRY_VERIFY(std::all_of(
        clients.begin(), clients.end(), [](const auto &client) { return client->isClosed(); }));
    QTRY_COMPARE(running.handler.kept(), 0);
    QTRY_COMPARE(running.front.connections(), 0);
    QCOMPARE(running.front.activeRequests(), 0);
    RawClient next(running.port);
    next.send(get("/now"));
    QTRY_VERIFY(next.received().endsWith("GET /now||"));
}

void tst_HttpFrontLife::survivesAHandlerThatDoesNotListen()
{
    RunningFront running;
    for (int i = 0; i < 20; ++i) {
        RawClient client(running.port);
        client.send(get("/deaf"));
        QTRY_COMPARE(running.handler.handled, i + 1);
        client.vanish();
    }
    QTRY_COMPARE(running.front.connections(), 0);
    QTest::qWait(60); // the late answers go nowhere
    RawClient next(running.port);
    next.send(get("/deaf"));
    QTRY_VERIFY(next.received().endsWith("GET /deaf||"));
}

void tst_HttpFrontLife::slowHeadersDelayNobody()
{
    RunningFront running;
    // Two descriptors a client in this one process: as many as the system allows, at most 1 000.
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const int count = int(std::min<rlim_t>(1000, (files.rlim_max - 100) / 2));
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int i = 0; i < count; ++i) {
        slow.push_back(std::make_unique<RawClient>(running.port));
        slow.back()->send("GET /now HTTP/1.1\r\nX-Slow: ");
    }
    QTRY_COMPARE(running.front.connections(), count);
    QTimer drip;
    connect(&drip, &QTimer::timeout, &drip, [&slow] {
        for (size_t i = 0; i < slow.size(); i += 8)
            slow[i]->send("a");
    });
    drip.start(5);
    RawClient client(running.port);
    QTRY_VERIFY(client.socket().state() == QAbstractSocket::ConnectedState);
    std::vector<qint64> times;
    for (int i = 0; i < 20; ++i) {
        QElapsedTimer timer;
        timer.start();
        client.send(get("/now"));
        // QTRY_ macros look only every 50 ms.
        while (client.received().count("HTTP/1.1 200") <= i && timer.elapsed() < 5000)
            QCoreApplication::processEvents();
        QCOMPARE(client.received().count("HTTP/1.1 200"), i + 1);
        times.push_back(timer.elapsed());
    }
    std::sort(times.begin(), times.end());
    QVERIFY2(times[10] < 50, qPrintable(u"median %1 ms"_s.arg(times[10])));
}

void tst_HttpFrontLife::saysWhenThePortIsInUse()
{
    RunningFront running;
    HttpFront second(running.handler, running.clock);
    const auto result = second.listen(QHostAddress(QHostAddress::LocalHost), running.port);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Busy);
    QVERIFY(result.error().message.contains(u"127.0.0.1:%1"_s.arg(running.port)));
    QVERIFY(result.error().message.contains(u"server.port"_s));

    const auto elsewhere = second.listen(QHostAddress(u"192.0.2.1"_s), 0);
    QVERIFY(!elsewhere);
    QCOMPARE(elsewhere.error().code, ErrorCode::Invalid);
    // A failed attempt leaves the front as it was.
    QVERIFY(second.listen(QHostAddress(QHostAddress::LocalHost), 0).has_value());
}

void tst_HttpFrontLife::sharesAPortBetweenFronts()
{
    RunningFront running;
    PathHandler handler;
    HttpFront second(handler, running.clock);
    QVERIFY(second.listen(QHostAddress(QHostAddress::LocalHost), running.port, true).has_value());
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 60; ++i) {
        clients.push_back(std::make_unique<RawClient>(running.port));
        clients.back()->send(get("/now"));
    }
    QTRY_COMPARE(running.handler.handled + handler.handled, 60);
    QVERIFY(running.handler.handled > 0);
    QVERIFY(handler.handled > 0);
}

void tst_HttpFrontLife::finishesRunningAnswersWhenStopping()
{
    RunningFront running;
    RawClient idle(running.port);
    RawClient busy(running.port);
    busy.send(get("/hold"));
    QTRY_COMPARE(running.front.activeRequests(), 1);
    QTRY_COMPARE(running.front.connections(), 2);
    running.front.stopAccepting();
    running.front.closeIdle();
    QTRY_VERIFY(idle.isClosed());
    RawClient late(running.port);
    QTRY_VERIFY(late.socket().error() == QAbstractSocket::ConnectionRefusedError);
    QVERIFY(!busy.isClosed());
    running.handler.release();
    QTRY_VERIFY(busy.isClosed());
    QVERIFY(busy.received().endsWith("released"));
    QVERIFY(busy.received().contains("Connection: close"));
    QTRY_COMPARE(running.front.activeRequests(), 0);
}

void tst_HttpFrontLife::closesEverythingWhenDestroyed()
{
    auto running = std::make_unique<RunningFront>();
    RawClient held(running->port);
    RawClient partial(running->port);
    held.send(get("/hold"));
    partial.send("GET /");
    QTRY_COMPARE(running->handler.kept(), 1);
    running->front.closeAll();
    QCOMPARE(running->handler.gone, 1);
    QTRY_VERIFY(held.isClosed() && partial.isClosed());
    RawClient another(running->port);
    another.send(get("/hold"));
    QTRY_COMPARE(running->handler.kept(), 1);
    running.reset();
    QTRY_VERIFY(another.isClosed());
}

QTEST_GUILESS_MAIN(tst_HttpFrontLife)
#include "tst_httpfrontlife.moc"
