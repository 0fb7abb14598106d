// SPDX-License-Identifier: GPL-3.0-or-later
// Redis or PostgreSQL, whichever a test is about, as one kind of thing. Lives on the test's thread.
#pragma once

#include "core/stores/gatewayidentity.h"
#include "storeprobe.h"

namespace sluice::test {

/// What one store is given; for the real defaults see RedisOptions and PostgresStore::Options.
struct StoreTerms
{
    std::shared_ptr<const stores::GatewayIdentity> identity = stores::GatewayIdentity::make();
    std::chrono::milliseconds lease{30'000};
    std::chrono::milliseconds renewal{10'000};
    std::function<std::chrono::microseconds()> clock; ///< none: the server's own
    std::chrono::milliseconds timeout{20'000}; ///< `connection-timeout`
    quint16 relay = 0; ///< a port of loopback through which the server is asked; 0: its own
};

class SharedServer
{
public:
    SharedServer() = default;
    virtual ~SharedServer() = default;
    Q_DISABLE_COPY_MOVE(SharedServer)

    enum class Keeps : quint8 {
        Little, ///< quick: Redis forgets all when it is killed
        All, ///< what was answered survives kill()
    };

    /// "redis" or "postgres".
    static std::unique_ptr<SharedServer> make(const QString &kind, Keeps keeps = Keeps::Little);

    /// Also after a kill, on the same port.
    virtual bool start() = 0;
    virtual void freeze() = 0;
    virtual void thaw() = 0;
    virtual void kill() = 0;

    /// Forgets all counters; gateways that are connected may have to connect again.
    virtual void wipe() = 0;

    /// A store for the calling thread, any one.
    [[nodiscard]] virtual StoreProbe probe(const StoreTerms &terms = {}) const = 0;

    /// How many things it keeps of a counter: rows or fields.
    [[nodiscard]] virtual int sizeOf(const QByteArray &key) = 0;

    /// Whether leases end by the clock of StoreTerms, else by the server's.
    [[nodiscard]] virtual bool leasesByTheClockOfTests() const = 0;

    [[nodiscard]] virtual quint16 port() const = 0;

    /// `rate-limit-store:` of a file, as a flow map without its braces.
    [[nodiscard]] virtual QByteArray storeKeys() const = 0;
};

} // namespace sluice::test
