// SPDX-License-Identifier: GPL-3.0-or-later
// Says once in the log what goes wrong over time: a wall clock that was set, reservations that were
// never settled. Shared by the gateway threads; any thread.
#pragma once

#include "core/limits/limiter.h"

#include <mutex>

namespace sluice::gateway {

class HealthWatch final
{
public:
    HealthWatch() = default;
    Q_DISABLE_COPY_MOVE(HealthWatch)

    /// Looks at the limiter and its clock; cheap, to be called now and then.
    void check(const limits::Limiter &limiter);

private:
    void checkClock(const Clock &clock);

    std::mutex m_mutex; ///< guards the members below
    std::optional<std::chrono::milliseconds> m_offset; ///< wall minus engine time, last seen
    qint64 m_overdue = 0; ///< as last reported
};

} // namespace sluice::gateway
