// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the limits of one `rate-limit:` block. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads every kind of limit into Configuration::limits; pattern has the scope that they share.
/// What this version cannot count is refused (spec config, "A key of this specification that").
void readLimitRules(Context &context, MapReader &map, const LimitRule &pattern);

/// Says what is odd about limits that are each correct.
void lintLimits(Context &context);

} // namespace sluice::config
