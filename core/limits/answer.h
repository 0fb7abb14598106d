// SPDX-License-Identifier: GPL-3.0-or-later
// What one counter says to one cost: the common result of all algorithms. Values.
#pragma once

#include "core/base/clock.h"
#include "core/base/units.h"

namespace sluice::limits {

/// How much, and over what time: the two numbers of every limit.
struct Rate
{
    MicroAmount quota = 0; ///< micro-units, > 0
    std::chrono::nanoseconds period{0}; ///< > 0

    friend bool operator==(const Rate &, const Rate &) = default;
};

struct Answer
{
    bool admits = false;
    bool neverFits = false; ///< the cost exceeds the whole quota
    std::chrono::nanoseconds wait{0}; ///< refused: until exactly this cost is admitted

    friend bool operator==(const Answer &, const Answer &) = default;
};

} // namespace sluice::limits
