// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `prices:` and `estimates:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads what models cost; the providers are read already.
void readPrices(Context &context, const Value &section);

/// Reads what is assumed of a request before its answer is known.
void readEstimates(Context &context, const Value &section);

} // namespace sluice::config
