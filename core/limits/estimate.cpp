// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/estimate.h"

#include "core/limits/matching.h"
#include "core/limits/wide.h"

#include <algorithm>

namespace sluice::limits {

namespace {

/// A part that was not reported is taken as it was expected.
MicroAmount total(const std::optional<MicroAmount> &actual, const Expected &expected)
{
    return actual ? *actual : saturatingAdd64(expected.firm, expected.guess);
}

} // namespace

std::optional<Expected> expectedOf(Unit unit, const Estimate &estimate)
{
    switch (unit) {
    case Unit::Request:
    case Unit::ConcurrentRequest:
        break;
    case Unit::Token:
        return Expected{saturatingAdd64(estimate.input.firm, estimate.output.firm),
            saturatingAdd64(estimate.input.guess, estimate.output.guess)};
    case Unit::InputToken:
        return estimate.input;
    case Unit::OutputToken:
        return estimate.output;
    case Unit::Cents:
        if (!estimate.cents && estimate.allowsUnpriced)
            return Expected{};
        return estimate.cents;
    }
    return Expected{MicroPerUnit, 0};
}

MicroAmount reservedOf(const Expected &expected, MicroAmount capacity)
{
    return expected.firm + std::clamp<MicroAmount>(capacity - expected.firm, 0, expected.guess);
}

std::optional<MicroAmount> actualOf(
    Unit unit, const Estimate &estimate, const Consumption &consumption)
{
    switch (unit) {
    case Unit::Request:
        break;
    case Unit::ConcurrentRequest:
        return 0;
    case Unit::Token:
        if (!consumption.input && !consumption.output)
            break;
        return saturatingAdd64(
            total(consumption.input, estimate.input), total(consumption.output, estimate.output));
    case Unit::InputToken:
        return consumption.input;
    case Unit::OutputToken:
        return consumption.output;
    case Unit::Cents:
        return consumption.cents;
    }
    return std::nullopt;
}

MicroAmount finalAmount(const Limit &limit, const Estimate &estimate, QByteArrayView askedModel,
    MicroAmount reserved, const Consumption &consumption)
{
    const bool wasServedElsewhere = !consumption.provider.isEmpty()
        && !matchesServed(limit.match, consumption.provider, askedModel, consumption.model);
    if (wasServedElsewhere)
        return 0;
    return std::max<MicroAmount>(0, actualOf(limit.unit, estimate, consumption).value_or(reserved));
}

} // namespace sluice::limits
