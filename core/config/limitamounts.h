// SPDX-License-Identifier: GPL-3.0-or-later
// Reads how much a limit allows, for everybody and for single segment values. Internal to
// core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// The keys that say how much a limit of some kind allows, in `overrides` too.
struct AmountKeys
{
    QByteArrayView amount; ///< "capacity", "cents", ...; empty = unknown after an error
    QByteArrayView refill; ///< empty = no other refill for single values
};

/// An amount > 0 in micro-units; only cents may have a fraction.
std::optional<MicroAmount> readAmount(Context &context, const Value &value, Unit unit);

/// `unit`, `capacity` and `refill-frequency` of a bucket.
void readBucket(Context &context, MapReader &map, LimitRule &rule);

/// `overrides:` of a rule whose own amounts are read: what is not written stays as they are.
void readOverrides(Context &context, const Value &section, const AmountKeys &keys, LimitRule &rule);

} // namespace sluice::config
