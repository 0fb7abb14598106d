// SPDX-License-Identifier: GPL-3.0-or-later
// What requests used and cost, summed. A value; gateway threads fold requests into it, the console
// adds the sums up.
#pragma once

#include "core/insight/requestrecord.h"

namespace sluice::insight {

struct Spent
{
    qint64 input = 0; ///< tokens
    qint64 cachedInput = 0; ///< part of input
    qint64 output = 0; ///< tokens
    MicroAmount cost = 0; ///< micro-cents, of the requests that have a price
    quint64 charged = 0; ///< requests that used something
    quint64 unpriced = 0; ///< charged requests whose cost nobody knows
    quint64 turnedAway = 0; ///< requests that were rejected because nobody knows what they cost
    quint64 estimated = 0; ///< charged requests with a figure that was not reported
    quint64 errors = 0; ///< see isError()

    /// Adds a request that has ended.
    void add(const RequestRecord &record);

    /// Sums stop at the largest number instead of going round.
    void add(const Spent &other);

    [[nodiscard]] qint64 tokens() const;

    friend bool operator==(const Spent &, const Spent &) = default;
};

/// The provider failed or answered with an error; what the gateway itself turned away is none.
bool isError(const RequestRecord &record);

} // namespace sluice::insight
