// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/snapshot.h"

#include "core/base/secrets.h"
#include "core/metering/prices/pricebook.h"

#include <algorithm>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

/// Where a provider keeps its OpenAI-compatible (or Anthropic) endpoints, after its base URL.
QByteArray apiPrefix(QByteArrayView provider)
{
    return provider == "gemini" ? "/v1beta/openai/"_ba : "/v1/"_ba;
}

std::shared_ptr<ProviderTarget> makeTarget(
    const config::Provider &provider, const QProcessEnvironment &environment)
{
    auto target = std::make_shared<ProviderTarget>();
    target->provider = provider;
    target->apiPrefix = apiPrefix(provider.name);
    if (!provider.apiKeyEnv.isEmpty())
        target->secret = environment.value(QString::fromUtf8(provider.apiKeyEnv)).toUtf8();
    target->bearer = "Bearer " + target->secret;
    return target;
}

} // namespace

std::shared_ptr<const Snapshot> Snapshot::compile(
    std::shared_ptr<const config::Configuration> configuration,
    const QProcessEnvironment &environment, const QString &fileName)
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->m_configuration = std::move(configuration);
    snapshot->m_fileName = fileName;
    const config::Configuration &values = *snapshot->m_configuration;
    snapshot->m_limits = limits::LimitSet::compile(values);
    metering::PriceBook::builtIn(); // read now rather than by the first request

    for (const config::ApiKey &key : values.apiKeys)
        snapshot->m_keys.emplace(key.hash, &key);
    for (const config::Provider &provider : values.providers)
        snapshot->m_providers.push_back(makeTarget(provider, environment));

    for (const config::Router &router : values.routers) {
        RouterTarget compiled{router.name, {}};
        for (const config::WeightedProvider &weighted : router.targets) {
            const config::Provider *provider = values.findProvider(weighted.provider);
            if (provider == nullptr)
                continue; // the loader has refused such a file
            const auto target = makeTarget(*provider, environment);
            if (const auto own = router.baseUrls.constFind(weighted.provider);
                own != router.baseUrls.cend())
                target->provider.baseUrl = *own;
            compiled.targets.push_back({target, weighted.weight});
        }
        snapshot->m_routers.push_back(std::move(compiled));
    }
    return snapshot;
}

const config::ApiKey *Snapshot::findKey(const QByteArray &hash) const
{
    // The table is keyed by SHA-256: how long a look-up takes tells nothing about the key, and the
    // final comparison is in constant time.
    const auto found = m_keys.find(hash);
    return found != m_keys.end() && equalInConstantTime(found->first, hash) ? found->second
                                                                            : nullptr;
}

std::shared_ptr<const ProviderTarget> Snapshot::findProvider(QByteArrayView name) const
{
    const auto found = std::find_if(m_providers.begin(), m_providers.end(),
        [name](const auto &target) { return target->provider.name == name; });
    return found == m_providers.end() ? nullptr : *found;
}

std::shared_ptr<const ProviderTarget> Snapshot::findProviderOf(QByteArrayView model) const
{
    const auto found =
        std::find_if(m_providers.begin(), m_providers.end(), [model](const auto &target) {
            const auto &models = target->provider.models;
            return std::find(models.begin(), models.end(), model) != models.end();
        });
    return found == m_providers.end() ? nullptr : *found;
}

const config::ModelPrice *Snapshot::priceOf(const config::Provider &provider, QByteArrayView model,
    std::chrono::milliseconds wallTime) const
{
    return metering::lookUpPrice(m_configuration->prices, provider, model, wallTime).price;
}

const RouterTarget *Snapshot::findRouter(QByteArrayView name) const
{
    const auto found = std::find_if(m_routers.begin(), m_routers.end(),
        [name](const RouterTarget &router) { return router.name == name; });
    return found == m_routers.end() ? nullptr : &*found;
}

const RouterTarget *Snapshot::defaultRouter() const
{
    if (const RouterTarget *router = findRouter("default"))
        return router;
    return m_routers.size() == 1 ? &m_routers.front() : nullptr;
}

} // namespace sluice::gateway
