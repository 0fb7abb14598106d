// SPDX-License-Identifier: GPL-3.0-or-later
// The state of one limit for one segment value, and how it reads at an instant. Pure values: the
// console draws exactly what the engine decides with, because both call usageAt().
#pragma once

#include "core/base/clock.h"
#include "core/limits/limit.h"
#include "core/limits/wide.h"

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

namespace sluice::limits {

/// GCRA state: the theoretical arrival time in 1/quota nanoseconds (quota in micro-units), with the
/// parameters that it was counted in. Exact: no division is ever stored.
struct GcraState
{
    Int128 tat = 0;
    MicroAmount quota = 0;
    nanoseconds period{0};

    friend bool operator==(const GcraState &, const GcraState &) = default;
};

/// Sliding-window state: the non-empty cells of period/60, oldest first, at most 61.
struct WindowState
{
    struct Cell
    {
        qint64 index = 0; ///< floor(time / (period / 60))
        MicroAmount amount = 0;

        friend bool operator==(const Cell &, const Cell &) = default;
    };

    std::vector<Cell> cells;

    friend bool operator==(const WindowState &, const WindowState &) = default;
};

using CounterState = std::variant<GcraState, WindowState>;

/// How full a counter is at an instant. All amounts in micro-units.
struct Usage
{
    MicroAmount used = 0;
    MicroAmount quota = 0;
    MicroAmount remaining = 0; ///< never negative
    nanoseconds nextIn{0}; ///< until one more unit is admitted; 0 = now
    nanoseconds fullIn{0}; ///< until nothing is used any more

    /// What people read as used, in whole units: what is left is floored, and both add up to the
    /// quota, so that a full limit reads "60 of 60" although a part of a unit has been refilled.
    [[nodiscard]] qint64 usedUnits() const
    {
        return remaining > 0 ? quota / MicroPerUnit - remaining / MicroPerUnit
                             : std::max(used, quota) / MicroPerUnit;
    }

    friend bool operator==(const Usage &, const Usage &) = default;
};

/// Reads a counter against `limit`; now is engine time. Amounts are floored to the micro-unit; "one
/// more" is one whole unit, or the whole quota where that is less. A state counted under another
/// quota or period reads as if the limit had been edited at `now`.
Usage usageAt(const Limit &limit, const CounterState &state, EngineTime now);

/// A counter that holds nothing, as of `now`.
CounterState freshState(const Limit &limit, EngineTime now);

/// One counter as the engine hands it out: a copy, safe on any thread.
struct CounterReading
{
    LimitPtr limit;
    QByteArray value; ///< as ChainLink::value
    QByteArray apiKey; ///< header policies only: the key that sent it
    CounterState state;
    quint64 change = 0; ///< grows with every change of any counter
};

} // namespace sluice::limits
