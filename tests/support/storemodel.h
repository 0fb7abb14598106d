// SPDX-License-Identifier: GPL-3.0-or-later
// What a shared counter store answers, said once more in one process: over the engine's own pure
// functions, with holds and leases as plain lists. Real stores are compared with it. A value.
#pragma once

#include "core/limits/counterstore.h"

#include <map>

namespace sluice::test {

using namespace sluice::limits;

class StoreModel final
{
public:
    explicit StoreModel(milliseconds lease) : m_lease(lease) { }

    /// A gateway has connected or renewed its lease.
    void greet(const QByteArray &gateway, Instant now);

    StoreAnswer reserve(const QByteArray &gateway, const StoreBatch &batch, Instant now);
    void settle(const QByteArray &reservation, const std::vector<StoreSettlement> &settlements,
        Instant now);
    void merge(const std::vector<StoreMerge> &merges, Instant now);
    void reset(const std::vector<QByteArray> &keys);

    /// What a counter says, without asking anything of it.
    [[nodiscard]] CounterState state(const StoreStep &step, Instant now) const;

    /// Of all counters.
    [[nodiscard]] int openHolds() const;

    /// An answer as the model would say the same: counters that say nothing as fresh ones, and
    /// without the cells that do not count.
    static StoreAnswer normal(const StoreBatch &batch, StoreAnswer answer);

private:
    struct Held
    {
        QByteArray reservation;
        QByteArray gateway;
        MicroAmount amount = 0;
        Int128 mark = 0; ///< GCRA: TAT after the charge; window: the cell
    };

    struct Counter
    {
        GcraState bucket;
        WindowState window;
        nanoseconds windowPeriod{0};
        MicroAmount level = 0; ///< calendars
        std::vector<Held> holds; ///< in the order of admission
    };

    Counter &counterOf(const StoreStep &step, Instant now);
    [[nodiscard]] bool isAlive(
        const QByteArray &gateway, const QByteArray &asking, Instant now) const;
    [[nodiscard]] MicroAmount heldOf(
        const Counter &counter, const QByteArray &asking, Instant now) const;
    bool admits(const Counter &counter, const StoreStep &step, MicroAmount held, Instant now) const;
    void dropDead(Counter &counter, const QByteArray &asking, Instant now) const;
    static bool isElsewhere(const Counter &counter, const StoreStep &step);
    static void moveTo(Counter &counter, const StoreStep &step, Instant now);
    static Int128 charge(Counter &counter, const StoreStep &step, Instant now);
    static CounterState stateOf(const Counter &counter, const StoreStep &step, bool isCharged,
        MicroAmount held, Instant now);
    static void settleHold(
        Counter &counter, size_t index, const StoreSettlement &settlement, Instant now);

    const milliseconds m_lease;
    std::map<QByteArray, Counter> m_counters;
    std::map<QByteArray, milliseconds> m_leases; ///< until when
};

} // namespace sluice::test
