// SPDX-License-Identifier: GPL-3.0-or-later
// What a request costs. Integers only. Pure, any thread.
#pragma once

#include "core/base/units.h"
#include "core/config/prices.h"
#include "core/metering/tokenusage.h"

#include <QByteArrayView>

namespace sluice::metering {

/// The configured price of "provider/model", or nullptr. A model that already carries the provider
/// ("openai/gpt-4o" at openai) is found as well; names are compared exactly. The pointer lives as
/// long as `prices`.
const config::ModelPrice *findPrice(
    const config::Prices &prices, QByteArrayView provider, QByteArrayView model);

/// The cost in micro-cents, rounded half up once for the whole request; the largest 64-bit number
/// where it would be more. What is absent or negative costs nothing.
///
/// The rates are those of the highest tier whose `above` the input exceeds. Cached input and cache
/// writes have their own rates, the rest of the input costs `input`; cached tokens beyond the
/// reported input are charged as they are. Writes for an hour and reasoning are parts of the writes
/// and of the output, never more than these.
MicroAmount costOf(const config::ModelPrice &price, const TokenUsage &usage);

} // namespace sluice::metering
