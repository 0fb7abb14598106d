// SPDX-License-Identifier: GPL-3.0-or-later
// One configuration compiled for look-up by gateway threads. Immutable, shared between threads,
// swapped whole.
#pragma once

#include "core/base/bytehash.h"
#include "core/config/configuration.h"
#include "core/limits/limitset.h"

#include <QProcessEnvironment>

#include <chrono>

namespace sluice::gateway {

/// A provider with what is needed to send it a request.
struct ProviderTarget
{
    config::Provider provider;
    QByteArray apiPrefix; ///< between base URL and endpoint: "/v1/", Gemini "/v1beta/openai/"
    QByteArray secret; ///< from its environment variable; empty if unset. Never logged
    QByteArray bearer; ///< "Bearer " and the secret
};

/// A router with its providers resolved.
struct RouterTarget
{
    struct Weighted
    {
        std::shared_ptr<const ProviderTarget> target; ///< with the router's own base URL, if any
        qint64 weight = 0; ///< millionths
    };

    QByteArray name;
    std::vector<Weighted> targets;
};

class Snapshot
{
public:
    /// fileName is what clients are told as the source of a limit ("ai-gateway-config.yaml").
    static std::shared_ptr<const Snapshot> compile(
        std::shared_ptr<const config::Configuration> configuration,
        const QProcessEnvironment &environment, const QString &fileName);

    [[nodiscard]] const config::Configuration &configuration() const { return *m_configuration; }

    [[nodiscard]] const std::shared_ptr<const limits::LimitSet> &limits() const { return m_limits; }

    [[nodiscard]] const QString &fileName() const { return m_fileName; }

    /// The configured key with that hash (lower-case hex), or null. Takes the same time for any
    /// unknown hash.
    [[nodiscard]] const config::ApiKey *findKey(const QByteArray &hash) const;

    [[nodiscard]] std::shared_ptr<const ProviderTarget> findProvider(QByteArrayView name) const;

    /// The first configured provider that lists a bare model name, or null.
    [[nodiscard]] std::shared_ptr<const ProviderTarget> findProviderOf(QByteArrayView model) const;

    /// What a model costs at a provider for a request that begins at that time since 1970; null:
    /// unpriced. It lives as long as the snapshot.
    [[nodiscard]] const config::ModelPrice *priceOf(const config::Provider &provider,
        QByteArrayView model, std::chrono::milliseconds wallTime) const;

    [[nodiscard]] const RouterTarget *findRouter(QByteArrayView name) const;

    /// The router that answers under /v1: the one named "default", or the only one; else null.
    [[nodiscard]] const RouterTarget *defaultRouter() const;

private:
    std::shared_ptr<const config::Configuration> m_configuration;
    std::shared_ptr<const limits::LimitSet> m_limits;
    QString m_fileName;
    ByteMap<const config::ApiKey *> m_keys;
    std::vector<std::shared_ptr<const ProviderTarget>> m_providers;
    std::vector<RouterTarget> m_routers;
};

} // namespace sluice::gateway
