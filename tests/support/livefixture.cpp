// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/livefixture.h"

#include "core/config/loader.h"
#include "core/insight/explain.h"

#include <variant>

namespace sluice::test {

namespace {

constexpr const char *Sample = R"(# Sample for tests: limits of every kind.
server: {port: 0}
helicone: {features: auth}
api-keys:
  - {name: ci, hash: "sha256:@1", owner: alice, team: core}
  - {name: app, hash: "sha256:@2", owner: bob, team: core}
  - {name: docs-site, hash: "sha256:@3", owner: bob, team: core}
  - {name: eval-runner, hash: "sha256:@4", owner: erin, team: research}
  - {name: notebook, hash: "sha256:@5", owner: erin, team: research}
  - {name: triage-agent, hash: "sha256:@6", owner: dave, team: support}
  - {name: helpdesk-bot, hash: "sha256:@7", owner: carol, team: support}
  - {name: qa-nightly, hash: "sha256:@8", owner: alice, team: core}
  - {name: web-search, hash: "sha256:@9", owner: alice, team: core}
  - {name: batch-embed, hash: "sha256:@a", owner: erin, team: research}
  - {name: legacy-etl, hash: "sha256:@b", owner: bob, team: core}
  - {name: local-dev, hash: "sha256:@c", owner: alice, team: core}
teams:
  core: {members: [alice, bob]}
  research: {members: [erin]}
  support: {members: [carol, dave]}
providers:
  openai: {base-url: "http://127.0.0.1:9", models: [gpt-4o, gpt-4o-mini]}

global:
  rate-limit:
    per-api-key: {capacity: 120, refill-frequency: 1m}
    per-end-user: {capacity: 200, refill-frequency: 1m, on-missing-segment: skip}
    per-property:
      tenant: {capacity: 1000, refill-frequency: 1h, on-missing-segment: skip}

routers:
  prod:
    load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: 1}]}}
    rate-limit:
      per-api-key:
        # raised from 40 for the launch
        capacity: 60
        refill-frequency: 1m
      per-end-user: {capacity: 80, refill-frequency: 1m, mode: shadow, on-missing-segment: skip}
  agents:
    load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: 1}]}}
    rate-limit:
      per-api-key: {capacity: 30, refill-frequency: 1m, mode: shadow}
  batch:
    load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: 1}]}}
    rate-limit: {disabled: true}
)";

limits::Subject subjectOf(
    const LiveFixture::Client &client, const config::Configuration &configuration)
{
    limits::Subject subject;
    subject.apiKey = client.key;
    for (const config::ApiKey &key : configuration.apiKeys) {
        if (key.name == client.key) {
            subject.member = key.owner;
            subject.team = key.team;
        }
    }
    subject.endUser = client.user;
    if (!client.tenant.isEmpty())
        subject.properties = {{.name = "tenant", .value = client.tenant}};
    subject.entry = client.router.isEmpty() ? limits::Entry::Unified : limits::Entry::Router;
    subject.router = client.router;
    const auto parsed = config::parsePolicies(client.policy);
    if (const auto *policies = std::get_if<std::vector<limits::Policy>>(&parsed))
        subject.policies = *policies;
    return subject;
}

limits::Estimate estimateOf(
    const LiveFixture::Client &client, const config::Configuration &configuration)
{
    limits::Estimate estimate;
    estimate.input.firm = client.input * MicroPerUnit;
    estimate.output.firm = client.output * MicroPerUnit;
    if (client.isPriced)
        estimate.cents = limits::Expected{client.cents, 0};
    estimate.allowsUnpriced = configuration.prices.allowsUnpriced;
    return estimate;
}

/// As the gateway answers.
int statusOf(limits::Verdict verdict)
{
    switch (verdict) {
    case limits::Verdict::NeverFits:
    case limits::Verdict::Unpriced:
    case limits::Verdict::MissingSegment:
        return 400;
    case limits::Verdict::Blocked:
        return 403;
    case limits::Verdict::NoRoom:
    case limits::Verdict::StoreDown:
        return 503;
    case limits::Verdict::Admitted:
    case limits::Verdict::LimitReached:
    case limits::Verdict::SlotsTaken:
        break;
    }
    return 429;
}

void add(std::map<QByteArray, LiveFixture::Count> &counts, const QByteArray &name, bool admitted)
{
    if (!name.isEmpty())
        ++(admitted ? counts[name].admitted : counts[name].refused);
}

} // namespace

QByteArray LiveFixture::sampleConfiguration()
{
    QByteArray text = Sample;
    for (const char digit : QByteArray("123456789abc"))
        text.replace(QByteArray(1, '@').append(digit), QByteArray(64, digit));
    return text;
}

QByteArray LiveFixture::teamConfiguration()
{
    QByteArray text = sampleConfiguration();
    const QByteArray before = "    per-property:\n      tenant: {capacity: 1000,";
    Q_ASSERT(text.contains(before));
    return text.insert(text.indexOf(before),
        "    per-team: {capacity: 90, refill-frequency: 1m}\n"
        "    per-team-member: {capacity: 70, refill-frequency: 1m}\n"
        "    shared: {capacity: 500, refill-frequency: 1m}\n");
}

