// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitkeys.h"

#include "core/config/limitmatch.h"
#include "core/config/scalars.h"

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

void readStoreFailure(Context &context, const Value &value, LimitRule &rule)
{
    rule.onStoreFailure = storeFailureDefault(rule.unit);
    assign(rule.onStoreFailure,
        readChoice<StoreFailure>(context, value,
            {{"local", StoreFailure::Local}, {"open", StoreFailure::Open},
                {"closed", StoreFailure::Closed}}));
}

} // namespace

QByteArray scopeName(const LimitRule &rule)
{
    switch (rule.scope) {
    case LimitScope::Global:
        return "global";
    case LimitScope::Unified:
        return "unified-api";
    case LimitScope::Router:
        return "routers/" + rule.router;
    case LimitScope::Header:
        break;
    }
    return "policy-header";
}

QByteArray readLimitName(
    Context &context, const Value &limit, const Value &name, const QByteArray &otherwise)
{
    QByteArray result = readName(context, name).value_or(otherwise);
    if (result.isEmpty()) {
        if (!name)
            context.error(limit, u"a limit of a list needs a name, which its counters belong to"_s);
        return {};
    }
    if (context.limitNames.contains(result))
        context.error(name ? name : limit,
            u"another limit is called %1 already"_s.arg(QString::fromUtf8(result)));
    context.limitNames.insert(result);
    return result;
}

void readCommonKeys(Context &context, MapReader &map, const AmountKeys &keys, LimitRule &rule)
{
    assign(rule.mode,
        readChoice<LimitMode>(context, map.take("mode"),
            {{"enforce", LimitMode::Enforce}, {"shadow", LimitMode::Shadow},
                {"off", LimitMode::Off}}));
    assign(rule.onMissing,
        readChoice<MissingSegment>(context, map.take("on-missing-segment"),
            {{"share", MissingSegment::Share}, {"reject", MissingSegment::Reject},
                {"skip", MissingSegment::Skip}}));
    readStoreFailure(context, map.take("on-store-failure"), rule);
    readMatch(context, map.take("match"), rule);
    readOverrides(context, map.take("overrides"), keys, rule);
}

} // namespace sluice::config
