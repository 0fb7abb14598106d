// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what models cost, in the configuration or in a price file. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads a map of "provider/model" to prices; the providers are read already. Sorted by model,
/// names are unique. A provider that is not configured gets a warning where `warnsOfProviders`.
std::vector<ModelPrice> readModelPrices(Context &context, const Value &map, bool warnsOfProviders);

} // namespace sluice::config
