// SPDX-License-Identifier: GPL-3.0-or-later
// Step 1 of a request: from its target to what shall serve it (spec: http, "URLs"). Pure, any
// thread.
#pragma once

#include "core/gateway/pipeline/reply.h"
#include "core/gateway/snapshot.h"

#include <variant>

namespace sluice::gateway {

struct Route
{
    enum class Kind : quint8 {
        Health, ///< GET /health
        Ready, ///< GET /-/ready
        Metrics, ///< GET /-/metrics
        Me, ///< GET /-/me: the caller's own limits
        Admin, ///< /-/api/v1/...: the admin API
        ValidateRouter, ///< POST /validate-router-config
        Models, ///< GET .../models of a router, of /ai or of /v1
        Direct, ///< one provider, path untouched
        Unified, ///< provider from the body's model
        Router,
    };
    Kind kind = Kind::Direct;
    config::Dialect dialect = config::Dialect::OpenAi; ///< of the caller
    std::shared_ptr<const ProviderTarget> provider; ///< Direct
    const RouterTarget *router = nullptr; ///< Router (and Models of one)
    QByteArray endpoint; ///< Unified and Router: "chat/completions"; without /v1/ and query
    QByteArray rest; ///< Direct: what follows the provider, with its slash; others: the endpoint
    QByteArray query; ///< with its question mark, or empty

    /// Whether it is for an endpoint ("responses"), whatever stands before it ("/v1/").
    [[nodiscard]] bool isFor(QByteArrayView name) const
    {
        return rest == name
            || (rest.endsWith(name) && rest.at(rest.size() - name.size() - 1) == '/');
    }

    /// Passes requests on to a provider, so it needs a caller and spends.
    [[nodiscard]] bool isProxied() const
    {
        return kind == Kind::Direct || kind == Kind::Unified || kind == Kind::Router;
    }
};

/// The model of a direct path that names one, as Gemini's own API does
/// ("/v1beta/models/gemini-2.5-flash:generateContent"); else empty.
QByteArray modelInPath(const Route &route);

/// Finds the route of a request, or the 404 (405 is not used: paths decide).
std::variant<Route, Failure> findRoute(const RequestHead &head, const Snapshot &snapshot);

} // namespace sluice::gateway
