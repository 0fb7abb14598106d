// SPDX-License-Identifier: GPL-3.0-or-later
// Which path leads where.
#include "core/gateway/pipeline/route.h"
#include "snapshotfixture.h"

#include <QTest>

using namespace sluice;
using namespace sluice::gateway;
using namespace Qt::StringLiterals;

class TestRoute : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsRoutes_data();
    void findsRoutes();
    void refusesUnknownPaths_data();
    void refusesUnknownPaths();
    void picksTheDefaultRouterUnderV1_data();
    void picksTheDefaultRouterUnderV1();
};

void TestRoute::findsRoutes_data()
{
    using Kind = Route::Kind;
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("name"); // provider or router
    QTest::addColumn<QByteArray>("rest");
    const auto row = [](const char *method, const char *target, Kind kind, const char *name,
                         const char *rest) {
        QTest::addRow("%s %s", method, target) << QByteArray(method) << QByteArray(target)
                                               << int(kind) << QByteArray(name) << QByteArray(rest);
    };
    row("GET", "/health", Kind::Health, "", "");
    row("HEAD", "/health", Kind::Health, "", "");
    row("GET", "/-/ready", Kind::Ready, "", "");
    row("GET", "/-/api/v1/limits?max=1", Kind::Admin, "", "");
    row("PUT", "/-/api/v1/", Kind::Admin, "", "");
    row("POST", "/-/api/v1/limits/a%2Fmessages/reset", Kind::Admin, "", "");
    row("POST", "/validate-router-config", Kind::ValidateRouter, "", "");
    row("POST", "/openai/v1/chat/completions", Kind::Direct, "openai", "/v1/chat/completions");
    row("GET", "/openai/v1/files/a%2Fb?x=1&y=%20", Kind::Direct, "openai", "/v1/files/a%2Fb");
    row("DELETE", "/openai/", Kind::Direct, "openai", "/");
    row("POST", "/anthropic/v1/messages", Kind::Direct, "anthropic", "/v1/messages");
    row("POST", "/router/prod/chat/completions", Kind::Router, "prod", "chat/completions");
    row("POST", "/router/prod/v1/chat/completions", Kind::Router, "prod", "chat/completions");
    row("POST", "/router/mixed/v1/messages", Kind::Router, "mixed", "messages");
    row("GET", "/router/prod/models", Kind::Models, "prod", "models");
    row("POST", "/router/single/v1/audio/speech", Kind::Router, "single", "audio/speech");
    row("POST", "/prod/chat/completions", Kind::Router, "prod", "chat/completions");
    row("POST", "/ai/chat/completions", Kind::Unified, "", "chat/completions");
    row("POST", "/ai/v1/embeddings", Kind::Unified, "", "embeddings");
    row("GET", "/ai/v1/models", Kind::Models, "", "models");
    row("POST", "/v1/chat/completions", Kind::Unified, "", "chat/completions");
}

void TestRoute::findsRoutes()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(int, kind);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, rest);
    const auto snapshot = test::compile(test::configuration(true));
    const auto found = findRoute({method, target, {}, 1, -1}, *snapshot);
    const auto *route = std::get_if<Route>(&found);
    QVERIFY(route != nullptr);
    QCOMPARE(int(route->kind), kind);
    const QByteArray actual = route->provider ? route->provider->provider.name
        : route->router                       ? route->router->name
                                              : QByteArray();
    QCOMPARE(actual, name);
    QCOMPARE(route->rest, rest);
    const qsizetype query = target.indexOf('?');
    QCOMPARE(route->query, query < 0 ? QByteArray() : target.mid(query));
}

void TestRoute::refusesUnknownPaths_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("code");
    for (const char *target :
        {"/", "/nothing", "/nothing/here", "/router", "/router/", "/router/prod", "/router/prod/",
            "/router/prod/v1/files", "/ai", "/ai/files", "/openai", "*", "/-/other"})
        QTest::addRow("%s", target) << QByteArray(target) << "not_found"_ba;
    QTest::addRow("unknown router") << "/router/nope/chat/completions"_ba
                                    << "unknown_router"_ba;
}

void TestRoute::refusesUnknownPaths()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, code);
    const auto snapshot = test::compile(test::configuration(true));
    const auto found = findRoute({"POST", target, {}, 1, -1}, *snapshot);
    const auto *failure = std::get_if<Failure>(&found);
    QVERIFY(failure != nullptr);
    QCOMPARE(failure->status, 404);
    QCOMPARE(failure->code, code);
    QVERIFY(!failure->message.isEmpty());
}

void TestRoute::picksTheDefaultRouterUnderV1_data()
{
    QTest::addColumn<QList<QByteArray>>("routers");
    QTest::addColumn<QByteArray>("expected");
    QTest::addRow("none: unified") << QList<QByteArray>{} << ""_ba;
    QTest::addRow("the only one") << QList<QByteArray>{"prod"} << "prod"_ba;
    QTest::addRow("the one named default")
        << QList<QByteArray>{"a", "default", "b"} << "default"_ba;
    QTest::addRow("several: unified") << QList<QByteArray>{"a", "b"} << ""_ba;
}

void TestRoute::picksTheDefaultRouterUnderV1()
{
    QFETCH(QList<QByteArray>, routers);
    QFETCH(QByteArray, expected);
    const auto values = test::configuration(true);
    values->routers.clear();
    for (const QByteArray &name : routers)
        values->routers.push_back({name, {{"openai", 1'000'000}}, {}, false, {}});
    const auto snapshot = test::compile(values);
    const auto found = findRoute({"POST", "/v1/chat/completions", {}, 1, -1}, *snapshot);
    const auto *route = std::get_if<Route>(&found);
    QVERIFY(route != nullptr);
    QCOMPARE(route->router ? route->router->name : QByteArray(), expected);
    QVERIFY(route->kind == (expected.isEmpty() ? Route::Kind::Unified : Route::Kind::Router));
}

QTEST_GUILESS_MAIN(TestRoute)
#include "tst_route.moc"
