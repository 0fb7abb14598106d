// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what limits of every kind have: a name, a mode, conditions and exceptions. Internal to
// core/config.
#pragma once

#include "core/config/limitamounts.h"
#include "core/config/reader.h"

namespace sluice::config {

/// "global", "unified-api" or "routers/NAME".
QByteArray scopeName(const LimitRule &rule);

/// The name as written, else otherwise; if that is empty the limit needs one. Empty after an error.
QByteArray readLimitName(
    Context &context, const Value &limit, const Value &name, const QByteArray &otherwise);

/// `mode`, `on-missing-segment`, `on-store-failure`, `match` and `overrides`; the amounts and the
/// segment of the rule are read already.
void readCommonKeys(Context &context, MapReader &map, const AmountKeys &keys, LimitRule &rule);

} // namespace sluice::config
