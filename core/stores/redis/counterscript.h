// SPDX-License-Identifier: GPL-3.0-or-later
// The script that counts inside of Redis, what it is asked and how it answers. The keys and the
// layout are described in docs/stores.md. Pure, any thread.
#pragma once

#include "core/limits/counterstore.h"
#include "core/stores/redis/rediscommand.h"
#include "core/stores/redis/redisvalue.h"

namespace sluice::stores {

/// The version of the layout, and the script for it.
constexpr int RedisSchema = 1;
extern const char *const CounterScriptText;

/// Words the script's commands for one store of one gateway: all that follows EVALSHA and the
/// script's hash.
class CounterScript final
{
public:
    /// What every command carries.
    struct Terms
    {
        qint64 notAfter = 0; ///< microseconds of the server's clock; 0 = any time
        qint64 testTime = 0; ///< microseconds; tests only, 0 = the server's clock
    };

    /// `store`: printable, unique among all stores of all gateways.
    CounterScript(const QByteArray &keyPrefix, QByteArray gateway, const QByteArray &store,
        std::chrono::milliseconds lease);

    /// SHA-1 in hexadecimal, as EVALSHA wants it.
    static const QByteArray &hash();

    /// Checks the schema and registers the gateway.
    [[nodiscard]] RedisCommand open(const Terms &terms) const;
    [[nodiscard]] RedisCommand renewLease(const Terms &terms) const;

    /// `place`: where the server writes down what is charged without a hold, for undo(). Whoever
    /// comes to that place next takes it over.
    [[nodiscard]] RedisCommand reserve(
        const limits::StoreBatch &batch, qint64 place, const Terms &terms) const;

    /// Gives back all that a reservation may have charged whose answer was lost.
    [[nodiscard]] RedisCommand undo(
        const limits::StoreBatch &batch, qint64 place, const Terms &terms) const;
    [[nodiscard]] RedisCommand settle(const QByteArray &reservation,
        const std::vector<limits::StoreSettlement> &settlements, const Terms &terms) const;

    /// `id`: what has been merged under it before changes nothing.
    [[nodiscard]] RedisCommand merge(const QByteArray &id,
        const std::vector<limits::StoreMerge> &merges, const Terms &terms) const;
    [[nodiscard]] RedisCommand reset(const std::vector<QByteArray> &keys, const Terms &terms) const;

    /// What reserve() was answered. Timeout if the command came too late, Invalid if this is not
    /// what the script answers.
    static Result<limits::StoreAnswer> readAnswer(
        const RedisValue &reply, const limits::StoreBatch &batch);

    /// The same for all other commands.
    static Result<void> readDone(const RedisValue &reply);

private:
    void beginBatch(RedisCommand &command, const char *name, const limits::StoreBatch &batch,
        qint64 place, const Terms &terms) const;
    void begin(RedisCommand &command, const char *name, const Terms &terms) const;

    [[nodiscard]] QByteArray counterKey(const QByteArray &key) const { return m_counters + key; }

    QByteArray m_counters; ///< "{sluice}:c:"
    QByteArray m_merges; ///< "{sluice}:m:"
    QByteArray m_gateways; ///< "{sluice}:gateways"
    QByteArray m_schema; ///< "{sluice}:schema"
    QByteArray m_notes; ///< "{sluice}:u:STORE"
    QByteArray m_gateway;
    QByteArray m_lease;
};

} // namespace sluice::stores
