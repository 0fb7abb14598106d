// SPDX-License-Identifier: GPL-3.0-or-later
// What a provider is sent, and what a client gets back: credentials, header hygiene, model names.
#include "core/gateway/pipeline/forwarding.h"
#include "snapshotfixture.h"

#include <QTest>

using namespace sluice;
using namespace sluice::gateway;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(sluice::gateway::Headers)

namespace {

struct Sent
{
    UpstreamRequest request;
    std::optional<Failure> failure;
};

Sent forward(const Snapshot &snapshot, const QByteArray &target, const Headers &headers,
    QByteArray body = R"({"model":"gpt"})")
{
    Request request{{"POST", target, headers, 1, body.size()}, body, {}};
    const Route route = std::get<Route>(findRoute(request.head, snapshot));
    const auto admitted = authenticate(headers, route, snapshot, QDate(2026, 6, 1));
    if (const auto *failure = std::get_if<Failure>(&admitted))
        return {{}, *failure};
    const BodyPeek peek = peekBody(request.body);
    QRandomGenerator random(1);
    const auto choice = chooseProvider(route, peek, snapshot, random);
    if (const auto *failure = std::get_if<Failure>(&choice))
        return {{}, *failure};
    const auto &caller = std::get<Caller>(admitted);
    const auto &chosen = std::get<Choice>(choice);
    if (const auto failure = checkCredential(headers, caller, chosen, snapshot))
        return {{}, *failure};
    return {buildUpstreamRequest(std::move(request), route, caller, peek, chosen, snapshot,
                mustAskForUsage(route, peek, chosen)),
        std::nullopt};
}

} // namespace

class TestForwarding : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void handlesCredentials_data();
    void handlesCredentials();
    void namesTheMissingVariable();
    void stripsWhatMustNotTravel();
    void stripsResponseHeaders();
    void buildsUrls_data();
    void buildsUrls();
    void rewritesOnlyThePrefixedModel_data();
    void rewritesOnlyThePrefixedModel();
    void asksForUsage_data();
    void asksForUsage();
    void refusesWhatNobodyServes_data();
    void refusesWhatNobodyServes();
    void drawsByWeight();
};

void TestForwarding::handlesCredentials_data()
{
    QTest::addColumn<bool>("auth");
    QTest::addColumn<bool>("hasSecret");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<QByteArray>("authorization");
    QTest::addColumn<QByteArray>("apiKey");
    const auto direct = "/openai/v1/chat/completions"_ba;
    const auto claude = "/anthropic/v1/messages"_ba;
    const Headers gatewayKey{{"Authorization", "Bearer key-ci"}};
    const Headers own{{"Helicone-Auth", "Bearer key-ci"}, {"Authorization", "Bearer sk-own"}};
    const auto row = [](const char *name, bool auth, bool hasSecret, const QByteArray &target,
                         const Headers &headers, const char *authorization, const char *apiKey) {
        QTest::addRow("%s", name) << auth << hasSecret << target << headers
                                  << QByteArray(authorization) << QByteArray(apiKey);
    };
    row("the gateway's secret replaces the key", true, true, direct, gatewayKey,
        "Bearer secret-openai", "");
    row("in the provider's own header", true, true, claude, {{"x-api-key", "key-ci"}}, "",
        "secret-anthropic");
    row("bring your own key", true, true, direct, own, "Bearer sk-own", "");
    row("bring your own, x-api-key", true, true, claude,
        {{"Helicone-Auth", "Bearer key-ci"}, {"x-api-key", "sk-own"}}, "", "sk-own");
    row("helicone-auth without an own key", true, true, direct, {{"Helicone-Auth", "key-ci"}},
        "Bearer secret-openai", "");
    row("own key never goes to one of several", true, true, "/router/mixed/chat/completions", own,
        "Bearer secret-openai", "");
    row("own key goes to the only one", true, true, "/router/single/chat/completions", own,
        "Bearer sk-own", "");
    row("auth off: the secret wins", false, true, direct, {{"Authorization", "Bearer sk-own"}},
        "Bearer secret-openai", "");
    row("auth off, no secret: own credential", false, false, direct,
        {{"Authorization", "Bearer sk-own"}}, "Bearer sk-own", "");
    row("auth off, nothing at all", false, false, direct, {}, "", "");
    row("a local provider needs none", true, true, "/ollama/v1/chat/completions", gatewayKey, "",
        "");
}

void TestForwarding::handlesCredentials()
{
    QFETCH(bool, auth);
    QFETCH(bool, hasSecret);
    QFETCH(QByteArray, target);
    QFETCH(Headers, headers);
    QFETCH(QByteArray, authorization);
    QFETCH(QByteArray, apiKey);
    const auto snapshot = test::compile(test::configuration(auth), hasSecret);
    const Sent sent = forward(*snapshot, target, headers);
    QVERIFY(!sent.failure);
    QCOMPARE(headerValue(sent.request.headers, "authorization"), authorization);
    QCOMPARE(headerValue(sent.request.headers, "x-api-key"), apiKey);
    for (const Header &header : sent.request.headers)
        QVERIFY2(!header.value.contains("key-ci"), header.name.constData());
}

