// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `providers:` and `dispatcher:`. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// Merges the file's providers over the built-in ones. Those of the file come first, in its order.
void readProviders(Context &context, const Value &section, const Value &dispatcher);

/// The name of a provider that there is, as ours ("gemini" for "google"); empty after a finding.
QByteArray readProviderName(Context &context, const Value &value);

/// The same for a name that is only a part of the value.
QByteArray readProviderName(Context &context, const Value &value, const QByteArray &written);

/// A base URL for requests: absolute http or https, no query; returned without a trailing slash.
std::optional<QByteArray> readBaseUrl(Context &context, const Value &value);

/// Warns if a URL as written in the file holds a literal password.
void lintPassword(Context &context, const Value &url);

} // namespace sluice::config
