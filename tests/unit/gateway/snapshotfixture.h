// SPDX-License-Identifier: GPL-3.0-or-later
// A snapshot for tests of the gateway's pure steps: two providers with secrets, three routers, four
// keys.
#pragma once

#include "core/base/secrets.h"
#include "core/gateway/snapshot.h"

namespace sluice::gateway::test {

inline config::Provider provider(const QByteArray &name, config::Dialect dialect, bool hasSecret)
{
    config::Provider provider;
    provider.name = name;
    provider.baseUrl = "http://" + name + ".test";
    provider.dialect = dialect;
    provider.apiKeyEnv = hasSecret ? QByteArray(name.toUpper() + "_API_KEY") : QByteArray();
    provider.models = {name + "-small", name + "-large"};
    return provider;
}

inline config::ApiKey key(const QByteArray &name, const QByteArray &secret)
{
    config::ApiKey key;
    key.name = name;
    key.hash = hashApiKey(secret);
    key.owner = "alice";
    key.team = "core";
    return key;
}

inline std::shared_ptr<config::Configuration> configuration(bool authentication)
{
    auto values = std::make_shared<config::Configuration>();
    values->authentication = authentication;
    values->providers = {provider("openai", config::Dialect::OpenAi, true),
        provider("anthropic", config::Dialect::Anthropic, true),
        provider("gemini", config::Dialect::OpenAi, true),
        provider("ollama", config::Dialect::OpenAi, false)};
    config::Router prod{"prod", {{"openai", 750'000}, {"gemini", 250'000}}, {}, false, {}};
    config::Router mixed{"mixed", {{"openai", 500'000}, {"anthropic", 500'000}}, {}, false, {}};
    config::Router single{
        "single", {{"openai", 1'000'000}}, {{"openai", "http://other.test"}}, false, {}};
    values->routers = {prod, mixed, single};
    values->apiKeys = {key("ci", "key-ci"), key("off", "key-off"), key("old", "key-old"),
        key("narrow", "key-narrow")};
    values->apiKeys[1].disabled = true;
    values->apiKeys[2].expires = QDate(2026, 1, 1);
    values->apiKeys[3].routers = {"prod"};
    values->server.allowedOrigins = {QStringLiteral("http://localhost:5173")};
    return values;
}

inline std::shared_ptr<const Snapshot> compile(
    const std::shared_ptr<const config::Configuration> &values, bool withSecrets = true)
{
    QProcessEnvironment environment;
    if (withSecrets) {
        environment.insert(QStringLiteral("OPENAI_API_KEY"), QStringLiteral("secret-openai"));
        environment.insert(QStringLiteral("ANTHROPIC_API_KEY"), QStringLiteral("secret-anthropic"));
    }
    return Snapshot::compile(values, environment, QStringLiteral("config.yaml"));
}

} // namespace sluice::gateway::test