void TestForwarding::namesTheMissingVariable()
{
    const auto snapshot = test::compile(test::configuration(true), false);
    const Sent sent = forward(*snapshot, "/openai/v1/x", {{"Authorization", "Bearer key-ci"}});
    QVERIFY(sent.failure);
    QCOMPARE(sent.failure->status, 401);
    QCOMPARE(sent.failure->code, "provider_key_not_found"_ba);
    QVERIFY(sent.failure->message.contains("OPENAI_API_KEY"_L1));
}

void TestForwarding::stripsWhatMustNotTravel()
{
    const auto snapshot = test::compile(test::configuration(true));
    const Headers headers{{"Authorization", "Bearer key-ci"}, {"Host", "gateway"},
        {"Connection", "keep-alive, X-Hop"}, {"X-Hop", "1"}, {"Keep-Alive", "timeout=5"},
        {"TE", "trailers"}, {"Upgrade", "h2c"}, {"Proxy-Authorization", "Basic x"},
        {"Accept-Encoding", "gzip, br"}, {"Helicone-User-Id", "bob"},
        {"helicone-ratelimit-policy", "10;w=60"}, {"User-Agent", "client/1"}, {"X-Custom", "stays"},
        {"Content-Type", "application/json"}};
    const Sent sent = forward(*snapshot, "/openai/v1/chat/completions", headers);
    QVERIFY(!sent.failure);
    const Headers expected{{"User-Agent", "client/1"}, {"X-Custom", "stays"},
        {"Content-Type", "application/json"}, {"Authorization", "Bearer secret-openai"}};
    QVERIFY(sent.request.headers == expected);
}

void TestForwarding::stripsResponseHeaders()
{
    Headers upstream{{"Content-Type", "text/plain"}, {"Transfer-Encoding", "chunked"},
        {"Connection", "X-Gone"}, {"X-Gone", "1"}, {"Content-Length", "3"},
        {"x-request-id", "req_1"}, {"helicone-id", "forged"}, {"Retry-After", "7"}};
    const Headers headers = clientHeaders(std::move(upstream), "openai", {});
    const Headers expected{{"Content-Type", "text/plain"}, {"Retry-After", "7"},
        {"helicone-provider", "openai"}, {"helicone-provider-req-id", "req_1"}};
    QVERIFY(headers == expected);
}

void TestForwarding::buildsUrls_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("url");
    const auto row = [](const char *target, const char *model, const char *url) {
        QTest::addRow("%s %s", target, model)
            << QByteArray(target) << QByteArray(model) << QByteArray(url);
    };
    row("/openai/v1/files/a%2Fb?x=%20", "m", "http://openai.test/v1/files/a%2Fb?x=%20");
    row("/router/single/chat/completions", "m", "http://other.test/v1/chat/completions");
    row("/ai/chat/completions", "gemini/m", "http://gemini.test/v1beta/openai/chat/completions");
    row("/ai/v1/chat/completions?a=1", "openai-large",
        "http://openai.test/v1/chat/completions?a=1");
    row("/router/mixed/messages", "m", "http://anthropic.test/v1/messages");
}

void TestForwarding::buildsUrls()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, url);
    const auto snapshot = test::compile(test::configuration(false));
    const Sent sent = forward(*snapshot, target, {}, "{\"model\":\"" + model + "\"}");
    QVERIFY(!sent.failure);
    QCOMPARE(sent.request.url, url);
}

void TestForwarding::rewritesOnlyThePrefixedModel_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addRow("prefix goes") << "/ai/chat/completions"_ba
                                 << R"({ "x":1, "model" : "openai/gpt-4o" ,"y":[ ] })"_ba
                                 << R"({ "x":1, "model" : "gpt-4o" ,"y":[ ] })"_ba;
    QTest::addRow("escaped text") << "/ai/chat/completions"_ba
                                  << R"({"model":"openai\/gpt-4o"})"_ba
                                  << R"({"model":"gpt-4o"})"_ba;
    QTest::addRow("router, no prefix") << "/router/prod/chat/completions"_ba
                                       << R"({"model":"gpt-4o" })"_ba
                                       << R"({"model":"gpt-4o" })"_ba;
    QTest::addRow("a slash that is no provider") << "/router/prod/chat/completions"_ba
                                                 << R"({"model":"meta/llama"})"_ba
                                                 << R"({"model":"meta/llama"})"_ba;
    QTest::addRow("direct: untouched") << "/openai/v1/chat/completions"_ba
                                       << R"({"model":"openai/x"})"_ba
                                       << R"({"model":"openai/x"})"_ba;
    QTest::addRow("direct: not even JSON") << "/openai/v1/files"_ba
                                           << "\x01\x02 raw"_ba
                                           << "\x01\x02 raw"_ba;
}

void TestForwarding::rewritesOnlyThePrefixedModel()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    const auto snapshot = test::compile(test::configuration(false));
    const Sent sent = forward(*snapshot, target, {}, before);
    QVERIFY(!sent.failure);
    QCOMPARE(sent.request.body, after);
}

