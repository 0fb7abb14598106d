// SPDX-License-Identifier: GPL-3.0-or-later
// Time as a seam. Nothing outside clock.cpp reads a system clock. Any thread.
#pragma once

#include <QtGlobal>

#include <chrono>

namespace sluice {

/// A point in the engine's time: nanoseconds since the Unix epoch, never running backwards.
using EngineTime = std::chrono::nanoseconds;

/// The source of time for everything that decides or measures.
class Clock
{
public:
    Clock() = default;
    virtual ~Clock();
    Q_DISABLE_COPY_MOVE(Clock)

    /// Wall time at start plus the time since (suspend counts, wall steps do not): what limits use.
    [[nodiscard]] virtual EngineTime now() const = 0;

    /// The wall clock as people read it, milliseconds since the Unix epoch; may step.
    [[nodiscard]] virtual std::chrono::milliseconds wall() const = 0;
};

/// The machine's clock: CLOCK_REALTIME once, CLOCK_BOOTTIME from then on.
class SystemClock final : public Clock
{
public:
    SystemClock();

    [[nodiscard]] EngineTime now() const override;
    [[nodiscard]] std::chrono::milliseconds wall() const override;

private:
    std::chrono::nanoseconds m_offset; ///< wall time minus boot time at construction
};

} // namespace sluice
