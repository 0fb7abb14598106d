// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `policies:`, limits in the grammar of the policy header that hold for everybody. Internal
// to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Reads the list into Configuration::limits; pattern has the scope. `policy-header:` is read
/// already, because these count as it says.
void readPolicies(Context &context, const Value &list, const LimitRule &pattern);

} // namespace sluice::config
