// SPDX-License-Identifier: GPL-3.0-or-later
// Redis or PostgreSQL, whichever a test is about, as one kind of thing. Lives on the test's thread.
#pragma once

#include "postgresserver.h"
#include "redisserver.h"

#include <memory>

namespace sluice::test {

class SharedServer
{
public:
    SharedServer() = default;
    virtual ~SharedServer() = default;
    Q_DISABLE_COPY_MOVE(SharedServer)

    /// "redis" or "postgres".
    static std::unique_ptr<SharedServer> make(const QString &kind);

    /// Also after a kill, on the same port.
    virtual bool start() = 0;
    virtual void freeze() = 0;
    virtual void thaw() = 0;
    virtual void kill() = 0;

    /// `rate-limit-store:` of a file, as a flow map without its braces.
    [[nodiscard]] virtual QByteArray storeKeys() const = 0;
};

class SharedRedis final : public SharedServer
{
public:
    bool start() override { return m_server.start().isEmpty(); }

    void freeze() override { m_server.freeze(); }

    void thaw() override { m_server.thaw(); }

    void kill() override { m_server.kill(); }

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

    [[nodiscard]] QByteArray storeKeys() const override
    {
        return "type: database, url: \"" + m_server.url().toUtf8() + '"';
    }

private:
    PostgresServer m_server;
};

inline std::unique_ptr<SharedServer> SharedServer::make(const QString &kind)
{
    if (kind == QLatin1String("redis"))
        return std::make_unique<SharedRedis>();
    return std::make_unique<SharedPostgres>();
}

} // namespace sluice::test
