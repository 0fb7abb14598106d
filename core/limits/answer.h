// SPDX-License-Identifier: GPL-3.0-or-later
// What one counter says to one cost: the common result of all algorithms. Values.
#pragma once

#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/limits/wide.h"

namespace sluice::limits {

using std::chrono::milliseconds;

/// An instant on both clocks: limits count by engine time, calendars divide wall time.
struct Instant
{
    EngineTime engine{0};
    milliseconds wall{0}; ///< since the Unix epoch

    Instant() = default;

    /// Both clocks agree, as they do while nobody sets the wall clock.
    template <typename Rep, typename Period>
    Instant(std::chrono::duration<Rep, Period> now) // NOLINT(google-explicit-constructor)
        : engine(now), wall(std::chrono::floor<milliseconds>(now))
    {
    }

    Instant(EngineTime now, milliseconds wallTime) : engine(now), wall(wallTime) { }

    explicit Instant(const Clock &clock) : engine(clock.now()), wall(clock.wall()) { }

    [[nodiscard]] Instant after(std::chrono::nanoseconds wait) const
    {
        return {engine + wait, wall + std::chrono::ceil<milliseconds>(wait)};
    }

    friend bool operator==(const Instant &, const Instant &) = default;
};

/// How much, and over what time: the two numbers of every limit.
struct Rate
{
    MicroAmount quota = 0; ///< micro-units, > 0
    std::chrono::nanoseconds period{0}; ///< > 0; calendar windows and concurrency have none
    MicroAmount extra = 0; ///< a temporary raise: so much more at once, refilled no faster

    /// All that fits at once, micro-units.
    [[nodiscard]] MicroAmount capacity() const { return saturatingAdd64(quota, extra); }

    friend bool operator==(const Rate &, const Rate &) = default;
};

struct Answer
{
    bool admits = false;
    bool neverFits = false; ///< the cost exceeds the whole capacity
    std::chrono::nanoseconds wait{0}; ///< refused: until exactly this cost is admitted

    friend bool operator==(const Answer &, const Answer &) = default;
};

} // namespace sluice::limits
