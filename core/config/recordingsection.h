// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `recording:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// What of it is not in this version is checked and warned of.
void readRecording(Context &context, const Value &section);

} // namespace sluice::config
