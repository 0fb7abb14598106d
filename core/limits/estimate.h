// SPDX-License-Identifier: GPL-3.0-or-later
// What a request is expected to use, what it turned out to use, and what that costs a limit of a
// given unit (spec: limits, "Reservations"). Pure values, any thread. All amounts in micro-units.
#pragma once

#include "core/limits/limit.h"

#include <optional>

namespace sluice::limits {

/// An expected amount: `firm` is what the request itself says, `guess` is assumed on top of it.
struct Expected
{
    MicroAmount firm = 0;
    MicroAmount guess = 0;

    friend bool operator==(const Expected &, const Expected &) = default;
};

struct Estimate
{
    Expected input; ///< tokens
    Expected output; ///< tokens
    std::optional<Expected> cents; ///< nothing: no candidate has a price
    bool allowsUnpriced = false; ///< without a price a limit in cents lets the request through
    nanoseconds deadline = std::chrono::minutes(16); ///< unsettled for so long: swept

    friend bool operator==(const Estimate &, const Estimate &) = default;
};

/// What a request really used. An absent amount is unknown: the estimate stands.
struct Consumption
{
    std::optional<MicroAmount> input; ///< tokens, cached ones included
    std::optional<MicroAmount> output; ///< tokens
    std::optional<MicroAmount> cents;
    QByteArray provider; ///< that served it; empty = unknown
    QByteArray model; ///< that served it; empty = as asked

    /// A request that has used nothing.
    static Consumption nothing() { return {0, 0, 0, {}, {}}; }
};

/// What the request needs of a limit; nothing if it has no price and the limit counts cents.
std::optional<Expected> expectedOf(Unit unit, const Estimate &estimate);

/// What is reserved: a guess never makes a request too large, so it is capped at what the capacity
/// leaves beside the firm part.
MicroAmount reservedOf(const Expected &expected, MicroAmount capacity);

/// What a limit of this unit is charged in the end; nothing: the reservation stands.
std::optional<MicroAmount> actualOf(
    Unit unit, const Estimate &estimate, const Consumption &consumption);

/// What a reservation of `reserved` comes to: nothing if the limit turns out not to match what has
/// served the request; the reservation itself where the actual amount is unknown. Never negative.
MicroAmount finalAmount(const Limit &limit, const Estimate &estimate, QByteArrayView askedModel,
    MicroAmount reserved, const Consumption &consumption);

} // namespace sluice::limits
