// SPDX-License-Identifier: GPL-3.0-or-later
// What answers tell about limits: headers on allowed and refused answers, and the refusal's body.
#include "core/config/policyheader.h"
#include "core/gateway/pipeline/limitheaders.h"
#include "core/gateway/pipeline/reply.h"
#include "core/insight/policytext.h"
#include "core/limits/engine.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::limits;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

config::LimitRule rule(const QByteArray &name, config::LimitScope scope, qint64 capacity,
    std::chrono::seconds refill, LimitMode mode = LimitMode::Enforce)
{
    config::LimitRule rule;
    rule.name = name;
    rule.scope = scope;
    rule.router = scope == config::LimitScope::Router ? "prod" : "";
    rule.segment = {config::SegmentKind::ApiKey, {}};
    rule.capacity = capacity * MicroPerUnit;
    rule.refill = refill;
    rule.mode = mode;
    rule.place = {31, 7};
    return rule;
}

/// Sends `count` requests at one instant and gives the last decision.
Decision last(const std::vector<config::LimitRule> &rules, int count, const char *policy = "")
{
    config::Configuration values;
    values.limits = rules;
    values.routers = {{"prod", {{"openai", 1'000'000}}, {}, false, {}}};
    const auto set = LimitSet::compile(values);
    Engine engine;
    Subject subject;
    subject.apiKey = "ci";
    subject.endUser = "alice";
    subject.entry = Entry::Router;
    subject.router = "prod";
    subject.policies = std::get<std::vector<Policy>>(config::parsePolicies(policy));
    Decision decision;
    for (int i = 0; i < count; ++i)
        decision = engine.reserve(std::chrono::hours(500'000), *set, subject);
    return decision;
}

QByteArray header(const Decision &decision, const char *name, bool ietf = true)
{
    Headers headers;
    appendLimitHeaders(decision, ietf, headers);
    return headerValue(headers, name);
}

} // namespace

class TestLimitHeaders : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsWhatIsLeft();
    void tellsTheTightestLimit();
    void tellsWhenToComeBack();
    void keepsShadowLimitsToItself();
    void describesTheHeaderPolicy();
    void answersAsPoliciesAreExplained_data();
    void answersAsPoliciesAreExplained();
    void saysNothingWithoutLimits();
    void explainsARefusal_data();
    void explainsARefusal();
    void shapesErrorsInTheCallersDialect();
};

void TestLimitHeaders::tellsWhatIsLeft()
{
    const auto rules = {rule("global/per-api-key", config::LimitScope::Global, 3, 60s)};
    const Decision decision = last(rules, 2);
    QCOMPARE(header(decision, "x-ratelimit-limit"), "3"_ba);
    QCOMPARE(header(decision, "x-ratelimit-remaining"), "1"_ba);
    QCOMPARE(header(decision, "RateLimit-Policy"), "\"global/per-api-key\";q=3;w=60"_ba);
    QCOMPARE(header(decision, "RateLimit"), "\"global/per-api-key\";r=1"_ba);
    QVERIFY(header(decision, "RateLimit", false).isNull());
    QVERIFY(header(decision, "Retry-After").isNull());
    QVERIFY(header(decision, "Helicone-RateLimit-Limit").isNull());
}

void TestLimitHeaders::tellsTheTightestLimit()
{
    const Decision decision =
        last({rule("global/per-api-key", config::LimitScope::Global, 100, 60s),
                 rule("routers/prod/per-api-key", config::LimitScope::Router, 4, 60s)},
            1);
    QCOMPARE(header(decision, "x-ratelimit-limit"), "4"_ba);
    QCOMPARE(header(decision, "x-ratelimit-remaining"), "3"_ba);
    QVERIFY(header(decision, "RateLimit").startsWith("\"routers/prod/per-api-key\""));
}

void TestLimitHeaders::tellsWhenToComeBack()
{
    const Decision decision =
        last({rule("global/per-api-key", config::LimitScope::Global, 3, 60s)}, 4);
    QVERIFY(!decision.isAdmitted());
    QCOMPARE(header(decision, "x-ratelimit-remaining"), "0"_ba);
    QCOMPARE(header(decision, "Retry-After"), "20"_ba);
    QCOMPARE(header(decision, "retry-after-ms"), "20000"_ba);
    QCOMPARE(header(decision, "x-ratelimit-after"), "20"_ba);
    QCOMPARE(header(decision, "x-should-retry"), "true"_ba);
    QCOMPARE(header(decision, "RateLimit"), "\"global/per-api-key\";r=0;t=20"_ba);

    const Decision longWait =
        last({rule("global/per-api-key", config::LimitScope::Global, 1, 121s)}, 2);
    QCOMPARE(header(longWait, "x-should-retry"), "false"_ba);
    const Decision shortWait =
        last({rule("global/per-api-key", config::LimitScope::Global, 1, 1s)}, 2);
    QCOMPARE(header(shortWait, "Retry-After"), "1"_ba);
}

