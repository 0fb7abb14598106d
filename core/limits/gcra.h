// SPDX-License-Identifier: GPL-3.0-or-later
// The generic cell rate algorithm, exact: quota N at once from rest, then evenly N per period R.
// The theoretical arrival time TAT counts in 1/N ns, so that a cost of n moves it by n * R and
// nothing is ever rounded (spec: limits, "Algorithms"). Pure functions, any thread.
#pragma once

#include "core/limits/answer.h"
#include "core/limits/counter.h"

namespace sluice::limits::gcra {

/// A counter at rest, which is the same as one that never counted.
GcraState fresh(const Rate &rate, EngineTime now);

/// The same used units under another rate: TAT' = now + used * t'. Exact where the period stays;
/// else rounded up by less than one tick of the new state. Returns `state` itself if nothing
/// changes.
GcraState rescaled(const GcraState &state, const Rate &rate, EngineTime now);

/// How far TAT lies ahead of now, in 1/quota ns: the used micro-units times the period.
Int128 occupied(const GcraState &state, EngineTime now);

/// The state with the used units of another one of the same limit on top.
GcraState merged(const GcraState &state, const GcraState &other, const Rate &rate, EngineTime now);

/// Whether `cost` (micro-units, >= 0) is admitted under `rate`: iff used + cost <= quota. Until the
/// next admission the state leaks at the rate that it was counted in, and the wait says so.
Answer ask(const GcraState &state, const Rate &rate, MicroAmount cost, EngineTime now);

/// The state after `cost` was charged at `now`, counted in `rate`.
GcraState charged(const GcraState &state, const Rate &rate, MicroAmount cost, EngineTime now);

/// True if the state cannot be told from a fresh one any more.
bool isIdle(const GcraState &state, EngineTime now);

/// How full the counter is under `rate`; see usageAt().
Usage usage(const GcraState &state, const Rate &rate, EngineTime now);

} // namespace sluice::limits::gcra
