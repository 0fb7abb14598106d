// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitsections.h"

#include "core/base/units.h"
#include "core/config/ignoredsections.h"
#include "core/config/limitrules.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

enum class StoreType : quint8 { InMemory, Database, Redis };

std::optional<StoreType> readStoreType(Context &context, const Value &value)
{
    return readChoice<StoreType>(context, value,
        {{"in-memory", StoreType::InMemory}, {"database", StoreType::Database},
            {"redis", StoreType::Redis}});
}

/// A store that is not there yet: counting goes on in memory, and everybody is told so.
void warnInMemory(Context &context, const Value &value, StoreType type)
{
    if (type == StoreType::InMemory)
        return;
    const QString name = type == StoreType::Redis ? u"redis"_s : u"database"_s;
    context.warn(value,
        u"the %1 store is not in this version: limits are counted in memory"_s.arg(name),
        u"in-memory"_s);
    const QString notice =
        u"Limits are counted in memory: the %1 store is not in this version"_s.arg(name);
    if (!context.config.notices.contains(notice))
        context.config.notices.append(notice);
}

/// Upstream writes `connection-timeout: 5` under a store: there, and only there, it is seconds.
void checkConnectionTimeout(Context &context, const Value &value)
{
    const bool isBareNumber = value.isScalar() && value.node->isPlain && !value.node->text.isEmpty()
        && std::all_of(value.node->text.cbegin(), value.node->text.cend(),
            [](char c) { return c >= '0' && c <= '9'; });
    if (isBareNumber)
        readInteger(context, value, 1, 86'400);
    else
        readDuration(context, value);
}

void checkStoreMap(Context &context, const Value &section)
{
    MapReader map(context, section);
    const Value type = map.take("type");
    const std::optional<StoreType> read = readStoreType(context, type);
    for (const QByteArrayView key : {QByteArrayView("url"), QByteArrayView("host-url")}) {
        const Value url = map.take(key);
        lintPassword(context, url);
        readText(context, url);
    }
    readChoice<int>(context, map.take("durability"), {{"normal", 0}, {"strict", 1}});
    checkConnectionTimeout(context, map.take("connection-timeout"));
    readText(context, map.take("key-prefix"));
    ignoreUpstreamKeys(context, map);
    map.finish();
    if (read)
        warnInMemory(context, type, *read);
    else if (!type && map.isMap())
        warnInMemory(context, section, StoreType::Database);
}

/// The documented older form: `store: redis` with `redis: {url: ...}` beside it.
void checkRedisSibling(Context &context, const Value &section, bool hasStore)
{
    MapReader map(context, section);
    for (const QByteArrayView key : {QByteArrayView("url"), QByteArrayView("host-url")}) {
        const Value url = map.take(key);
        lintPassword(context, url);
        readText(context, url);
    }
    checkConnectionTimeout(context, map.take("connection-timeout"));
    map.finish();
    if (section && !hasStore)
        warnInMemory(context, section, StoreType::Redis);
}

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
    const Value store = map.take("store");
    if (store.isScalar()) {
        if (const std::optional<StoreType> type = readStoreType(context, store))
            warnInMemory(context, store, *type);
    } else {
        checkStoreMap(context, store);
    }
    checkRedisSibling(context, map.take("redis"), static_cast<bool>(store));
    LimitRule pattern;
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

void readStore(Context &context, const Value &section)
{
    if (!section.isScalar()) {
        checkStoreMap(context, section);
        return;
    }
    if (const std::optional<StoreType> type = readStoreType(context, section))
        warnInMemory(context, section, *type);
}

} // namespace sluice::config
