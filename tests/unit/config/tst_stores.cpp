// SPDX-License-Identifier: GPL-3.0-or-later
// Where limits are counted: every shape of a store, and what a limit does while it is down.
#include "core/config/loader.h"
#include "core/config/redisaddress.h"

#include <QProcessEnvironment>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;

namespace {

using Type = Store::Type;

Store store(Type type, const QString &url = {})
{
    Store result;
    result.type = type;
    result.url = url;
    return result;
}

Findings findingsOf(const QByteArray &text, Severity severity)
{
    Findings found;
    for (const Finding &finding : load(text, {}).findings)
        if (finding.severity == severity)
            found.append(finding);
    return found;
}

} // namespace

Q_DECLARE_METATYPE(sluice::config::Store)

class TestStores : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void topLevel_data();
    void topLevel();
    void blocksNameTheirOwn();
    void blockWithoutAddressTakesTheTopLevels();
    void errors_data();
    void errors();
    void whatHasNoEffectIsSaid_data();
    void whatHasNoEffectIsSaid();
    void onStoreFailure();
    void redisAddress_data();
    void redisAddress();
    void redisAddressErrorsTellNoSecret();
};

void TestStores::topLevel_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<Store>("expected");
    const auto row = [](const char *name, const QByteArray &text, const Store &expected) {
        QTest::newRow(name) << text << expected;
    };
    row("nothing", "{}", store(Type::Sqlite));
    row("cleanup alone", "global: {rate-limit: {cleanup-interval: 5m}}", store(Type::Sqlite));
    row("in memory", "rate-limit-store: in-memory", store(Type::InMemory));
    row("redis", "rate-limit-store: redis", store(Type::Redis, u"redis://127.0.0.1:6379"_s));
    row("redis with host-url", "rate-limit-store: {type: redis, host-url: 'redis://h:1/2'}",
        store(Type::Redis, u"redis://h:1/2"_s));
    row("redis by its url", "rate-limit-store: {url: 'rediss://h'}",
        store(Type::Redis, u"rediss://h"_s));
    row("host-url means redis", "rate-limit-store: {host-url: 'redis://h'}",
        store(Type::Redis, u"redis://h"_s));
    row("postgres", "rate-limit-store: {type: database, url: 'postgresql://u@h/db'}",
        store(Type::Postgres, u"postgresql://u@h/db"_s));
    row("postgres, its other scheme",
        "rate-limit-store: {url: 'postgres://u@h/db?sslmode=require'}",
        store(Type::Postgres, u"postgres://u@h/db?sslmode=require"_s));
    Store file = store(Type::Sqlite);
    file.path = u"/var/lib/x.sqlite"_s;
    file.isStrict = true;
    row("a file", "rate-limit-store: {url: 'sqlite:/var/lib/x.sqlite', durability: strict}", file);
    Store timed = store(Type::Redis, u"redis://h"_s);
    timed.connectionTimeout = std::chrono::seconds(5);
    timed.keyPrefix = "team:";
    row("bare seconds and a prefix",
        "rate-limit-store: {host-url: 'redis://h', connection-timeout: 5, key-prefix: 'team:'}",
        timed);
    timed.keyPrefix = "sluice:";
    timed.connectionTimeout = std::chrono::milliseconds(250);
    row("a duration", "rate-limit-store: {host-url: 'redis://h', connection-timeout: 250ms}",
        timed);
}

void TestStores::topLevel()
{
    QFETCH(const QByteArray, text);
    QFETCH(const Store, expected);
    const LoadResult result = load(text, {});
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->stores.size(), size_t{1});
    QVERIFY(result.configuration->stores.front() == expected);
}

void TestStores::blocksNameTheirOwn()
{
    const LoadResult result = load(
        "rate-limit-store: {host-url: 'redis://a'}\n"
        "global: {rate-limit: {store: in-memory, shared: {}}}\n"
        "unified-api: {rate-limit: {store: redis, redis: {url: 'redis://b'}, shared: {}}}\n"
        "routers:\n"
        "  r: {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: "
        "'1'}]}}, rate-limit: {store: {type: in-memory}, shared: {}, per-api-key: {}}}\n"
        "  s: {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: "
        "'1'}]}}, rate-limit: {shared: {}}}\n",
        {});
    QVERIFY(result.configuration);
    const Configuration &values = *result.configuration;
    QCOMPARE(values.stores.size(), size_t{3});
    QCOMPARE(values.stores[1].type, Type::InMemory);
    QCOMPARE(values.stores[2].url, u"redis://b"_s);
    QList<int> used;
    for (const LimitRule &rule : values.limits)
        used.append(rule.store);
    QCOMPARE(used, (QList<int>{1, 2, 1, 1, 0}));
}

void TestStores::blockWithoutAddressTakesTheTopLevels()
{
    const LoadResult result = load("rate-limit-store: {host-url: 'redis://a', key-prefix: x}\n"
                                   "global: {rate-limit: {store: redis, shared: {}}}\n",
        {});
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->stores.size(), size_t{1});
    QCOMPARE(result.configuration->limits.front().store, 0);
}

