// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what is accepted and has no effect in this version, and says so. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Takes the keys of upstream that may hold anything; one warning for each that is there.
void ignoreUpstreamKeys(Context &context, MapReader &map);

/// `retries:` checked; a warning that there are none, unless they are switched off.
void checkRetries(Context &context, const Value &section);

/// `model-mappings:` or `default-model-mapping:` checked; a warning that names pass unchanged.
void checkModelMappings(Context &context, const Value &section);

/// The top-level sections that later versions bring: discover, model mappings, alerts.
void checkLaterSections(Context &context, MapReader &root);

} // namespace sluice::config
