// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/scenario.h"

#include "core/base/secrets.h"
#include "core/demo/mocktext.h"
#include "core/demo/seededrandom.h"

#include <array>

namespace sluice::demo {

using namespace std::chrono_literals;

namespace {

struct KeyRow
{
    const char *name;
    const char *owner;
    const char *team;
    const char *note;
};

constexpr std::array<KeyRow, 7> Keys{{
    {"storefront", "alice", "shop", "the web shop's chat"},
    {"mobile", "bruno", "shop", "the phone app; one of its users is too eager"},
    {"batch", "chiara", "data", "nightly jobs that also run by day"},
    {"agents", "dmitri", "lab", "a runaway agent"},
    {"notebook", "erika", "lab", "brings its own policy header"},
    {"ci", "farid", "platform", "uses the router without limits"},
    {"visitor", "you", "", "yours: no traffic but what you send"},
}};

/// Looks like a real key and is the same on every start, so that snippets stay valid.
QByteArray secretOf(const char *name)
{
    constexpr QByteArrayView Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    SeededRandom random(seedFor(QByteArrayView(name), 0x51));
    QByteArray secret = "sk-sluice-demo-";
    for (int i = 0; i < 32; ++i)
        secret += Alphabet.at(qsizetype(random.below(quint64(Alphabet.size()))));
    return secret;
}

QByteArray keyLines()
{
    QByteArray lines;
    for (const KeyRow &key : Keys) {
        lines += QByteArray("  # ") + key.note + "\n  - {name: " + key.name
            + ", hash: \"sha256:" + hashApiKey(secretOf(key.name)) + "\", owner: " + key.owner;
        if (*key.team != '\0')
            lines += QByteArray(", team: ") + key.team;
        lines += "}\n";
    }
    return lines;
}

constexpr const char *Head = R"(# Sluice demo: everything in here stays on this machine.
# Change a number, here or in the window, and the next request obeys it.

server:
  address: 127.0.0.1
  port: 0                       # any free one; the window and the log show which

helicone:
  features: auth                # requests need one of the keys below

# The keys themselves are not in the file, only their SHA-256.
api-keys:
)";

constexpr const char *Middle = R"(
teams:
  shop: {members: [alice, bruno]}
  data: {members: [chiara]}
  lab: {members: [dmitri, erika]}
  platform: {members: [farid]}

# All three are the built-in mock provider, which answers like the real ones.
providers:
  openai: {base-url: "@MOCK@", api-key-env: @SECRET@, models: [gpt-4o, gpt-4o-mini, text-embedding-3-small]}
  mistral: {base-url: "@MOCK@", api-key-env: @SECRET@, models: [gpt-4o-mini, mistral-small]}
  anthropic: {base-url: "@MOCK@", api-key-env: @SECRET@, models: [claude-sonnet-4-0]}

# US dollars per million tokens: figures for this demo, not anybody's price list.
prices:
  models:
    openai/gpt-4o: {input: 2.50, output: 10.00}
    openai/gpt-4o-mini: {input: 0.15, output: 0.60}
    openai/text-embedding-3-small: {input: 0.02, output: 0}
    mistral/gpt-4o-mini: {input: 0.15, output: 0.60}
    mistral/mistral-small: {input: 0.10, output: 0.30}
    anthropic/claude-sonnet-4-0: {input: 3.00, output: 15.00}

)";

constexpr const char *Limits = R"(# These hold for every request, whichever way it comes in.
global:
  rate-limit:
    # `capacity` at once from rest, refilled evenly over `refill-frequency`.
    per-api-key: {capacity: 240, refill-frequency: 2m}
    # Requests that name no user are not counted here.
    per-end-user: {capacity: 40, refill-frequency: 1m, on-missing-segment: skip}
    per-property:
      tenant: {capacity: 150, refill-frequency: 90s, on-missing-segment: skip}
      # Only watched: counts what it would have refused, refuses nothing.
      plan: {capacity: 45, refill-frequency: 1m, mode: shadow, on-missing-segment: skip}
    # At the same time, by what an answer holds until it ends.
    concurrency:
      - {name: at-once, per: api-key, max: 8, overrides: {batch: {max: 16}}}
    # Money, by the prices below: all of it free again when the next day begins.
    spend-limits:
      - {name: team-day, per: team, cents: 150, period: day, timezone: Europe/Berlin, on-missing-segment: skip}
    # Tokens: never more than this in any 60 minutes.
    usage-limits:
      - {name: member-hour, per: team-member, tokens: 400000, period: 1h, on-missing-segment: skip}
    # As if every client had sent this header.
    policies:
      - {name: tenant-hour, policy: "9000;w=3600;s=tenant", on-missing-segment: skip}