QByteArray LiveFixture::teamlessConfiguration()
{
    QByteArray text = sampleConfiguration();
    const qsizetype teams = text.indexOf("teams:\n");
    text.remove(teams, text.indexOf("providers:\n") - teams);
    for (const char *team : {", team: core", ", team: research", ", team: support"})
        text.replace(team, "");
    return text;
}

QByteArray LiveFixture::everyLimitConfiguration()
{
    return withEveryLimit(sampleConfiguration());
}

QByteArray LiveFixture::withEveryLimit(QByteArray text)
{
    const QByteArray global = "global:\n  rate-limit:\n";
    const QByteArray agents = "      per-api-key: {capacity: 30,";
    Q_ASSERT(text.contains(global) && text.contains(agents));
    text.insert(
        text.indexOf(agents), "      concurrency: [{name: in-flight, per: api-key, max: 3}]\n");
    return text.insert(text.indexOf(global) + global.size(),
        "    usage-limits:\n"
        "      - {name: key-tokens, per: api-key, tokens: 20000, period: 1h}\n"
        "      - {name: key-day, per: api-key, requests: 1000, period: day, timezone: UTC}\n"
        "    spend-limits:\n"
        "      - name: team-month\n"
        "        per: team\n"
        "        cents: 500\n"
        "        period: month\n"
        "        timezone: Europe/Berlin\n"
        "        overrides: {support: {cents: 250}}\n"
        "    policies: [\"50;w=60;s=user\"]\n");
}

LiveFixture::LiveFixture(const QByteArray &yaml)
{
    const config::LoadResult loaded = config::load(yaml, QProcessEnvironment());
    for (const config::Finding &finding : loaded.findings) {
        if (finding.severity == config::Severity::Error)
            qFatal("line %d: %s", finding.place.line, qPrintable(finding.message));
    }
    configuration = loaded.configuration;
    limiter.apply(limits::LimitSet::compile(*configuration));
    usage.setConfiguration(configuration);
}

metering::Charge LiveFixture::chargeOf(const Client &client)
{
    metering::Charge charge;
    if (client.input == 0 && client.output == 0)
        return charge;
    charge.tokens.input = client.input;
    charge.tokens.output = client.output;
    if (client.cached > 0)
        charge.tokens.cachedInput = client.cached;
    if (client.isEstimate) {
        charge.inputSource = metering::Source::Estimated;
        charge.outputSource = metering::Source::Counted;
    }
    if (client.isPriced)
        charge.cost = client.cents;
    return charge;
}

insight::RequestRecord LiveFixture::send(
    const Client &client, std::chrono::microseconds duration, insight::Outcome outcome, int status)
{
    insight::RequestRecord record;
    record.id = ++m_lastId;
    record.requestId = "req-" + QByteArray::number(record.id);
    record.at = clock.wall();
    record.subject = subjectOf(client, *configuration);
    record.method = "POST";
    record.path = "/v1/chat/completions";
    record.model = client.model;
    record.decision = limiter.reserve(record.subject, estimateOf(client, *configuration));
    const bool isAdmitted = record.decision.isAdmitted();
    const bool isLimit = record.decision.verdict == limits::Verdict::LimitReached;
    record.outcome = isAdmitted ? outcome
        : isLimit               ? insight::Outcome::Refused
                                : insight::Outcome::Rejected;
    if (outcome != insight::Outcome::Streaming)
        limiter.settle(record.decision.reservation, {});
    record.isStream = outcome == insight::Outcome::Streaming;
    record.status = isAdmitted ? status : statusOf(record.decision.verdict);
    if (!isAdmitted)
        record.note = insight::refusalSentence(record.decision, QStringLiteral("sample.yaml"));
    record.duration = isAdmitted ? duration : std::chrono::microseconds(300);
    record.overhead = std::chrono::microseconds(180);
    record.provider = client.provider;
    if (record.outcome == insight::Outcome::Completed)
        record.charge = chargeOf(client);
    record.bytesSent = isAdmitted ? 1840 : 412;
    if (outcome == insight::Outcome::UpstreamFailed && isAdmitted)
        record.note = QStringLiteral("the provider did not answer in time");
    add(keys, client.key, isAdmitted);
    add(users, client.user, isAdmitted);
    m_collector.note(record);
    return record;
}

void LiveFixture::end(insight::RequestRecord record, insight::Outcome outcome, int status)
{
    limiter.settle(record.decision.reservation, {});
    record.outcome = outcome;
    record.status = status;
    record.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(clock.wall() - record.at);
    m_collector.note(record);
}

void LiveFixture::report()
{
    auto batch = std::make_shared<insight::ActivityBatch>(m_collector.take());
    batch->at = clock.wall();
    batch->now = clock.now();
    batch->counters = limiter.takeChanges(100'000);
    usage.ingest(batch);
    feed.ingest(batch);
}

} // namespace sluice::test
