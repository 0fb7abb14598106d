// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `server:`, `policy-header:` and `response-headers:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

void readServer(Context &context, const Value &section);
void readPolicyHeader(Context &context, const Value &section);
void readResponseHeaders(Context &context, const Value &section);

/// Decides, once authentication is known, whether the address may stay what the file says.
void settleAddress(Context &context);

} // namespace sluice::config
