// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `rate-limit:` blocks and stores. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads `global:` or `unified-api:`; scope says which.
void readLimitedSection(Context &context, const Value &section, LimitScope scope);

/// Reads one `rate-limit:` block into Configuration::limits. router is null outside routers; its
/// limitsDisabled is set by `disabled: true`.
void readLimits(Context &context, const Value &block, LimitScope scope, Router *router);

} // namespace sluice::config
