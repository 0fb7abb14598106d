// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of every kind over real sockets: what stacks of them admit, what is reserved and settled,
// what clients are told.
#include "core/limits/limiter.h"
#include "core/metering/tokens/inputestimate.h"
#include "core/session/limitoperations.h"
#include "gatewaystage.h"

#include <QJsonArray>
#include <QLoggingCategory>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using test::GatewayStage;
using test::Reply;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";

QByteArray chat(const QByteArray &more = {}, const QByteArray &model = "gpt-4o")
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi there"}])" + more
        + '}';
}

const QByteArray Limit = "global:\n  rate-limit:\n";
const QByteArray Prices = R"(prices: {models: {"openai/gpt-4o": {input: 2.5, output: 10},
  "openai/mock-slow": {input: 2.5, output: 10}}}
)";

/// The figures of one limit as GET /-/me tells them.
QJsonObject standing(const GatewayStage &stage, QLatin1StringView name)
{
    const Reply reply = stage.client->send("GET", "/-/me", {}, {{"Helicone-User-Id", "bob"}});
    const QJsonArray limits = reply.json()["limits"_L1].toArray();
    for (const QJsonValue &limit : limits) {
        if (limit["name"_L1].toString() == name)
            return limit.toObject();
    }
    return {};
}

qint64 mockTokens(const GatewayStage &stage)
{
    return stage.books()["tokens"_L1]["total"_L1].toInteger();
}

struct Layer
{
    QByteArray name;
    int admits;
    QByteArray yaml;
};

/// Every combination of one to four layers, in descending order of what they admit.
void addStacks(const std::vector<Layer> &layers)
{
    QTest::addColumn<QByteArray>("limits");
    QTest::addColumn<int>("least");
    for (unsigned chosen = 1; chosen < 1U << layers.size(); ++chosen) {
        QByteArray name;
        QByteArray limits;
        int least = 0;
        for (size_t i = 0; i < layers.size(); ++i) {
            if ((chosen & (1U << i)) == 0)
                continue;
            name += layers[i].name + ' ';
            limits += layers[i].yaml;
            least = layers[i].admits;
        }
        QTest::newRow(name.constData()) << limits << least;
    }
}

} // namespace

class TestGatewayLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void admitsTheLeastOfStackedLimits_data();
    void admitsTheLeastOfStackedLimits();
    void admitsTheLeastWhileAnswersAreHeld_data();
    void admitsTheLeastWhileAnswersAreHeld();
    void tokensAreSettledAsReported_data();
    void tokensAreSettledAsReported();
    void whatNeverBeganCostsNothing_data();
    void whatNeverBeganCostsNothing();
    void anErrorFreesItsSlotAndItsTokens();
    void aClientThatLeavesFreesItsSlot();
    void moneyIsCountedToTheMicroCent();
    void theBuiltInTableHasPrices();
    void anUnpricedModelIsRefusedOrLetThrough();
    void aQuotaThatIsUsedUpIsTerminal();
    void aRequestThatCanNeverFit();
    void slotsSayToComeSoon();
    void policiesCountTokensAndCents_data();
    void policiesCountTokensAndCents();
    void policiesAreSettledAsReported_data();
    void policiesAreSettledAsReported();
    void limitsOfSomeRequestsOnly();
    void ownAmountsForOneValue();
    void blocksRaisesAndResets();
    void tellsTheCallerItsLimits();
};

void TestGatewayLimits::initTestCase()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
}

void TestGatewayLimits::admitsTheLeastOfStackedLimits_data()
{
    addStacks({{"shared", 120, "    shared: {capacity: 120, refill-frequency: 24h}\n"},
        {"window", 110,
            "    usage-limits: [{name: day, per: api-key, requests: 110, period: 24h}]\n"},
        {"team", 100, "    per-team: [{name: team, capacity: 100, refill-frequency: 24h}]\n"},
        {"member", 90, "    per-team-member: {capacity: 90, refill-frequency: 24h}\n"}});
}

