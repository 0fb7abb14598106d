// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's traffic, straight against the mock: what the clients count is what the mock counts.
#include "core/demo/mockserver.h"
#include "core/demo/traffic.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestTraffic : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void countsWhatTheMockCounts();
    void movesWithinSeconds();
    void survivesAnAbsentGateway();
    void startsAndStopsAtAnyMoment();

private:
    static std::vector<demo::DemoClient> straightToTheMock();
};

/// The demo's clients with the paths that the gateway would have called.
std::vector<demo::DemoClient> TestTraffic::straightToTheMock()
{
    std::vector<demo::DemoClient> clients = demo::demoClients();
    for (demo::DemoClient &client : clients) {
        if (client.path.endsWith("/messages"))
            client.path = "/v1/messages";
        else
            client.path =
                client.path.endsWith("/embeddings") ? "/v1/embeddings" : "/v1/chat/completions";
    }
    return clients;
}

void TestTraffic::countsWhatTheMockCounts()
{
    demo::MockServer mock;
    QVERIFY(mock.start({.latency = 1ms, .chunkInterval = 2ms, .tokens = 12}).has_value());
    demo::Traffic traffic;
    traffic.start({.baseUrl = mock.baseUrl(),
        .clients = straightToTheMock(),
        .seed = 3,
        .speedPercent = 500});
    QTRY_VERIFY_WITH_TIMEOUT(traffic.totals().answered > 100 && traffic.totals().left > 0, 20'000);
    traffic.stop();
    const demo::TrafficTotals totals = traffic.totals();
    QCOMPARE(totals.inFlight, 0);
    QCOMPARE(totals.failed, 0);
    QCOMPARE(totals.sent, totals.answered + totals.left);
    QCOMPARE(totals.byStatus.value(200), totals.answered);
    const auto figure = [&](const QString &part, const QString &name) {
        return mock.books().value(part).toObject().value(name).toInteger();
    };
    QTRY_COMPARE(figure(u"streams"_s, u"open"_s), 0);
    QTRY_COMPARE(figure(u"requests"_s, u"in_flight"_s), 0);
    QVERIFY(figure(u"requests"_s, u"total"_s) <= totals.sent);
    QVERIFY(figure(u"requests"_s, u"total"_s) >= totals.answered);
    QVERIFY(figure(u"streams"_s, u"cancelled"_s) > 0);
}

void TestTraffic::movesWithinSeconds()
{
    demo::MockServer mock;
    QVERIFY(mock.start(demo::demoMockOptions()).has_value());
    demo::Traffic traffic;
    traffic.start({.baseUrl = mock.baseUrl(), .clients = straightToTheMock()});
    QTRY_VERIFY_WITH_TIMEOUT(traffic.totals().answered > 10, 3000);
}

void TestTraffic::survivesAnAbsentGateway()
{
    demo::MockServer mock;
    QVERIFY(mock.start({}).has_value());
    demo::Traffic traffic;
    traffic.start({.baseUrl = "http://127.0.0.1:1", .clients = straightToTheMock()});
    QTRY_VERIFY(traffic.totals().failed > 3);
    traffic.setBaseUrl(mock.baseUrl());
    QTRY_VERIFY(traffic.totals().answered > 3);
}

void TestTraffic::startsAndStopsAtAnyMoment()
{
    demo::MockServer mock;
    QVERIFY(mock.start(demo::demoMockOptions()).has_value());
    demo::Traffic traffic;
    traffic.stop();
    for (int i = 0; i < 3; ++i) {
        const qint64 before = traffic.totals().sent;
        traffic.start({.baseUrl = mock.baseUrl(), .clients = straightToTheMock()});
        QTRY_VERIFY(traffic.totals().sent > before);
        traffic.stop();
        traffic.stop();
        const demo::TrafficTotals totals = traffic.totals();
        QCOMPARE(totals.sent, totals.answered + totals.failed + totals.left);
    }
}

QTEST_GUILESS_MAIN(TestTraffic)
#include "tst_traffic.moc"
