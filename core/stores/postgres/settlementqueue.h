// SPDX-License-Identifier: GPL-3.0-or-later
// The settlements that still have to reach a store, oldest first, and the reservations whose answer
// was lost: whatever those may have left is released. Owned by one PostgresStore, on its thread.
#pragma once

#include "core/stores/postgres/postgrescalls.h"

#include <deque>

namespace sluice::stores {

class SettlementQueue final
{
public:
    /// More than `most` push the oldest ones out.
    explicit SettlementQueue(size_t most) : m_most(most) { }

    void add(
        const QByteArray &reservation, const std::vector<limits::StoreSettlement> &settlements);

    /// Up to `most`, which are in the caller's hands from now on.
    std::vector<PostgresSettlement> take(size_t most);

    /// What was taken and may not have arrived: it comes first again.
    void putBack(std::vector<PostgresSettlement> &&settlements);

    /// What may be held by a reservation that the server refuses after `until`.
    void addLost(const limits::StoreBatch &batch, EngineTime until);

    /// Queues what was lost as settled with nothing; call it when the server answers again. What
    /// may still be decided at `now` is queued once more later.
    void release(EngineTime now);

    /// When release() has to be called again; nothing if it need not.
    [[nodiscard]] std::optional<EngineTime> nextRelease() const;

    [[nodiscard]] bool isEmpty() const { return m_queue.empty(); }

    /// How many were pushed out since the last call.
    size_t takeDropped() { return std::exchange(m_dropped, 0); }

private:
    struct Lost
    {
        PostgresSettlement settlement;
        EngineTime until{0};
    };

    void push(PostgresSettlement settlement);

    const size_t m_most;
    std::deque<PostgresSettlement> m_queue;
    std::vector<Lost> m_lost;
    size_t m_dropped = 0;
};

} // namespace sluice::stores