void TestGatewayLimits::admitsTheLeastOfStackedLimits()
{
    QFETCH(const QByteArray, limits);
    QFETCH(const int, least);
    GatewayStage stage;
    QVERIFY(stage.start("teams: {core: {members: [alice]}}\n" + Limit + limits));
    int admitted = 0;
    int refused = 0;
    QVERIFY(stage.client->load(2'000, 100, Path, chat(), [&](const Reply &reply) {
        admitted += reply.status == 200 ? 1 : 0;
        refused += reply.status == 429 ? 1 : 0;
    }));
    QCOMPARE(admitted, least);
    QCOMPARE(refused, 2'000 - least);
    QCOMPARE(stage.books()["requests"_L1]["answered"_L1].toInt(), least);
}

void TestGatewayLimits::admitsTheLeastWhileAnswersAreHeld_data()
{
    // What is given back at the end of a request must not be given back before it.
    QByteArray body = chat(R"(,"max_tokens":40)", "mock-slow");
    const qint64 each =
        metering::estimateInput(body, metering::tokenFamilyOf("openai", "mock-slow")) + 40;
    const QByteArray tokens = QByteArray::number(70 * each + each - 1);
    addStacks({{"year", 90,
                   "    usage-limits: [{name: year, per: api-key, requests: 90, period: year}]\n"},
        {"policy", 80, "    policies: [\"80;w=86400\"]\n"},
        {"tokens", 70,
            "    per-api-key: {unit: token, refill-frequency: 24h, capacity: " + tokens + "}\n"},
        {"slots", 60, "    concurrency: [{name: slots, per: api-key, max: 60}]\n"}});
}

void TestGatewayLimits::admitsTheLeastWhileAnswersAreHeld()
{
    QFETCH(const QByteArray, limits);
    QFETCH(const int, least);
    constexpr int Total = 2'000;
    GatewayStage stage;
    QVERIFY(stage.start(Limit + limits));
    std::vector<size_t> calls;
    for (int i = 0; i < Total; ++i)
        calls.push_back(
            stage.client->start("POST", Path, chat(R"(,"max_tokens":40)", "mock-slow")));
    const auto refused = [&] {
        return std::count_if(calls.begin(), calls.end(), [&](size_t call) {
            return stage.client->reply(call).isDone && stage.client->reply(call).status == 429;
        });
    };
    QTRY_COMPARE_WITH_TIMEOUT(refused(), Total - least, 30'000);
    QTRY_COMPARE(stage.books()["requests"_L1]["in_flight"_L1].toInt(), least);
    for (const size_t call : calls) {
        if (!stage.client->reply(call).isDone)
            stage.client->hangUp(call);
    }
    QTRY_COMPARE(stage.books()["requests"_L1]["in_flight"_L1].toInt(), 0);
    const limits::Limiter &limiter = stage.gateway->limiter();
    QTRY_COMPARE(limiter.openReservations(), 0);
    QCOMPARE(limiter.violations(), QStringList());
}

void TestGatewayLimits::tokensAreSettledAsReported_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addRow("plain") << Path << chat(R"(,"max_tokens":500)");
    QTest::addRow("guessed maximum") << Path << chat();
    QTest::addRow("stream") << Path
                            << chat(R"(,"stream":true,"stream_options":{"include_usage":true})");
    QTest::addRow("responses") << "/openai/v1/responses"_ba
                               << R"({"model":"gpt-4o","input":"hi there"})"_ba;
    QTest::addRow("anthropic")
        << "/anthropic/v1/messages"_ba
        << R"({"model":"claude","max_tokens":99,"messages":[{"role":"user","content":"hi"}]})"_ba;
    QTest::addRow("anthropic stream")
        << "/anthropic/v1/messages"_ba
        << R"({"model":"claude","stream":true,"max_tokens":99,"messages":[{"role":"user","content":"hi"}]})"_ba;
}

void TestGatewayLimits::tokensAreSettledAsReported()
{
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, body);
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    per-api-key: {unit: token, capacity: 100000, refill-frequency: 240h}\n"
          "    usage-limits: [{name: day, per: api-key, tokens: 100000, period: 24h},\n"
          "      {name: year, per: api-key, tokens: 100000, period: year},\n"
          "      {name: out, per: api-key, tokens: 100000, period: 24h, count: output}]\n"));
    for (int i = 0; i < 5; ++i)
        QCOMPARE(stage.client->post(path, body).status, 200);
    const qint64 tokens = mockTokens(stage);
    QVERIFY(tokens > 0);
    QTRY_COMPARE(standing(stage, "day"_L1)["used"_L1].toInteger(), tokens);
    QCOMPARE(standing(stage, "day"_L1)["reserved"_L1].toInteger(), 0);
    QCOMPARE(standing(stage, "year"_L1)["used"_L1].toInteger(), tokens);
    QCOMPARE(standing(stage, "out"_L1)["used"_L1].toInteger(),
        stage.books()["tokens"_L1]["output"_L1].toInteger());
    // The bucket leaks a token in 8.6 s.
    QVERIFY(standing(stage, "global/per-api-key"_L1)["used"_L1].toInteger() >= tokens - 2);
    QVERIFY(standing(stage, "global/per-api-key"_L1)["used"_L1].toInteger() <= tokens);
    QCOMPARE(stage.gateway->limiter().violations(), QStringList());
}

