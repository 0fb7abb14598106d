// SPDX-License-Identifier: GPL-3.0-or-later
// Reads where limits are counted: `rate-limit-store:` and `store:` of a block, in this
// specification's shapes and in upstream's. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads `rate-limit-store:` into the first of Configuration::stores.
void readStore(Context &context, const Value &section);

/// Reads `store:` of a block, or the older `redis:` beside it, and gives its index in
/// Configuration::stores; 0 if neither is written.
int readBlockStore(Context &context, const Value &section, const Value &redis);

} // namespace sluice::config
