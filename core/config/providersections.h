// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `providers:` and `dispatcher:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Merges the file's providers over the built-in ones. Those of the file come first, in its order.
void readProviders(Context &context, const Value &section, const Value &dispatcher);

/// A base URL for requests: absolute http or https, no query; returned without a trailing slash.
std::optional<QByteArray> readBaseUrl(Context &context, const Value &value);

/// Warns if a URL as written in the file holds a literal password.
void lintPassword(Context &context, const Value &url);

} // namespace sluice::config
