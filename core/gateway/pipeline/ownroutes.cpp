// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/ownroutes.h"

#include "core/config/loader.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

Response json(const QJsonObject &object)
{
    return {200, {{"Content-Type", "application/json"}},
        QJsonDocument(object).toJson(QJsonDocument::Compact), false};
}

/// Upstream's check: the body is one router as JSON, which is YAML too.
Response validateRouter(const QByteArray &body)
{
    const QByteArray text = "routers:\n  candidate: " + body.simplified() + '\n';
    const config::LoadResult result = config::load(text, {});
    QJsonValue error = QJsonValue::Null;
    for (const config::Finding &finding : result.findings) {
        if (finding.severity == config::Severity::Error) {
            error = QString(finding.path + u": " + finding.message);
            break;
        }
    }
    return json({{u"valid"_s, error.isNull()}, {u"error"_s, error}});
}

void appendModels(const config::Provider &provider, bool prefixed, QJsonArray &models)
{
    for (const QByteArray &model : provider.models) {
        const QByteArray id = prefixed ? QByteArray(provider.name + '/' + model) : model;
        models.append(QJsonObject{{u"id"_s, QString::fromUtf8(id)}, {u"object"_s, u"model"_s},
            {u"created"_s, 0}, {u"owned_by"_s, QString::fromUtf8(provider.name)}});
    }
}

} // namespace

Response ownRouteResponse(Route::Kind kind, const QByteArray &body)
{
    switch (kind) {
    case Route::Kind::ValidateRouter:
        return validateRouter(body);
    default:
        return {200, {}, {}, false};
    }
}

Response readyResponse(const StoreProblems &problems)
{
    QJsonArray stores;
    for (const StoreProblem &problem : problems)
        stores.append(QJsonObject{{u"store"_s, problem.store}, {u"problem"_s, problem.problem}});
    return json({{u"ready"_s, true}, {u"version"_s, QStringLiteral(SLUICE_VERSION)},
        {u"stores_down"_s, stores}});
}

Response modelsResponse(const Route &route, const Snapshot &snapshot)
{
    QJsonArray models;
    if (route.router != nullptr) {
        for (const RouterTarget::Weighted &weighted : route.router->targets)
            appendModels(weighted.target->provider, false, models);
    } else {
        for (const config::Provider &provider : snapshot.configuration().providers)
            appendModels(provider, true, models);
    }
    return json({{u"object"_s, u"list"_s}, {u"data"_s, models}});
}

} // namespace sluice::gateway
