// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine remembers, for the next process to go on with (spec: limits, "Time", "Edits").
// Pure functions, called by Engine.
#pragma once

#include "core/limits/counterbook.h"

namespace sluice::limits::enginestate {

/// All counters that say something, each with all edits replayed. What open reservations hold is
/// kept as if it had been settled at the estimate; slots end with their process and are not kept.
std::vector<SavedCounter> save(const CounterBook &book, Instant now);

/// Adds saved counters to a book, counted as its running limits say now. One that is there already
/// gets the saved units on top.
LoadReport load(CounterBook &book, Instant now, const std::vector<SavedCounter> &counters);

} // namespace sluice::limits::enginestate
