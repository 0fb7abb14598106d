// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the file that `prices.file` names. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

inline constexpr qint64 MaxPriceFileBytes = 4 * 1024 * 1024;

/// The prices of the file, sorted by model. What is wrong in it is reported at `value`, with its
/// place in the file; ${NAME} is not replaced in it.
std::vector<ModelPrice> readPriceFile(Context &context, const Value &value);

} // namespace sluice::config