void TestGatewayLimits::whatNeverBeganCostsNothing_data()
{
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<int>("status");
    QTest::addRow("the provider's error") << "mock-500"_ba << 500;
    QTest::addRow("the provider's limit") << "mock-429"_ba << 429;
}

void TestGatewayLimits::whatNeverBeganCostsNothing()
{
    QFETCH(const QByteArray, model);
    QFETCH(const int, status);
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    usage-limits: [{name: day, per: api-key, tokens: 5000, period: 24h},\n"
          "      {name: requests, per: api-key, requests: 50, period: 24h}]\n"));
    QCOMPARE(stage.client->post(Path, chat({}, model)).status, status);
    QTRY_COMPARE(standing(stage, "day"_L1)["remaining"_L1].toInteger(), 5'000);
    QCOMPARE(standing(stage, "requests"_L1)["used"_L1].toInteger(), 1); // a 502 counts
}

void TestGatewayLimits::anErrorFreesItsSlotAndItsTokens()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    concurrency: [{name: slots, per: api-key, max: 1}]\n"
          "    usage-limits: [{name: day, per: api-key, tokens: 1200, period: 24h}]\n"));
    // Each reserves the guess of 1 000 tokens, so a second one fits only if the first gave back.
    for (const QByteArray model : {"mock-500", "gpt-4o", "mock-401", "gpt-4o"})
        QVERIFY(stage.client->post(Path, chat({}, model)).status != 429);
    QTRY_COMPARE(stage.gateway->limiter().openReservations(), 0);
}

void TestGatewayLimits::aClientThatLeavesFreesItsSlot()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit + "    concurrency: [{name: slots, per: api-key, max: 1}]\n"));
    const size_t slow = stage.client->start("POST", Path, chat({}, "mock-slow"));
    QTRY_COMPARE(stage.books()["requests"_L1]["in_flight"_L1].toInt(), 1);
    QCOMPARE(standing(stage, "slots"_L1)["reserved"_L1].toInteger(), 1);
    QCOMPARE(stage.client->post(Path, chat()).status, 429);
    stage.client->hangUp(slow);
    QTRY_COMPARE(standing(stage, "slots"_L1)["remaining"_L1].toInteger(), 1);
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
}

void TestGatewayLimits::moneyIsCountedToTheMicroCent()
{
    GatewayStage stage;
    QVERIFY(stage.start(Prices + Limit
        + "    spend-limits: [{name: month, per: api-key, cents: 5000, period: month}]\n"));
    for (int i = 0; i < 7; ++i)
        QCOMPARE(stage.client->post(Path, chat(R"(,"max_tokens":900)")).status, 200);
    const QJsonObject tokens = stage.books()["tokens"_L1].toObject();
    // 2.5 and 10 dollars a million are 250 and 1 000 micro-cents a token.
    const qint64 microCents =
        tokens["input"_L1].toInteger() * 250 + tokens["output"_L1].toInteger() * 1'000;
    QTRY_COMPARE(standing(stage, "month"_L1)["used"_L1].toDouble(), double(microCents) / 1e6);
    QCOMPARE(standing(stage, "month"_L1)["window"_L1].toString(), u"month"_s);
}

void TestGatewayLimits::theBuiltInTableHasPrices()
{
    GatewayStage stage;
    QVERIFY(stage.start(
        Limit + "    spend-limits: [{name: month, per: api-key, cents: 5000, period: month}]\n"));
    QCOMPARE(stage.client->post(Path, chat(R"(,"max_tokens":900)", "gpt-4-turbo")).status, 200);
    const QJsonObject tokens = stage.books()["tokens"_L1].toObject();
    // 10 and 30 dollars a million.
    const qint64 microCents =
        tokens["input"_L1].toInteger() * 1'000 + tokens["output"_L1].toInteger() * 3'000;
    QVERIFY(microCents > 0);
    QTRY_COMPARE(standing(stage, "month"_L1)["used"_L1].toDouble(), double(microCents) / 1e6);
}

