// SPDX-License-Identifier: GPL-3.0-or-later
// The state of one limit for one segment value, and how it reads at an instant. Pure values: the
// console draws exactly what the engine decides with, because both call usageAt().
#pragma once

#include "core/limits/calendarperiod.h"
#include "core/limits/celllist.h"
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
    using Cell = WindowCell;

    CellList cells;

    friend bool operator==(const WindowState &, const WindowState &) = default;
};

/// Concurrency state: what open reservations hold.
struct SlotState
{
    MicroAmount amount = 0;

    friend bool operator==(const SlotState &, const SlotState &) = default;
};

using CounterState = std::variant<GcraState, WindowState, CalendarState, SlotState>;

/// How full a counter is at an instant. All amounts in micro-units.
struct Usage
{
    MicroAmount used = 0; ///< settled, and still counting
    MicroAmount reserved = 0; ///< by open reservations
    MicroAmount quota = 0; ///< all that fits, temporary raises included
    MicroAmount remaining = 0; ///< never negative
    nanoseconds nextIn{0}; ///< until one more unit is admitted; 0 = now, or nobody can tell
    nanoseconds fullIn{0}; ///< until nothing is used any more; 0 = nothing is, or nobody can tell

    /// Everything that is not free; more than the quota if reality was dearer than expected.
    [[nodiscard]] MicroAmount taken() const { return used + reserved; }

    /// What people read as taken, in whole units: what is left is floored, and both add up to the
    /// quota, so that a full limit reads "60 of 60" although a part of a unit has been refilled.
    [[nodiscard]] qint64 takenUnits() const
    {
        return remaining > 0 ? quota / MicroPerUnit - remaining / MicroPerUnit
                             : std::max(taken(), quota) / MicroPerUnit;
    }

    [[nodiscard]] qint64 reservedUnits() const
    {
        return std::min(reserved / MicroPerUnit, takenUnits());
    }

    [[nodiscard]] qint64 usedUnits() const { return takenUnits() - reservedUnits(); }

    friend bool operator==(const Usage &, const Usage &) = default;
};

/// What goes into the reading of a counter beside its state.
struct Claims
{
    MicroAmount reserved = 0; ///< by open reservations, micro-units
    MicroAmount extra = 0; ///< Rate::extra
};

/// Reads a counter against `limit`. Amounts are floored to the micro-unit; "one more" is one whole
/// unit, or the whole quota where that is less. A state counted under another quota or period reads
/// as if the limit had been edited at `now`.
Usage usageAt(
    const Limit &limit, const CounterState &state, Instant now, const Claims &claims = {});

/// A counter that holds nothing, as of `now`.
CounterState freshState(const Limit &limit, Instant now);

/// One counter as the engine hands it out: a copy, safe on any thread.
struct CounterReading
{
    LimitPtr limit;
    QByteArray value; ///< as ChainLink::value
    QByteArray apiKey; ///< policies only: the key that they count apart
    CounterState state;
    Claims claims; ///< as of the reading; what is reserved is at most what is then taken
    quint64 change = 0; ///< grows with every change of any counter
};

/// How full the counter of a reading is at a later instant.
Usage usageAt(const CounterReading &reading, Instant now);

} // namespace sluice::limits
