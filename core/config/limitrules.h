// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the limits of one `rate-limit:` block. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads every kind of limit into Configuration::limits; pattern has the scope that they share.
void readLimitRules(Context &context, MapReader &map, const LimitRule &pattern);

} // namespace sluice::config
