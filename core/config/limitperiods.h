// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the period of a limit that counts in windows. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// `period`, `timezone` and `week-starts`: decides LimitRule::algorithm, refill and calendar.
void readPeriod(Context &context, MapReader &map, LimitRule &rule);

} // namespace sluice::config
