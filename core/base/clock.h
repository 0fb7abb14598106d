// SPDX-License-Identifier: GPL-3.0-or-later
// Time as a seam. Nothing outside clock.cpp reads a system clock. Any thread.
#pragma once

#include <QtGlobal>

#include <atomic>
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

    /// Lets now() go on from there if it is not that late yet: when the wall clock was set back
    /// between two runs, what the first one counted must not lie in the future of the second. The
    /// machine's clock does so, others need not.
    virtual void goOnFrom(EngineTime time);
};

/// The machine's clock: CLOCK_REALTIME once, CLOCK_BOOTTIME from then on.
class SystemClock final : public Clock
{
public:
    SystemClock();

    [[nodiscard]] EngineTime now() const override;
    [[nodiscard]] std::chrono::milliseconds wall() const override;
    void goOnFrom(EngineTime time) override;

private:
    /// Wall time minus boot time at construction, or more. Nanoseconds.
    std::atomic<std::chrono::nanoseconds::rep> m_offset;
};

} // namespace sluice