void TestGatewayLimits::anUnpricedModelIsRefusedOrLetThrough()
{
    const QByteArray limits =
        "    spend-limits: [{name: month, per: api-key, cents: 5000, period: month}]\n";
    GatewayStage strict;
    QVERIFY(strict.start(Prices + Limit + limits));
    const Reply refused = strict.client->post(Path, chat({}, "gpt-unknown"));
    QCOMPARE(refused.status, 400);
    QCOMPARE(refused.json()["error"_L1]["code"_L1].toString(), u"unpriced_model"_s);
    QCOMPARE(strict.books()["requests"_L1]["total"_L1].toInt(), 0);
    GatewayStage lax;
    QVERIFY(lax.start("prices: {unpriced: allow}\n" + Limit + limits));
    QCOMPARE(lax.client->post(Path, chat({}, "gpt-unknown")).status, 200);
    QTRY_COMPARE(standing(lax, "month"_L1)["remaining"_L1].toInteger(), 5'000);
}

void TestGatewayLimits::aQuotaThatIsUsedUpIsTerminal()
{
    GatewayStage stage;
    QVERIFY(stage.start(
        Limit + "    usage-limits: [{name: year, per: api-key, requests: 1, period: year}]\n"));
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
    const Reply reply = stage.client->post(Path, chat());
    QCOMPARE(reply.status, 429);
    const QJsonObject error = reply.json()["error"_L1].toObject();
    QCOMPARE(error["code"_L1].toString(), u"insufficient_quota"_s);
    QCOMPARE(error["type"_L1].toString(), u"insufficient_quota"_s);
    QCOMPARE(reply.header("x-should-retry"), "false"_ba);
    QCOMPARE(error["limit"_L1]["source"_L1].toString(), u"config.yaml:11"_s);
    QVERIFY(error["limit"_L1]["retry_after_ms"_L1].toInteger() > 0);
}

void TestGatewayLimits::aRequestThatCanNeverFit()
{
    GatewayStage stage;
    QVERIFY(stage.start(
        Limit + "    per-api-key: {unit: token, capacity: 200, refill-frequency: 1m}\n"));
    const Reply reply = stage.client->post(Path, chat(R"(,"max_tokens":200)"));
    QCOMPARE(reply.status, 400);
    QCOMPARE(reply.json()["error"_L1]["code"_L1].toString(), u"request_exceeds_limit"_s);
    QVERIFY(reply.json()["error"_L1]["limit"_L1]["needed"_L1].toInteger() > 200);
    QVERIFY(reply.header("Retry-After").isEmpty());
    // A guess is no reason to refuse: it is capped at what the limit leaves.
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
}

void TestGatewayLimits::slotsSayToComeSoon()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit + "    concurrency: [{name: slots, per: api-key, max: 1}]\n"));
    const size_t slow = stage.client->start("POST", Path, chat({}, "mock-slow"));
    QTRY_COMPARE(stage.books()["requests"_L1]["in_flight"_L1].toInt(), 1);
    const Reply reply = stage.client->post(Path, chat());
    QCOMPARE(reply.status, 429);
    QCOMPARE(reply.header("Retry-After"), "1"_ba);
    QCOMPARE(reply.header("x-should-retry"), "true"_ba);
    QCOMPARE(reply.header("RateLimit-Policy"), "\"slots\";q=1;qu=\"concurrent-requests\""_ba);
    const QJsonObject limit = reply.json()["error"_L1]["limit"_L1].toObject();
    QVERIFY(limit["retry_after_ms"_L1].isNull());
    QCOMPARE(limit["reserved"_L1].toInteger(), 1);
    stage.client->hangUp(slow);
}

void TestGatewayLimits::policiesCountTokensAndCents_data()
{
    QTest::addColumn<QByteArray>("algorithm");
    QTest::addColumn<QByteArray>("policy");
    for (const char *algorithm : {"sliding-window", "token-bucket"}) {
        QTest::addRow("%s tokens", algorithm)
            << QByteArray(algorithm) << "1100;w=86400;u=tokens;s=user"_ba;
        QTest::addRow("%s cents", algorithm) << QByteArray(algorithm) << "1.1;w=86400;u=cents"_ba;
    }
}

