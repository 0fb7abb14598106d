// SPDX-License-Identifier: GPL-3.0-or-later
// The sliding window: never more than the quota in any interval of the period's length, counted in
// cells of period/60 that leave as a whole, so a unit is held back at most period/60 longer (spec:
// limits, "Algorithms"). Pure functions, any thread.
#pragma once

#include "core/limits/answer.h"
#include "core/limits/counter.h"

namespace sluice::limits::slidingwindow {

constexpr int CellsPerPeriod = 60;

/// The cell that `now` falls into: floor(now / (period / 60)), exact for periods that 60 does not
/// divide.
qint64 cellAt(EngineTime now, nanoseconds period);

/// Whether `cost` (micro-units, >= 0) fits, and if not when exactly it will.
Answer ask(const WindowState &state, const Rate &rate, MicroAmount cost, EngineTime now);

/// Drops the cells that no longer count and adds `cost` to the current one.
void charge(WindowState &state, nanoseconds period, MicroAmount cost, EngineTime now);

/// The cell that charge() has just charged, or would have with a cost.
qint64 chargedCell(const WindowState &state, nanoseconds period, EngineTime now);

/// The same units in cells of another period: each cell goes to the latest new cell that it
/// overlaps and that has begun by `now`.
WindowState rescaled(const WindowState &state, nanoseconds from, nanoseconds to, EngineTime now);

/// The same for the one cell of an admission; one that has left never comes back.
qint64 rescaledCell(qint64 cell, nanoseconds from, nanoseconds to, EngineTime now);

/// Whether what was charged in a cell still counts.
bool isLive(qint64 cell, nanoseconds period, EngineTime now);

/// Settles what was admitted in `cell`: adds `amount` there, or in the current cell if that one has
/// left; a negative amount is given back, if the cell still counts and never more than it holds.
void adjust(
    WindowState &state, nanoseconds period, qint64 cell, MicroAmount amount, EngineTime now);

/// Adds the cells of another state of the same period.
void merge(WindowState &state, const WindowState &other);

/// True if no cell counts any more.
bool isIdle(const WindowState &state, nanoseconds period, EngineTime now);

/// How full the counter is; see usageAt().
Usage usage(const WindowState &state, const Rate &rate, EngineTime now);

} // namespace sluice::limits::slidingwindow
