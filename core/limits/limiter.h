// SPDX-License-Identifier: GPL-3.0-or-later
// The engine and the running limits behind one short lock, shared by all gateway threads.
#pragma once

#include "core/limits/engine.h"

#include <mutex>

namespace sluice::limits {

/// Every member may be called from any thread. The lock is never held across a call-out.
class Limiter final
{
public:
    /// The clock must outlive the limiter.
    explicit Limiter(const Clock &clock);

    /// Swaps in a new configuration's limits between two requests.
    void apply(std::shared_ptr<const LimitSet> limits);

    /// Decides a request against the limits in force at this instant.
    Decision reserve(const Subject &subject);

    [[nodiscard]] Decision explain(const Subject &subject) const;

    [[nodiscard]] std::vector<CounterReading> changesSince(quint64 since, int limit) const;

    [[nodiscard]] std::shared_ptr<const LimitSet> limits() const;

    void sweep(int budget);

    [[nodiscard]] const Clock &clock() const { return m_clock; }

private:
    const Clock &m_clock;
    mutable std::mutex m_mutex; ///< guards m_engine and m_limits
    Engine m_engine;
    std::shared_ptr<const LimitSet> m_limits;
};

} // namespace sluice::limits