void TestGatewayLimits::policiesCountTokensAndCents()
{
    QFETCH(const QByteArray, algorithm);
    QFETCH(const QByteArray, policy);
    GatewayStage stage;
    QVERIFY(stage.start(Prices + "policy-header: {algorithm: " + algorithm + "}\n"));
    const gateway::Headers headers{
        {"Helicone-RateLimit-Policy", policy}, {"Helicone-User-Id", "bob"}};
    // Held, a request occupies its guess of 1 000 tokens, which cost a cent: no second one fits.
    const Reply first = stage.client->post(Path, chat(), headers);
    QCOMPARE(first.status, 200);
    QCOMPARE(first.header("Helicone-RateLimit-Policy"), policy);
    const size_t held =
        stage.client->start("POST", Path, chat(R"(,"max_tokens":1000)", "mock-slow"), headers);
    QTRY_COMPARE(stage.gateway->limiter().openReservations(), 1);
    const Reply refused = stage.client->post(Path, chat(R"(,"max_tokens":1000)"), headers);
    QCOMPARE(refused.status, 429);
    QVERIFY(refused.json()["message"_L1].toString().contains(u"rate limit"_s));
    stage.client->hangUp(held);
    QTRY_COMPARE(stage.gateway->limiter().openReservations(), 0);
    QCOMPARE(stage.gateway->limiter().violations(), QStringList());
}

void TestGatewayLimits::policiesAreSettledAsReported_data()
{
    QTest::addColumn<QByteArray>("algorithm");
    QTest::addColumn<QByteArray>("unit");
    for (const QByteArray algorithm : {"sliding-window", "token-bucket"})
        for (const QByteArray unit : {"tokens", "cents"})
            QTest::addRow("%s, %s", algorithm.constData(), unit.constData()) << algorithm << unit;
}

void TestGatewayLimits::policiesAreSettledAsReported()
{
    QFETCH(const QByteArray, algorithm);
    QFETCH(const QByteArray, unit);
    GatewayStage stage;
    QVERIFY(stage.start(Prices + "policy-header: {algorithm: " + algorithm + "}\n"));
    const gateway::Headers headers{
        {"Helicone-RateLimit-Policy", "100000;w=31536000;s=user;u=" + unit},
        {"Helicone-User-Id", "bob"}};
    for (const QByteArray more : {"", R"(,"stream":true)", R"(,"max_tokens":5)",
             R"(,"stream":true,"stream_options":{"include_usage":true})"})
        QCOMPARE(stage.client->post(Path, chat(more), headers).status, 200);
    QTRY_COMPARE(stage.gateway->limiter().openReservations(), 0);
    const QJsonObject tokens = stage.books()["tokens"_L1].toObject();
    const qint64 input = tokens["input"_L1].toInteger();
    const qint64 output = tokens["output"_L1].toInteger();
    const qint64 amount =
        unit == "cents" ? input * 250 + output * 1'000 : (input + output) * MicroPerUnit;
    const auto readings = stage.gateway->limiter().readings();
    QCOMPARE(readings.size(), 1u);
    const Clock &clock = stage.gateway->limiter().clock();
    const qint64 used = usageAt(readings.front(), {clock.now(), clock.wall()}).used;
    // A bucket of a year refills at 3 171 millionths in a second.
    QVERIFY(used <= amount);
    QVERIFY(used >= amount - (algorithm == "token-bucket" ? 100'000 : 0));
}

void TestGatewayLimits::limitsOfSomeRequestsOnly()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    per-api-key:\n"
          "      - {name: big, capacity: 1, refill-frequency: 24h, match: {models: [\"gpt-5*\"]}}\n"
          "      - {name: free, capacity: 1, refill-frequency: 24h, match: {properties: {tier: "
          "free}}}\n"
          "      - {name: claude, capacity: 1, refill-frequency: 24h, match: {providers: "
          "[anthropic]}}\n"));
    const auto status = [&](const QByteArray &model, const gateway::Headers &headers = {}) {
        return stage.client->post(Path, chat({}, model), headers).status;
    };
    QCOMPARE(status("gpt-5-mini"), 200);
    QCOMPARE(status("gpt-5"), 429);
    QCOMPARE(status("gpt-4o"), 200);
    QCOMPARE(status("gpt-4o", {{"Helicone-Property-Tier", "free"}}), 200);
    QCOMPARE(status("gpt-4o", {{"Helicone-Property-Tier", "free"}}), 429);
    QCOMPARE(status("gpt-4o", {{"Helicone-Property-Tier", "gold"}}), 200);
    const QByteArray claude =
        R"({"model":"c","max_tokens":9,"messages":[{"role":"user","content":"hi"}]})";
    QCOMPARE(stage.client->post("/anthropic/v1/messages", claude).status, 200);
    QCOMPARE(stage.client->post("/anthropic/v1/messages", claude).status, 429);
}

