// SPDX-License-Identifier: GPL-3.0-or-later
// How many tokens one request used. Values, any thread.
#pragma once

#include <QtGlobal>

#include <optional>

namespace sluice::metering {

/// Whole tokens. Absent means unknown, which is not zero. Whatever a provider's own convention,
/// `input` includes the tokens that were read from a cache or written to one, and `output` those
/// that the model spent on reasoning.
struct TokenUsage
{
    std::optional<qint64> input;
    std::optional<qint64> cachedInput; ///< part of input: read from the provider's cache
    std::optional<qint64> cacheWrite; ///< part of input: written to the provider's cache
    std::optional<qint64> cacheWrite1h; ///< part of cacheWrite: for an hour instead of minutes
    std::optional<qint64> output;
    std::optional<qint64> reasoning; ///< part of output

    /// True if nothing at all is known.
    [[nodiscard]] bool isEmpty() const { return *this == TokenUsage{}; }

    friend bool operator==(const TokenUsage &, const TokenUsage &) = default;
};

} // namespace sluice::metering
