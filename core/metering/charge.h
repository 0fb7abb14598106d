// SPDX-License-Identifier: GPL-3.0-or-later
// What one request used and what that costs: the outcome of metering. Values, any thread.
#pragma once

#include "core/base/units.h"
#include "core/metering/tokenusage.h"

namespace sluice::metering {

/// Where a figure comes from, the most reliable first.
enum class Source : quint8 {
    Reported, ///< by the provider
    Counted, ///< by the gateway, from the text that it saw
    Estimated, ///< what was expected before the request was sent
};

struct Charge
{
    TokenUsage tokens; ///< empty: the request used nothing, or was none that uses tokens
    Source inputSource = Source::Reported;
    Source outputSource = Source::Reported;
    std::optional<MicroAmount> cost; ///< micro-cents; absent: the model has no price

    [[nodiscard]] bool isEmpty() const { return tokens.isEmpty(); }

    /// Used tokens that nobody knows the price of, which is not free.
    [[nodiscard]] bool isUnpriced() const { return !isEmpty() && !cost; }

    /// Shown with a `~`.
    [[nodiscard]] bool isEstimate() const
    {
        return inputSource != Source::Reported || outputSource != Source::Reported;
    }

    friend bool operator==(const Charge &, const Charge &) = default;
};

} // namespace sluice::metering
