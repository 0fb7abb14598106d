// SPDX-License-Identifier: GPL-3.0-or-later
// What tests make smaller, and what is injected into a RedisStore. Values.
#pragma once

#include "core/base/clock.h"

#include <functional>

namespace sluice::stores {

using std::chrono::milliseconds;

struct RedisOptions
{
    const Clock *clock = nullptr; ///< outlives the store; null: one of its own
    quint32 seed = 0; ///< of the jitter between attempts to connect; 0: a random one
    milliseconds lease{30'000}; ///< a gateway that has not renewed for so long is dead
    milliseconds renewal{10'000};
    milliseconds firstPause{100}; ///< between two attempts; doubles ...
    milliseconds longestPause{5'000}; ///< ... up to this
    qsizetype mostSettlements = 100'000; ///< kept while the store is down
    /// Tests only: the time by which the script counts, microseconds since 1970.
    std::function<qint64()> testTime;
};

} // namespace sluice::stores
