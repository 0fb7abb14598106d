// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine remembers as bytes, for the next process to go on with (spec: limits, "Time",
// "Edits"). A state is trusted to nobody: it is checked whole before anything of it counts.
// Pure functions, called by Engine.
#pragma once

#include "core/limits/counterbook.h"

namespace sluice::limits::enginestate {

/// All counters that say something, each brought up to date. What open reservations hold is kept
/// as if it had been settled at the estimate; slots end with their process and are not kept.
QByteArray save(const CounterBook &book, Instant now);

/// Puts the counters of a state into a book that has none, counted as its running limits say now.
/// After an error the book is unusable.
Result<void> load(CounterBook &book, Instant now, const QByteArray &state);

/// The engine time that a state was saved at.
Result<EngineTime> savedAt(const QByteArray &state);

} // namespace sluice::limits::enginestate
