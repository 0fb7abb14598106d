// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counter.h"

#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

namespace sluice::limits {

Usage usageAt(const Limit &limit, const CounterState &state, EngineTime now)
{
    if (const auto *bucket = std::get_if<GcraState>(&state))
        return gcra::usage(*bucket, limit.rate(), now);
    return slidingwindow::usage(std::get<WindowState>(state), limit.rate(), now);
}

CounterState freshState(const Limit &limit, EngineTime now)
{
    if (limit.algorithm == Algorithm::SlidingWindow)
        return WindowState{};
    return gcra::fresh(limit.rate(), now);
}

} // namespace sluice::limits
