// SPDX-License-Identifier: GPL-3.0-or-later
// Says what is odd about limits that are each correct. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Once everything is read: limits that nobody can hit, that count nothing or refuse everything.
void lintLimits(Context &context);

} // namespace sluice::config