void TestGatewayLimits::ownAmountsForOneValue()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    per-end-user: {capacity: 1, refill-frequency: 24h, overrides: {vip: {capacity: "
          "3}}}\n"));
    const auto admitted = [&](const QByteArray &user) {
        int count = 0;
        for (int i = 0; i < 5; ++i)
            count += stage.client->post(Path, chat(), {{"Helicone-User-Id", user}}).status == 200;
        return count;
    };
    QCOMPARE(admitted("bob"), 1);
    QCOMPARE(admitted("vip"), 3);
}

void TestGatewayLimits::blocksRaisesAndResets()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit + "    per-api-key: {capacity: 2, refill-frequency: 24h}\n"));
    session::LimitOperations operations(stage.gateway->limiter());
    const auto admitted = [&] {
        int count = 0;
        while (stage.client->post(Path, chat()).status == 200)
            ++count;
        return count;
    };
    QCOMPARE(admitted(), 2);
    const auto raise = operations.raise("global/per-api-key", "ci", 3 * MicroPerUnit, 1h);
    QVERIFY(raise != 0);
    QCOMPARE(admitted(), 3);
    QVERIFY(operations.undo(raise));
    QCOMPARE(admitted(), 0);
    const auto reset = operations.reset("global/per-api-key", "ci");
    QVERIFY(reset != 0);
    QCOMPARE(admitted(), 2);
    const auto block = operations.block({config::SegmentKind::ApiKey, {}}, "ci");
    const Reply blocked = stage.client->post(Path, chat());
    QCOMPARE(blocked.status, 403);
    QCOMPARE(blocked.json()["error"_L1]["code"_L1].toString(), u"blocked"_s);
    QVERIFY(blocked.json()["error"_L1]["limit"_L1]["retry_after_ms"_L1].isNull());
    QVERIFY(operations.undo(block));
    QCOMPARE(stage.client->post(Path, chat()).status, 429);
}

void TestGatewayLimits::tellsTheCallerItsLimits()
{
    GatewayStage stage;
    QVERIFY(stage.start(Limit
        + "    per-api-key: {capacity: 10, refill-frequency: 24h}\n"
          "    per-end-user: {capacity: 5, refill-frequency: 24h, mode: shadow}\n"
          "routers:\n"
          "  prod: {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, "
          "weight: 1}]}}, rate-limit: {per-api-key: {capacity: 4, refill-frequency: 24h}}}\n"));
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
    const Reply reply = stage.client->send("GET", "/-/me", {}, {{"Helicone-User-Id", "bob"}});
    QCOMPARE(reply.status, 200);
    const QJsonObject me = reply.json();
    QCOMPARE(me["key"_L1].toString(), u"ci"_s);
    QCOMPARE(me["owner"_L1].toString(), u"alice"_s);
    QCOMPARE(me["user"_L1].toString(), u"bob"_s);
    QCOMPARE(me["limits"_L1].toArray().size(), 2); // shadow limits are nobody's business
    QCOMPARE(standing(stage, "global/per-api-key"_L1)["remaining"_L1].toInteger(), 9);
    QCOMPARE(standing(stage, "routers/prod/per-api-key"_L1)["remaining"_L1].toInteger(), 4);
    QCOMPARE(standing(stage, "global/per-api-key"_L1)["remaining"_L1].toInteger(), 9); // spent none
    stage.client->setHeaders({});
    QCOMPARE(stage.client->send("GET", "/-/me").status, 401);
}

QTEST_GUILESS_MAIN(TestGatewayLimits)
#include "tst_gatewaylimits.moc"