void TestForwarding::asksForUsage_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    const auto row = [](const char *name, const QByteArray &target, const QByteArray &before,
                         const QByteArray &after) {
        QTest::addRow("%s", name) << target << before << after;
    };
    const auto same = [&row](const char *name, const QByteArray &target, const QByteArray &body) {
        row(name, target, body, body);
    };
    row("absent", "/openai/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    row("blanks at the end", "/openai/v1/chat/completions", "{\"model\":\"m\",\"stream\":true }\n",
        "{\"model\":\"m\",\"stream\":true ,\"stream_options\":{\"include_usage\":true}}\n");
    row("absent, completions", "/router/single/completions", "{\"model\":\"m\",\"stream\":true}",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    row("null", "/v1/chat/completions",
        "{\"stream_options\":null ,\"model\":\"openai/m\",\"stream\":true}",
        "{\"stream_options\":{\"include_usage\":true} ,\"model\":\"m\",\"stream\":true}");
    row("empty object", "/ai/chat/completions",
        "{\"model\":\"openai/m\",\"stream_options\":{ },\"stream\":true}",
        "{\"model\":\"m\",\"stream_options\":{\"include_usage\":true },\"stream\":true}");
    row("another option", "/router/single/chat/completions",
        "{\"model\":\"openai/"
        "m\",\"stream\":true,\"stream_options\":{\"include_obfuscation\":{\"a\":[1]}}}",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true,\"include_"
        "obfuscation\":{\"a\":[1]}}}");
    row("not wanted", "/openai/v1/chat/completions",
        "{\"stream_options\":{\"a\":1,\"include_usage\" : false },\"model\":\"m\",\"stream\":true}",
        "{\"stream_options\":{\"a\":1,\"include_usage\" : true },\"model\":\"m\",\"stream\":true}");
    row("null inside", "/openai/v1/chat/completions",
        "{\"stream_options\":{\"include_usage\":null},\"model\":\"m\",\"stream\":true}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true}");
    same("asked for", "/openai/v1/chat/completions",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    same("no stream", "/openai/v1/chat/completions", "{\"model\":\"m\",\"stream\":false}");
    same("no such field", "/openai/v1/responses", "{\"model\":\"m\",\"stream\":true}");
    same("Anthropic", "/anthropic/v1/messages", "{\"model\":\"m\",\"stream\":true}");
    same("turned off", "/gemini/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}");
    same("nothing that fits", "/openai/v1/chat/completions",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":[1]}");
    same("no JSON", "/openai/v1/chat/completions", "{\"model\":\"m\",\"stream\":true");
}

void TestForwarding::asksForUsage()
{
    QFETCH(const QByteArray, target);
    QFETCH(const QByteArray, before);
    QFETCH(const QByteArray, after);
    const auto values = test::configuration(false);
    values->providers[2].injectsUsage = false;
    values->routers = {{"default", {{"openai", 1'000'000}}, {}, false, {}},
        {"single", {{"openai", 1'000'000}}, {}, false, {}}};
    const Sent sent = forward(*test::compile(values), target, {}, before);
    QVERIFY(!sent.failure);
    QCOMPARE(sent.request.body, after);
}

void TestForwarding::refusesWhatNobodyServes_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("code");
    QTest::addRow("unknown model") << "/ai/chat/completions"_ba
                                   << "nope"_ba
                                   << "unknown_provider"_ba;
    QTest::addRow("unknown provider") << "/ai/chat/completions"_ba
                                      << "nope/x"_ba
                                      << "unknown_provider"_ba;
    QTest::addRow("provider outside the router") << "/router/prod/chat/completions"_ba
                                                 << "anthropic/x"_ba
                                                 << "unknown_provider"_ba;
    QTest::addRow("other dialect, unified") << "/ai/chat/completions"_ba
                                            << "anthropic/x"_ba
                                            << "dialect_not_supported"_ba;
    QTest::addRow("other dialect, router") << "/router/prod/messages"_ba
                                           << "x"_ba
                                           << "dialect_not_supported"_ba;
}

void TestForwarding::refusesWhatNobodyServes()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, code);
    const auto snapshot = test::compile(test::configuration(false));
    const Sent sent = forward(*snapshot, target, {}, "{\"model\":\"" + model + "\"}");
    QVERIFY(sent.failure);
    QCOMPARE(sent.failure->status, 400);
    QCOMPARE(sent.failure->code, code);
}

void TestForwarding::drawsByWeight()
{
    const auto snapshot = test::compile(test::configuration(false));
    const Route route =
        std::get<Route>(findRoute({"POST", "/router/prod/chat/completions", {}, 1, -1}, *snapshot));
    QRandomGenerator random(7);
    BodyPeek peek;
    peek.model = "m";
    int openai = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto choice = chooseProvider(route, peek, *snapshot, random);
        openai += std::get<Choice>(choice).target->provider.name == "openai" ? 1 : 0;
    }
    QVERIFY2(openai > 7'300 && openai < 7'700, qPrintable(QString::number(openai)));
}

QTEST_GUILESS_MAIN(TestForwarding)
#include "tst_forwarding.moc"
