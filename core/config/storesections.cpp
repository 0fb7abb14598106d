// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/storesections.h"

#include "core/config/ignoredsections.h"
#include "core/config/providersections.h"
#include "core/config/redisaddress.h"
#include "core/config/scalars.h"

#include <QUrl>

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr auto DefaultRedis = "redis://127.0.0.1:6379"_L1;
constexpr auto SqlitePrefix = "sqlite:"_L1;
constexpr milliseconds LongestTimeout{86'400'000};

std::optional<Store::Type> readType(Context &context, const Value &value)
{
    return readChoice<Store::Type>(context, value,
        {{"in-memory", Store::Type::InMemory}, {"database", Store::Type::Sqlite},
            {"redis", Store::Type::Redis}});
}

/// Upstream writes `connection-timeout: 5` under a store: there, and only there, it is seconds.
void readConnectionTimeout(Context &context, const Value &value, Store &store)
{
    const bool isBareNumber = value.isScalar() && value.node->isPlain && !value.node->text.isEmpty()
        && std::all_of(value.node->text.cbegin(), value.node->text.cend(),
            [](char c) { return c >= '0' && c <= '9'; });
    if (isBareNumber) {
        if (const auto seconds = readInteger(context, value, 1, LongestTimeout.count() / 1'000))
            store.connectionTimeout = std::chrono::seconds(*seconds);
        return;
    }
    const auto timeout = readDuration(context, value);
    if (!timeout)
        return;
    store.connectionTimeout = std::chrono::floor<milliseconds>(*timeout);
    if (store.connectionTimeout < milliseconds(1) || store.connectionTimeout > LongestTimeout)
        context.error(value, u"this must be between 1ms and 1d"_s);
}

/// The type of a map that does not say it.
Store::Type impliedType(const Value &url, const Value &hostUrl)
{
    const bool isRedis = hostUrl || (url.isScalar() && url.node->text.startsWith("redis"));
    return isRedis ? Store::Type::Redis : Store::Type::Sqlite;
}

void readRedisUrl(Context &context, const Value &url, Store &store)
{
    const auto text = readText(context, url);
    if (!text)
        return;
    store.url = QString::fromUtf8(*text);
    if (const auto address = parseRedisAddress(store.url); !address)
        context.error(url, address.error().message);
}

void readDatabaseUrl(Context &context, const Value &url, Store &store)
{
    const auto text = readText(context, url);
    if (!text)
        return;
    const QString address = QString::fromUtf8(*text);
    if (address.startsWith(SqlitePrefix)) {
        store.path = address.sliced(SqlitePrefix.size());
        if (store.path.isEmpty())
            context.error(url, u"after sqlite: comes the path of a file"_s);
        return;
    }
    const QUrl parsed(address, QUrl::StrictMode);
    const bool isPostgres = parsed.scheme() == "postgresql"_L1 || parsed.scheme() == "postgres"_L1;
    if (!parsed.isValid() || !isPostgres) {
        context.error(url, u"this must be sqlite:<path> or postgresql://user@host/database"_s);
        return;
    }
    store.type = Store::Type::Postgres;
    store.url = address;
}

void readUrl(Context &context, const Value &url, const Value &hostUrl, Store &store)
{
    lintPassword(context, url);
    lintPassword(context, hostUrl);
    switch (store.type) {
    case Store::Type::Redis:
        readRedisUrl(context, hostUrl ? hostUrl : url, store);
        if (hostUrl && url)
            context.warnAtKey(url, u"url has no effect beside host-url"_s);
        return;
    case Store::Type::Sqlite:
    case Store::Type::Postgres:
        readDatabaseUrl(context, url, store);
        if (hostUrl)
            context.warnAtKey(hostUrl, u"host-url is for type: redis; a database has a url"_s);
        return;
    case Store::Type::InMemory:
        readText(context, url);
        readText(context, hostUrl);
        if (url || hostUrl)
            context.warnAtKey(url ? url : hostUrl,
                u"this has no effect: type in-memory counts in this process alone"_s);
    }
}

void readDurability(Context &context, const Value &value, Store &store)
{
    const auto isStrict = readChoice<bool>(context, value, {{"normal", false}, {"strict", true}});
    if (!isStrict)
        return;
    store.isStrict = *isStrict && store.type == Store::Type::Sqlite;
    if (*isStrict && !store.isStrict)
        context.warn(value,
            u"durability is for the SQLite database: another store keeps to its "
            u"own"_s);
}

/// What a store of that type is without a word more: for a block, the top-level one if that is of
/// the same type.
Store defaultsOf(const Context &context, Store::Type type)
{
    const Store &top = context.config.stores.front();
    const bool isDatabase = type == Store::Type::Sqlite;
    if (top.type == type || (isDatabase && top.type == Store::Type::Postgres))
        return top;
    Store store;
    store.type = type;
    if (type == Store::Type::Redis)
        store.url = DefaultRedis;
    return store;
}

std::optional<Store> readMap(Context &context, const Value &section)
{
    MapReader map(context, section);
    if (!map.isMap())
        return std::nullopt;
    const Value type = map.take("type");
    const Value url = map.take("url");
    const Value hostUrl = map.take("host-url");
    Store store = defaultsOf(context, readType(context, type).value_or(impliedType(url, hostUrl)));
    if (store.type == Store::Type::Postgres && url) {
        store.type = Store::Type::Sqlite; // until the URL says otherwise
        store.url.clear();
    }
    readUrl(context, url, hostUrl, store);
    readDurability(context, map.take("durability"), store);
    readConnectionTimeout(context, map.take("connection-timeout"), store);
    const Value prefix = map.take("key-prefix");
    assign(store.keyPrefix, readName(context, prefix));
    if (prefix && (store.keyPrefix.contains('{') || store.keyPrefix.contains('}')))
        context.error(prefix, u"a key-prefix has no braces: they mark what a cluster hashes"_s);
    ignoreUpstreamKeys(context, map);
    map.finish();
    return store;
}

std::optional<Store> readAny(Context &context, const Value &section)
{
    if (!section.isScalar())
        return section ? readMap(context, section) : std::nullopt;
    const auto type = readType(context, section);
    return type ? std::optional(defaultsOf(context, *type)) : std::nullopt;
}

/// The documented older form: `store: redis` with `redis: {url: ...}` beside it.
void readRedisSibling(Context &context, const Value &section, std::optional<Store> &store)
{
    if (!section)
        return;
    MapReader map(context, section);
    if (!store)
        store = defaultsOf(context, Store::Type::Redis);
    if (store->type != Store::Type::Redis)
        context.warnAtKey(section, u"this has no effect: the store beside it is another one"_s);
    const Value url = map.take("url");
    const Value hostUrl = map.take("host-url");
    lintPassword(context, url);
    lintPassword(context, hostUrl);
    Store redis = *store;
    readRedisUrl(context, hostUrl ? hostUrl : url, redis);
    readConnectionTimeout(context, map.take("connection-timeout"), redis);
    map.finish();
    if (store->type == Store::Type::Redis)
        store = redis;
}

} // namespace

void readStore(Context &context, const Value &section)
{
    if (const auto store = readAny(context, section))
        context.config.stores.front() = *store;
}

int readBlockStore(Context &context, const Value &section, const Value &redis)
{
    auto store = readAny(context, section);
    readRedisSibling(context, redis, store);
    if (!store)
        return 0;
    std::vector<Store> &stores = context.config.stores;
    const auto found = std::find(stores.begin(), stores.end(), *store);
    const auto index = found - stores.begin();
    if (found != stores.end())
        return static_cast<int>(index);
    const bool hasOtherFile = store->type == Store::Type::Sqlite
        && std::any_of(stores.begin(), stores.end(),
            [](const Store &other) { return other.type == Store::Type::Sqlite; });
    if (hasOtherFile)
        context.error(section,
            u"all limits in SQLite share one file and its durability: write them under "
            u"rate-limit-store"_s);
    stores.push_back(*store);
    return static_cast<int>(index);
}

} // namespace sluice::config