routers:
  # Three quarters of the shop's requests go to one provider, a quarter to the other.
  production:
    load-balance:
      chat:
        strategy: weighted
        providers:
          - {provider: openai, weight: '0.75'}
          - {provider: mistral, weight: '0.25'}
    rate-limit:
      per-api-key: {capacity: 100, refill-frequency: 1m}

  # Tight on purpose: watch it refuse.
  agents:
    load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: 1}]}}
    rate-limit:
      per-end-user: {capacity: 10, refill-frequency: 10s, on-missing-segment: skip}

  # Opts out of every configured limit, the global ones too.
  internal:
    load-balance: {chat: {strategy: weighted, providers: [{provider: mistral, weight: 1}]}}
    rate-limit: {disabled: true}

# Clients may send Helicone-RateLimit-Policy; `notebook` does.
policy-header:
  enabled: true
)";

DemoClient client(
    const char *key, const char *user, const char *path, const char *model, int perMinute)
{
    DemoClient result;
    result.keyName = key;
    result.secret = secretOf(key);
    result.user = user;
    result.path = path;
    result.model = model;
    result.perMinute = perMinute;
    return result;
}

constexpr const char *Production = "/router/production/v1/chat/completions";

void addShop(std::vector<DemoClient> &clients)
{
    const auto add = [&](DemoClient next, const char *tenant, const char *plan, int streamPercent) {
        next.properties = {{"Helicone-Property-Tenant", tenant}, {"Helicone-Property-Plan", plan}};
        next.streamPercent = streamPercent;
        next.leavePercent = 4;
        clients.push_back(next);
    };
    DemoClient waves = client("storefront", "nadia", Production, "gpt-4o-mini", 110);
    waves.active = 20s;
    waves.pause = 25s;
    add(waves, "acme", "pro", 70);
    add(client("storefront", "oscar", Production, "gpt-4o-mini", 22), "acme", "pro", 60);
    add(client("storefront", "paula", Production, "gpt-4o", 14), "globex", "enterprise", 80);
    add(client("mobile", "quentin", Production, "gpt-4o-mini", 85), "globex", "free", 50);
    DemoClient inBody = client("mobile", "rosa", Production, "gpt-4o-mini", 26);
    inBody.userInBody = true;
    add(inBody, "initech", "free", 50);
}

void addOthers(std::vector<DemoClient> &clients)
{
    DemoClient jobs = client("batch", "", "/openai/v1/embeddings", "text-embedding-3-small", 260);
    jobs.properties = {{"Helicone-Property-Tenant", "umbrella"}};
    jobs.active = 45s;
    jobs.pause = 30s;
    clients.push_back(jobs);

    DemoClient reports = client("batch", "sven", "/anthropic/v1/messages", "claude-sonnet-4-0", 34);
    reports.properties = {{"Helicone-Property-Tenant", "umbrella"}};
    reports.streamPercent = 50;
    clients.push_back(reports);

    DemoClient runaway =
        client("agents", "agent-7", "/router/agents/v1/chat/completions", "gpt-4o", 300);
    runaway.active = 15s;
    runaway.pause = 12s;
    runaway.streamPercent = 30;
    clients.push_back(runaway);
    clients.push_back(
        client("agents", "agent-2", "/router/agents/v1/chat/completions", "gpt-4o", 40));

    DemoClient notebook =
        client("notebook", "tilda", "/router/production/chat/completions", "gpt-4o", 44);
    notebook.policy = "30;w=60;s=user";
    notebook.streamPercent = 100;
    notebook.leavePercent = 10;
    clients.push_back(notebook);

    clients.push_back(
        client("ci", "", "/router/internal/v1/chat/completions", "mistral-small", 50));
}

} // namespace

void prepareDemoEnvironment()
{
    qputenv(DemoSecretVariable, "sk-mock-accepts-anything");
}

QByteArray demoConfiguration(const QByteArray &mockBaseUrl)
{
    QByteArray providers = Middle;
    providers.replace("@MOCK@", mockBaseUrl).replace("@SECRET@", DemoSecretVariable);
    return Head + keyLines() + providers + Limits;
}

std::vector<DemoClient> demoClients()
{
    std::vector<DemoClient> clients;
    addShop(clients);
    addOthers(clients);
    return clients;
}

QByteArray demoVisitorKey()
{
    return secretOf("visitor");
}

MockOptions demoMockOptions()
{
    return {.latency = 90ms, .jitter = 260ms, .chunkInterval = 30ms, .tokens = 36, .seed = 20};
}

} // namespace sluice::demo
