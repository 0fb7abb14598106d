// SPDX-License-Identifier: GPL-3.0-or-later
// Reads who may call: `helicone:`, `authentication:`, `teams:`, `api-keys:`. Internal to
// core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Sets Configuration::authentication; legacy is a top-level `authentication:`.
void readAuthentication(Context &context, const Value &helicone, const Value &legacy);

void readTeams(Context &context, const Value &section);

/// Needs teams and routers to be read before.
void readApiKeys(Context &context, const Value &section);

} // namespace sluice::config
