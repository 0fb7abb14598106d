// SPDX-License-Identifier: GPL-3.0-or-later
// Reads which requests a limit counts. Internal to core/config.
#pragma once

#include "core/config/reader.h"

namespace sluice::config {

/// `match:` of a limit; rule.mode is read already.
void readMatch(Context &context, const Value &section, LimitRule &rule);

/// Whether a property may be called so; InvalidPropertyName says what is allowed.
bool isPropertyName(const QByteArray &name);

extern const QString InvalidPropertyName;

} // namespace sluice::config
