// SPDX-License-Identifier: GPL-3.0-or-later
#include "sharedserver.h"

#include "core/stores/postgres/postgresstore.h"
#include "core/stores/redis/redisstore.h"
#include "postgresserver.h"
#include "redisserver.h"

namespace sluice::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using limits::CounterStore;

namespace {

class SharedRedis final : public SharedServer
{
public:
    explicit SharedRedis(const QStringList &arguments) : m_server(arguments) { }

    bool start() override
    {
        const QString problem = m_server.start();
        if (!problem.isEmpty())
            qInfo("%s", qPrintable(problem));
        return problem.isEmpty();
    }

    void freeze() override { m_server.freeze(); }

    void thaw() override { m_server.thaw(); }

    void kill() override { m_server.kill(); }

    void wipe() override { m_server.ask({u"FLUSHALL"_s}); }

    [[nodiscard]] StoreProbe probe(const StoreTerms &terms) const override
    {
        stores::RedisOptions options;
        options.lease = terms.lease;
        options.renewal = terms.renewal;
        if (terms.clock)
            options.testTime = [clock = terms.clock] { return qint64(clock().count()); };
        config::Store store = m_server.store(terms.timeout);
        if (terms.relay != 0)
            store.url = u"redis://127.0.0.1:"_s + QString::number(terms.relay);
        return StoreProbe([&](const CounterStore::Listener &listener) {
            return stores::makeRedisStore(store, terms.identity, listener, options);
        });
    }

    [[nodiscard]] int sizeOf(const QByteArray &key) override
    {
        return m_server.ask({u"HLEN"_s, u"{sluice}:c:"_s + QString::fromUtf8(key)}).toInt();
    }

    [[nodiscard]] bool leasesByTheClockOfTests() const override { return true; }

    [[nodiscard]] quint16 port() const override { return m_server.port(); }

    [[nodiscard]] QByteArray storeKeys() const override
    {
        return "type: redis, host-url: \"" + m_server.url().toUtf8() + '"';
    }

private:
    RedisServer m_server;
};

class SharedPostgres final : public SharedServer
{
public:
    bool start() override { return m_server.start(); }

    void freeze() override { m_server.suspend(); }

    void thaw() override { m_server.resume(); }

    void kill() override { m_server.kill(); }

    void wipe() override { m_server.emptySchema(); }

    [[nodiscard]] StoreProbe probe(const StoreTerms &terms) const override
    {
        stores::PostgresStore::Options options;
        options.lease = terms.lease;
        options.renewal = terms.renewal;
        if (terms.clock)
            options.testClock = [clock = terms.clock] { return EngineTime(clock()); };
        return StoreProbe([&](const CounterStore::Listener &listener) {
            return stores::makePostgresStore(config(terms), terms.identity, listener, options);
        });
    }

    [[nodiscard]] int sizeOf(const QByteArray &key) override
    {
        const QByteArray name = "decode('" + key.toHex() + "', 'hex')";
        return m_server
            .sql("SELECT (SELECT count(*) FROM sluice.counters WHERE key = " + name
                + ") + (SELECT count(*) FROM sluice.holds WHERE counter = " + name + ')')
            .trimmed()
            .toInt();
    }

    [[nodiscard]] bool leasesByTheClockOfTests() const override { return false; }

    [[nodiscard]] quint16 port() const override { return m_server.port(); }

    [[nodiscard]] QByteArray storeKeys() const override
    {
        return "type: database, url: \"" + m_server.url().toUtf8() + '"';
    }

private:
    [[nodiscard]] config::Store config(const StoreTerms &terms) const
    {
        config::Store config;
        config.type = config::Store::Type::Postgres;
        config.url = terms.relay != 0 ? PostgresServer::urlAt(terms.relay) : m_server.url();
        config.connectionTimeout = terms.timeout;
        return config;
    }

    PostgresServer m_server;
};

} // namespace

std::unique_ptr<SharedServer> SharedServer::make(const QString &kind, Keeps keeps)
{
    const QStringList always{u"--appendonly"_s, u"yes"_s, u"--appendfsync"_s, u"always"_s};
    if (kind == "redis"_L1)
        return std::make_unique<SharedRedis>(keeps == Keeps::All ? always : QStringList());
    return std::make_unique<SharedPostgres>();
}

} // namespace sluice::test
