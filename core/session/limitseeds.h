// SPDX-License-Identifier: GPL-3.0-or-later
// A limit of usage or money that is added in the middle of its period starts from what the ledger
// knows of that period (spec: stores, "Ledger"). Pure but for the question itself; any thread.
#pragma once

#include "core/limits/limiter.h"
#include "core/stores/ledgerreader.h"

namespace sluice::session::limitseeds {

/// The limits of a configuration that was not there before and that count in windows, not for
/// clients alone.
std::vector<limits::LimitPtr> newOnes(
    const limits::LimitSet &before, const limits::LimitSet &after, const limits::Renames &renames);

/// What to ask the ledger: sums of the limit's period until now by all that it looks at.
stores::UsageQuery query(const limits::Limit &limit, limits::Instant now);

/// The answer as counters that are to be added. Of a rolling window what was used in a time counts
/// as if it had been at that time's end: held longer, never too short.
std::vector<limits::CounterReading> readings(
    const limits::LimitPtr &limit, const stores::Table &table, limits::Instant now);

} // namespace sluice::session::limitseeds
