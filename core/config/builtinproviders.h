// SPDX-License-Identifier: GPL-3.0-or-later
// The providers that work without a line in the file. Internal to core/config.
#pragma once

#include "core/config/configuration.h"

namespace sluice::config {

/// Names, base URLs and credentials as Helicone AI Gateway's embedded list; a modest choice of
/// models. Bedrock is not among them (its requests need signing).
std::vector<Provider> builtInProviders();

/// Upstream's other name for a provider ("google") as ours ("gemini"); any other name unchanged.
QByteArray canonicalProvider(const QByteArray &name);

} // namespace sluice::config
