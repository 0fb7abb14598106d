// SPDX-License-Identifier: GPL-3.0-or-later
// The calls of the functions in schema.sql, as text parameters, and what they return. Pure, any
// thread.
#pragma once

#include "core/base/clock.h"
#include "core/limits/counterstore.h"

#include <optional>
#include <span>

struct pg_result;

namespace sluice::stores {

/// One call of a function; a null parameter is SQL's NULL.
struct PostgresCall
{
    QByteArray function; ///< of PostgresFunctions
    std::vector<QByteArray> parameters;
};

/// A function, and how many parameters it takes.
struct PostgresFunction
{
    const char *name;
    int parameters;
};

inline constexpr PostgresFunction PostgresFunctions[] = {
    {"reserve", 16},
    {"undo", 4},
    {"settle", 4},
    {"merge", 16},
    {"reset", 2},
    {"renew", 3},
};

/// One hold that is settled.
struct PostgresSettlement
{
    QByteArray reservation;
    QByteArray key; ///< of the counter
    MicroAmount actual = 0; ///< micro-units, >= 0
};

/// What holds for a call as a whole, by the server's clock.
struct PostgresTimes
{
    EngineTime notAfter{0}; ///< later, the call does nothing
    std::optional<EngineTime> testNow; ///< tests only: decides by this time
};

/// Who calls, so that a call whose answer is lost can be undone.
struct PostgresCaller
{
    QByteArray gateway;
    QByteArray store; ///< one connection at a time; unique among all gateways
    qint64 number = 0; ///< grows with each call. The server remembers the last few
};

PostgresCall reserveCall(const PostgresCaller &caller, const PostgresTimes &times,
    std::span<const limits::StoreBatch *const> batches);

/// Gives back what that call has charged without a hold, of counters with these keys.
PostgresCall undoCall(
    const PostgresCaller &caller, const PostgresTimes &times, const std::vector<QByteArray> &keys);

PostgresCall settleCall(
    const PostgresTimes &times, std::span<const PostgresSettlement> settlements);

/// `id`: what has been merged under it before changes nothing.
PostgresCall mergeCall(const QByteArray &id, const PostgresTimes &times,
    const std::vector<limits::StoreMerge> &merges);
PostgresCall resetCall(const PostgresTimes &times, const std::vector<QByteArray> &keys);

/// Says that the gateway lives for another `lease`, and removes at most `most` rows of a kind.
PostgresCall renewCall(const QByteArray &gateway, std::chrono::nanoseconds lease, int most);

/// What reserve() has answered.
struct PostgresDecisions
{
    EngineTime now{0}; ///< the server's clock
    bool wasLate = false; ///< nothing was done
    std::vector<limits::StoreAnswer> answers; ///< one for each batch
};

/// Nothing if the result does not fit the call.
std::optional<PostgresDecisions> readDecisions(
    const pg_result &result, std::span<const limits::StoreBatch *const> batches);

/// What the other functions return.
struct PostgresReceipt
{
    EngineTime now{0}; ///< the server's clock
    bool wasLate = false; ///< nothing was done
    int swept = 0; ///< rows that renew() has removed
};

std::optional<PostgresReceipt> readReceipt(const pg_result &result);

} // namespace sluice::stores
