// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `routers:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Needs the providers to be read before.
void readRouters(Context &context, const Value &section);

} // namespace sluice::config
