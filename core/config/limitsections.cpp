// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitsections.h"

#include "core/base/units.h"
#include "core/config/ignoredsections.h"
#include "core/config/limitrules.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"
#include "core/config/storesections.h"

#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// `disabled: true` stands alone: beside it nothing would be in force.
void readDisabled(Context &context, MapReader &map, Router &router)
{
    const Value disabled = map.take("disabled");
    router.limitsDisabled = readBool(context, disabled).value_or(false);
    if (!router.limitsDisabled)
        return;
    if (map.value().node->entries.size() > 1)
        context.error(disabled, u"disabled: true excludes every other key beside it"_s);
    else
        context.warn(
            disabled, u"this router is exempt from every configured limit, the global ones too"_s);
}

bool isBefore(const LimitRule &a, const LimitRule &b)
{
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
}

} // namespace

void readLimits(Context &context, const Value &block, LimitScope scope, Router *router)
{
    MapReader map(context, block);
    const auto first = static_cast<std::ptrdiff_t>(context.config.limits.size());
    if (router != nullptr)
        readDisabled(context, map, *router);
    LimitRule pattern;
    const Value store = map.take("store");
    pattern.store = readBlockStore(context, store, map.take("redis"));
    pattern.scope = scope;
    pattern.router = router != nullptr ? router->name : QByteArray();
    readLimitRules(context, map, pattern);
    ignoreUpstreamKeys(context, map);
    map.finish();
    std::vector<LimitRule> &limits = context.config.limits;
    std::stable_sort(limits.begin() + first, limits.end(), isBefore);
}

void readLimitedSection(Context &context, const Value &section, LimitScope scope)
{
    MapReader map(context, section);
    readLimits(context, map.take("rate-limit"), scope, nullptr);
    checkRetries(context, map.take("retries"));
    ignoreUpstreamKeys(context, map);
    map.finish();
}

} // namespace sluice::config
