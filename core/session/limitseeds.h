// SPDX-License-Identifier: GPL-3.0-or-later
// A limit of usage or money that is added in the middle of its period starts from what the ledger
// knows of that period (spec: stores, "Ledger"). Pure but for the question itself; any thread.
#pragma once

#include "core/limits/limiter.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QSet>

namespace sluice::session::limitseeds {

/// The limits of a configuration whose names were not known before and that count in windows, not
/// for clients alone.
std::vector<limits::LimitPtr> newOnes(const QSet<QByteArray> &known, const limits::LimitSet &after,
    const limits::Renames &renames = {});

/// The names of all limits.
QSet<QByteArray> namesOf(const limits::LimitSet &limits);

/// What to ask the ledger: sums of the limit's period until now by all that it looks at.
stores::UsageQuery query(const limits::Limit &limit, limits::Instant now);

/// How many requests an answer is about. Rows may be gone, or not kept at all, where sums are: what
/// was asked for by the minute may then say less than by the hour.
qint64 requestsOf(const stores::Table &table);

/// The answer as counters that are to be added. Of a rolling window what was used in a time of
/// `bucket` counts as if it had been at that time's end: held longer, never too short.
std::vector<limits::CounterReading> readings(const limits::LimitPtr &limit,
    const stores::Table &table, std::optional<stores::UsageBucket> bucket, limits::Instant now);

} // namespace sluice::session::limitseeds