void TestStores::errors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    const auto row = [](const char *name, const QByteArray &text, const QString &path) {
        QTest::newRow(name) << text << path;
    };
    const QString top = u"rate-limit-store"_s;
    row("unknown type", "rate-limit-store: memcached", top);
    row("unknown key", "rate-limit-store: {type: redis, hosturl: x}", top + u".hosturl"_s);
    row("no redis URL", "rate-limit-store: {type: redis, host-url: 'http://h'}",
        top + u".host-url"_s);
    row("no host", "rate-limit-store: {type: redis, host-url: 'redis:///1'}", top + u".host-url"_s);
    row("database is no number", "rate-limit-store: {type: redis, host-url: 'redis://h/x'}",
        top + u".host-url"_s);
    row("no database URL", "rate-limit-store: {type: database, url: 'mysql://h/db'}",
        top + u".url"_s);
    row("no path", "rate-limit-store: {type: database, url: 'sqlite:'}", top + u".url"_s);
    row("no durability", "rate-limit-store: {durability: paranoid}", top + u".durability"_s);
    row("no time", "rate-limit-store: {type: redis, connection-timeout: 0s}",
        top + u".connection-timeout"_s);
    row("braces", "rate-limit-store: {type: redis, key-prefix: 'a{b}'}", top + u".key-prefix"_s);
    row("a second file", "global: {rate-limit: {store: {url: 'sqlite:/x'}, shared: {}}}",
        u"global.rate-limit.store"_s);
    row("on-store-failure", "global: {rate-limit: {shared: {on-store-failure: explode}}}",
        u"global.rate-limit.shared.on-store-failure"_s);
}

void TestStores::errors()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, path);
    const Findings errors = findingsOf(text, Severity::Error);
    QCOMPARE(errors.size(), 1);
    QCOMPARE(errors.front().path, path);
    QVERIFY(!load(text, {}).configuration);
}

void TestStores::whatHasNoEffectIsSaid_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::newRow("url in memory")
        << QByteArray("rate-limit-store: {type: in-memory, url: x}") << u"rate-limit-store.url"_s;
    QTest::newRow("strict redis") << QByteArray(
        "rate-limit-store: {type: redis, durability: strict}")
                                  << u"rate-limit-store.durability"_s;
    QTest::newRow("host-url of a database")
        << QByteArray("rate-limit-store: {type: database, host-url: 'redis://h'}")
        << u"rate-limit-store.host-url"_s;
    QTest::newRow("password in the file")
        << QByteArray("rate-limit-store: {host-url: 'redis://u:geheim@h'}")
        << u"rate-limit-store.host-url"_s;
}

void TestStores::whatHasNoEffectIsSaid()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, path);
    const Findings warnings = findingsOf(text, Severity::Warning);
    QCOMPARE(warnings.size(), 1);
    QCOMPARE(warnings.front().path, path);
    QVERIFY(!warnings.front().message.contains(u"geheim"_s));
    QVERIFY(load(text, {}).configuration);
}

void TestStores::onStoreFailure()
{
    const LoadResult result = load(
        "global:\n"
        "  rate-limit:\n"
        "    shared: {}\n"
        "    per-api-key: {on-store-failure: open}\n"
        "    spend-limits: [{name: m, per: shared, cents: 1, period: day}, {name: l, per: shared, "
        "cents: 1, period: day, on-store-failure: local}]\n"
        "    policies: ['5;w=60;u=cents', '5;w=60']\n",
        {});
    QVERIFY(result.configuration);
    QList<StoreFailure> failures;
    for (const LimitRule &rule : result.configuration->limits)
        failures.append(rule.onStoreFailure);
    QCOMPARE(failures,
        (QList<StoreFailure>{StoreFailure::Local, StoreFailure::Open, StoreFailure::Closed,
            StoreFailure::Local, StoreFailure::Closed, StoreFailure::Local}));
}

void TestStores::redisAddress_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("password");
    QTest::addColumn<int>("port");
    QTest::addColumn<int>("database");
    QTest::addColumn<bool>("isTls");
    QTest::newRow("host") << u"redis://h"_s << QString() << QString() << 6379 << 0 << false;
    QTest::newRow("password alone")
        << u"redis://:p@h"_s << QString() << u"p"_s << 6379 << 0 << false;
    QTest::newRow("everything") << u"rediss://u:p%40w@h:7/3"_s << u"u"_s << u"p@w"_s << 7 << 3
                                << true;
    QTest::newRow("a slash") << u"redis://h/"_s << QString() << QString() << 6379 << 0 << false;
}

void TestStores::redisAddress()
{
    QFETCH(const QString, url);
    const auto address = parseRedisAddress(url);
    QVERIFY(address);
    QCOMPARE(address->host, u"h"_s);
    QTEST(address->user, "user");
    QTEST(address->password, "password");
    QTEST(int(address->port), "port");
    QTEST(address->database, "database");
    QTEST(address->isTls, "isTls");
}

void TestStores::redisAddressErrorsTellNoSecret()
{
    const auto address = parseRedisAddress(u"redis://u:geheim@h/geheim"_s);
    QVERIFY(!address);
    QVERIFY(!address.error().message.contains(u"geheim"_s));
}

QTEST_GUILESS_MAIN(TestStores)
#include "tst_stores.moc"
