// SPDX-License-Identifier: GPL-3.0-or-later
// What a store that several gateways share is asked (spec: stores, "Counter stores"): values, and
// the interface that Redis and PostgreSQL implement. The store runs the same integer step as the
// engine, atomically and by its own clock; states come back as the engine would have them.
#pragma once

#include "core/limits/counter.h"

#include <functional>

namespace sluice::limits {

/// What one counter is asked by one request.
struct StoreStep
{
    QByteArray key; ///< of the counter, the same for every gateway: see storeKey()
    Algorithm algorithm = Algorithm::Gcra;
    Rate rate; ///< what it counts in now, raises included
    CalendarPeriod period; ///< calendar windows only; the start is part of the key as well
    MicroAmount cost = 0; ///< micro-units, >= 0
    bool isShadow = false; ///< never refuses; charged iff all enforced steps admit and it would too
    bool isHeld = false; ///< the charge will be settled
    bool keepsLastRate = false; ///< GCRA of a client's policy: the state leaks in the quota of its
                                ///< last admission, and moves to `rate` with a charge only

    friend bool operator==(const StoreStep &, const StoreStep &) = default;
};

/// All counters of one store that one request needs: reserved together or not at all.
struct StoreBatch
{
    QByteArray reservation; ///< unique among all gateways, printable; names the holds
    std::vector<StoreStep> steps; ///< keys differ

    friend bool operator==(const StoreBatch &, const StoreBatch &) = default;
};

/// What one counter said.
struct StoreReading
{
    bool admits = false; ///< it alone
    bool isCharged = false;
    CounterState state; ///< by the store's clock; after the charge if there was one
    MicroAmount reserved = 0; ///< what holds were charged and is unsettled; may have leaked since

    friend bool operator==(const StoreReading &, const StoreReading &) = default;
};

struct StoreAnswer
{
    Instant now; ///< the store's clock at the decision, since 1970
    bool isAdmitted = false; ///< by all enforced steps
    std::vector<StoreReading> readings; ///< one for each step

    friend bool operator==(const StoreAnswer &, const StoreAnswer &) = default;
};

/// What one counter is charged in the end instead of what is held of it.
struct StoreSettlement
{
    StoreStep step; ///< as it was reserved
    MicroAmount actual = 0; ///< micro-units, >= 0
};

/// What was counted in memory while the store could not be reached.
struct StoreMerge
{
    StoreStep step; ///< its cost is not looked at
    CounterState surplus; ///< only what came on top of the last seen state
};

/// What a store has to hear of: first what is empty, then what is added.
struct StoreDues
{
    std::vector<QByteArray> resets; ///< keys of counters
    std::vector<StoreMerge> merges;
};

/// One store as one gateway thread uses it: made, asked, answered and destroyed on that thread.
/// Never blocks. Reconnects by itself with back-off, and says so through its listener.
class CounterStore
{
public:
    /// Told whether the store can be used, and if not why, in one sentence with the remedy; once
    /// for each change, on the store's thread.
    using Listener = std::function<void(bool isUp, const QString &problem)>;
    using Answered = std::function<void(const Result<StoreAnswer> &)>;
    using Done = std::function<void(const Result<void> &)>;

    CounterStore() = default;
    virtual ~CounterStore() = default;
    Q_DISABLE_COPY_MOVE(CounterStore)

    /// Whether requests reach it. False from the first failure until it answers again, and until
    /// the first connection stands.
    [[nodiscard]] virtual bool isUp() const = 0;

    /// Decides and charges in one round trip. Answers exactly once, at most `connection-timeout`
    /// later; perhaps before it returns, then with an error, because the store is down. While the
    /// first connection is being made requests wait for it. After an error nothing stays reserved:
    /// what arrives too late does nothing, or is released.
    virtual void reserve(const StoreBatch &batch, Answered answered) = 0;

    /// Replaces what a reservation holds. Idempotent; a hold that is gone (reset, or its gateway
    /// was taken for dead) stays as it is. While the store is down it is kept for later.
    virtual void settle(
        const QByteArray &reservation, const std::vector<StoreSettlement> &settlements) = 0;

    /// Adds what was counted elsewhere, beyond the quota if need be: all of it, and once however
    /// often it is asked. After an error nobody knows whether it is added already, so the same is
    /// to be asked again under the same id (random, printable), for up to a week.
    virtual void merge(const QByteArray &id, const std::vector<StoreMerge> &merges, Done done) = 0;

    /// Empties counters; what is held of them gives nothing back any more.
    virtual void reset(const std::vector<QByteArray> &keys, Done done) = 0;
};

/// "gcra", "window", "calendar" or "slots": as stores and their keys call it.
QByteArrayView algorithmName(Algorithm algorithm);

/// The counter's name for every gateway: the identity of the limit and its segment value, each with
/// its length before it, and for calendars the zone and the period's start.
QByteArray storeKey(const Limit &limit, const QByteArray &owner, const QByteArray &value,
    const CalendarPeriod &period);

} // namespace sluice::limits
