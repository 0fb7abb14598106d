// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/route.h"

#include <algorithm>
#include <array>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

/// What router and unified paths serve by themselves; other paths need a router of one provider.
constexpr std::array<QByteArrayView, 6> Endpoints{
    "chat/completions", "completions", "embeddings", "responses", "messages", "models"};

bool isServedEndpoint(QByteArrayView endpoint)
{
    return std::find(Endpoints.begin(), Endpoints.end(), endpoint) != Endpoints.end();
}

Failure notFound(QByteArrayView path)
{
    return {404, "invalid_request_error", "not_found",
        u"There is nothing at %1. Use /v1/..., /ai/..., /router/{name}/... or /{provider}/..."_s
            .arg(QString::fromUtf8(path))};
}

Failure unknownRouter(QByteArrayView name, const Snapshot &snapshot)
{
    QStringList names;
    for (const config::Router &router : snapshot.configuration().routers)
        names << QString::fromUtf8(router.name);
    return {404, "invalid_request_error", "unknown_router",
        names.isEmpty() ? u"There is no router \"%1\": the configuration has none"_s.arg(
            QString::fromUtf8(name))
                        : u"There is no router \"%1\"; configured are: %2"_s.arg(
                            QString::fromUtf8(name), names.join(u", "_s))};
}

QByteArrayView withoutVersion(QByteArrayView rest)
{
    return rest.startsWith("v1/") ? rest.sliced(3) : rest;
}

/// The parts of a target: path split after its first segment, and the query.
struct Parts
{
    QByteArrayView path;
    QByteArrayView first;
    QByteArrayView rest; ///< after "/first/", without slash
    bool hasRest = false;
    QByteArrayView query;
};

Parts split(const QByteArray &target)
{
    Parts parts;
    const QByteArrayView whole(target);
    const qsizetype question = whole.indexOf('?');
    parts.path = question < 0 ? whole : whole.first(question);
    parts.query = question < 0 ? QByteArrayView() : whole.sliced(question);
    if (!parts.path.startsWith('/'))
        return parts;
    const QByteArrayView inner = parts.path.sliced(1);
    const qsizetype slash = inner.indexOf('/');
    parts.first = slash < 0 ? inner : inner.first(slash);
    parts.hasRest = slash >= 0;
    parts.rest = slash < 0 ? QByteArrayView() : inner.sliced(slash + 1);
    return parts;
}

class Finder
{
public:
    Finder(const RequestHead &head, const Snapshot &snapshot)
        : m_head(head), m_snapshot(snapshot), m_parts(split(head.target))
    {
    }

    std::variant<Route, Failure> find() const
    {
        if (const auto own = ownRoute())
            return *own;
        if (m_parts.first == "router")
            return underRouterPrefix();
        if (m_parts.first == "ai" && m_parts.hasRest)
            return unified(m_parts.rest);
        if (m_parts.first == "v1" && m_parts.hasRest)
            return bare();
        if (auto provider = m_snapshot.findProvider(m_parts.first); provider && m_parts.hasRest)
            return direct(std::move(provider));
        // An older documented form: /{router}/...
        if (const RouterTarget *router = m_snapshot.findRouter(m_parts.first);
            router != nullptr && m_parts.hasRest)
            return ofRouter(*router, m_parts.rest);
        return notFound(m_parts.path);
    }

private:
    [[nodiscard]] bool isRead() const { return m_head.method == "GET" || m_head.method == "HEAD"; }

    [[nodiscard]] Route make(Route::Kind kind) const
    {
        Route route;
        route.kind = kind;
        route.dialect =
            kind == Route::Kind::Admin ? config::Dialect::OpenAi : dialectOf(m_head.target);
        route.query = m_parts.query.toByteArray();
        return route;
    }

    [[nodiscard]] std::optional<Route> ownRoute() const
    {
        if (m_parts.path == "/health" && isRead())
            return make(Route::Kind::Health);
        if (m_parts.path == "/-/ready" && isRead())
            return make(Route::Kind::Ready);
        if (m_parts.path == "/-/metrics" && isRead())
            return make(Route::Kind::Metrics);
        if (m_parts.path == "/-/me" && isRead())
            return make(Route::Kind::Me);
        if (m_parts.path.startsWith("/-/api/v1/"))
            return make(Route::Kind::Admin);
        if (m_parts.path == "/validate-router-config" && m_head.method == "POST")
            return make(Route::Kind::ValidateRouter);
        return std::nullopt;
    }

    [[nodiscard]] std::variant<Route, Failure> underRouterPrefix() const
    {
        const qsizetype slash = m_parts.rest.indexOf('/');
        const QByteArrayView name = slash < 0 ? m_parts.rest : m_parts.rest.first(slash);
        if (name.isEmpty())
            return notFound(m_parts.path);
        const RouterTarget *router = m_snapshot.findRouter(name);
        if (router == nullptr)
            return unknownRouter(name, m_snapshot);
        if (slash < 0)
            return notFound(m_parts.path);
        return ofRouter(*router, m_parts.rest.sliced(slash + 1));
    }

    [[nodiscard]] std::variant<Route, Failure> ofRouter(
        const RouterTarget &router, QByteArrayView rest) const
    {
        const QByteArrayView endpoint = withoutVersion(rest);
        if (endpoint.isEmpty() || (!isServedEndpoint(endpoint) && router.targets.size() != 1))
            return notFound(m_parts.path);
        Route route =
            make(endpoint == "models" && isRead() ? Route::Kind::Models : Route::Kind::Router);
        route.router = &router;
        route.endpoint = endpoint.toByteArray();
        route.rest = route.endpoint;
        return route;
    }

    [[nodiscard]] std::variant<Route, Failure> unified(QByteArrayView rest) const
    {
        const QByteArrayView endpoint = withoutVersion(rest);
        if (!isServedEndpoint(endpoint))
            return notFound(m_parts.path);
        Route route =
            make(endpoint == "models" && isRead() ? Route::Kind::Models : Route::Kind::Unified);
        route.endpoint = endpoint.toByteArray();
        route.rest = route.endpoint;
        return route;
    }

    /// /v1/...: what SDKs send when only the host was changed.
    [[nodiscard]] std::variant<Route, Failure> bare() const
    {
        if (const RouterTarget *router = m_snapshot.defaultRouter())
            return ofRouter(*router, m_parts.rest);
        return unified(m_parts.rest);
    }

    [[nodiscard]] Route direct(std::shared_ptr<const ProviderTarget> provider) const
    {
        Route route = make(Route::Kind::Direct);
        route.dialect = provider->provider.dialect;
        route.provider = std::move(provider);
        route.rest = m_parts.path.sliced(1 + m_parts.first.size()).toByteArray();
        return route;
    }

    const RequestHead &m_head;
    const Snapshot &m_snapshot;
    Parts m_parts;
};

} // namespace

std::variant<Route, Failure> findRoute(const RequestHead &head, const Snapshot &snapshot)
{
    return Finder(head, snapshot).find();
}

QByteArray modelInPath(const Route &route)
{
    constexpr QByteArrayView Folder("/models/");
    const qsizetype folder = route.rest.lastIndexOf(Folder);
    const qsizetype colon = route.rest.lastIndexOf(':');
    if (route.kind != Route::Kind::Direct || folder < 0 || colon < folder + Folder.size())
        return {};
    return route.rest.sliced(folder + Folder.size(), colon - folder - Folder.size());
}

} // namespace sluice::gateway
