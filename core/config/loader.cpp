// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/loader.h"

#include "core/config/accesssections.h"
#include "core/config/document.h"
#include "core/config/ignoredsections.h"
#include "core/config/limitlint.h"
#include "core/config/limitsections.h"
#include "core/config/overrides.h"
#include "core/config/pricesections.h"
#include "core/config/providersections.h"
#include "core/config/reader.h"
#include "core/config/recordingsection.h"
#include "core/config/routersections.h"
#include "core/config/serversection.h"
#include "core/config/storesections.h"

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

void lintAccess(Context &context, const Value &helicone)
{
    const Configuration &config = context.config;
    if (config.authentication && config.apiKeys.empty()) {
        context.warnAtKey(helicone,
            u"authentication is on and there are no api-keys: every request is refused"_s);
    }
}

/// Sections in the order in which they need each other; findings are sorted by place later.
void readRoot(Context &context, MapReader &root)
{
    const Value helicone = root.take("helicone");
    const Value legacy = root.take("authentication");
    readServer(context, root.take("server"));
    readAuthentication(context, helicone, legacy);
    readProviders(context, root.take("providers"), root.take("dispatcher"));
    readPolicyHeader(context, root.take("policy-header")); // policies: count as it says
    readPrices(context, root.take("prices"));
    readEstimates(context, root.take("estimates"));
    readStore(context, root.take("rate-limit-store"));
    readLimitedSection(context, root.take("global"), LimitScope::Global);
    readLimitedSection(context, root.take("unified-api"), LimitScope::Unified);
    readRouters(context, root.take("routers"));
    readTeams(context, root.take("teams"));
    readApiKeys(context, root.take("api-keys"));
    readResponseHeaders(context, root.take("response-headers"));
    readRecording(context, root.take("recording"));
    checkLaterSections(context, root);
    ignoreUpstreamKeys(context, root);
    root.finish();
    settleAddress(context);
    lintAccess(context, helicone ? helicone : legacy);
    lintLimits(context);
}

} // namespace

LoadResult load(
    const QByteArray &text, const QProcessEnvironment &environment, const QString &folder)
{
    Document document;
    Findings syntax;
    if (!parseDocument(text, document, syntax))
        return {nullptr, syntax, {}};
    Context context(environment);
    context.folder = folder;
    for (const Finding &finding : std::as_const(syntax))
        context.add(finding);
    Findings overrideFindings;
    context.config.overridden = applyOverrides(document, environment, overrideFindings);
    for (const Finding &finding : std::as_const(overrideFindings))
        context.add(finding);

    Value rootValue;
    rootValue.node = document.root()->kind == Node::Kind::Null ? nullptr : document.root();
    rootValue.keyPlace = {1, 1};
    MapReader root(context, rootValue);
    readRoot(context, root);

    const Findings findings = context.takeFindings();
    if (hasErrors(findings))
        return {nullptr, findings, context.priceFile};
    return {std::make_shared<const Configuration>(std::move(context.config)), findings,
        context.priceFile};
}

} // namespace sluice::config