void TestLimitHeaders::keepsShadowLimitsToItself()
{
    const Decision decision =
        last({rule("global/per-api-key", config::LimitScope::Global, 100, 60s),
                 rule("routers/prod/per-api-key", config::LimitScope::Router, 1, 60s,
                     LimitMode::Shadow)},
            3);
    QVERIFY(decision.isAdmitted());
    QCOMPARE(header(decision, "x-ratelimit-limit"), "100"_ba);
    QCOMPARE(header(decision, "RateLimit-Policy"), "\"global/per-api-key\";q=100;w=60"_ba);
}

void TestLimitHeaders::describesTheHeaderPolicy()
{
    const Decision decision = last(
        {rule("global/per-api-key", config::LimitScope::Global, 5, 60s)}, 1, "1000;w=3600;s=USER");
    QCOMPARE(header(decision, "Helicone-RateLimit-Limit"), "1000"_ba);
    QCOMPARE(header(decision, "Helicone-RateLimit-Remaining"), "999"_ba);
    QCOMPARE(header(decision, "Helicone-RateLimit-Policy"), "1000;w=3600;s=user"_ba);
    QVERIFY(header(decision, "Helicone-RateLimit-Reset").toInt() >= 3600);
    QCOMPARE(header(decision, "x-ratelimit-remaining"), "4"_ba);
}

void TestLimitHeaders::answersAsPoliciesAreExplained_data()
{
    QTest::addColumn<QByteArray>("policy");
    for (const char *policy : {"100;w=60", " 100 ;s=USER; w=3600", "5;w=90;u=requests;s=global"})
        QTest::newRow(policy) << QByteArray(policy);
}

void TestLimitHeaders::answersAsPoliciesAreExplained()
{
    QFETCH(const QByteArray, policy);
    const Decision decision = last({}, 1, policy.constData());
    const auto texts =
        insight::explainPolicies(std::get<std::vector<Policy>>(config::parsePolicies(policy)));
    QCOMPARE(texts.size(), size_t{1});
    for (const auto &[name, value] : texts.front().headers)
        QCOMPARE(header(decision, name.constData()), value);
}

void TestLimitHeaders::saysNothingWithoutLimits()
{
    Headers headers;
    appendLimitHeaders(last({}, 1), true, headers);
    QVERIFY(headers.empty());
}

void TestLimitHeaders::explainsARefusal_data()
{
    QTest::addColumn<bool>("isHeaderPolicy");
    QTest::addColumn<QString>("source");
    QTest::addRow("configured") << false << u"config.yaml:31"_s;
    QTest::addRow("header policy") << true << u"policy header"_s;
}

void TestLimitHeaders::explainsARefusal()
{
    QFETCH(bool, isHeaderPolicy);
    QFETCH(QString, source);
    const Decision decision = isHeaderPolicy
        ? last({}, 3, "2;w=60")
        : last({rule("global/per-api-key", config::LimitScope::Global, 2, 60s)}, 3);
    const Response response = refusalResponse(decision, config::Dialect::OpenAi, u"config.yaml"_s);
    QCOMPARE(response.status, 429);
    const QJsonObject body = QJsonDocument::fromJson(response.body).object();
    QCOMPARE(body.contains("message"_L1), isHeaderPolicy);
    const QJsonObject error = body["error"_L1].toObject();
    QCOMPARE(error["code"_L1].toString(), u"rate_limit_exceeded"_s);
    QVERIFY(error["message"_L1].toString().contains("rate limit"_L1));
    const QJsonObject limit = error["limit"_L1].toObject();
    QCOMPARE(limit["value"_L1].toString(), isHeaderPolicy ? u"ci"_s : u"ci"_s);
    QCOMPARE(limit["quota"_L1].toInt(), 2);
    QCOMPARE(limit["used"_L1].toInt(), 2);
    QCOMPARE(limit["unit"_L1].toString(), u"request"_s);
    QCOMPARE(limit["window"_L1].toInt(), 60);
    QCOMPARE(limit["source"_L1].toString(), source);
    QVERIFY(limit["retry_after_ms"_L1].toInt() > 0);
}

void TestLimitHeaders::shapesErrorsInTheCallersDialect()
{
    const Failure failure{404, "invalid_request_error", "not_found", u"There is nothing here"_s};
    const auto json = [&failure](config::Dialect dialect) {
        return QJsonDocument::fromJson(failureResponse(failure, dialect).body).object();
    };
    const QJsonObject openAi = json(config::Dialect::OpenAi);
    QCOMPARE(openAi["error"_L1]["type"_L1].toString(), u"invalid_request_error"_s);
    QVERIFY(openAi["error"_L1].toObject().contains("param"_L1));
    const QJsonObject anthropic = json(config::Dialect::Anthropic);
    QCOMPARE(anthropic["type"_L1].toString(), u"error"_s);
    QCOMPARE(anthropic["error"_L1]["type"_L1].toString(), u"not_found_error"_s);
}

QTEST_GUILESS_MAIN(TestLimitHeaders)
#include "tst_limitheaders.moc"
