// SPDX-License-Identifier: GPL-3.0-or-later
// Where the configuration file is (spec: config, "Resolution"). Any thread.
#pragma once

#include "core/base/result.h"

namespace sluice::session {

/// option if not empty, else $SLUICE_CONFIG, else ./ai-gateway-config.yaml if it exists, else the
/// file of that name in the user's configuration folder (which may not exist yet).
QString findConfigPath(const QString &option);

/// Where raises, blocks and the audit are kept: option if not empty, else the user's data folder.
QString findDataFolder(const QString &option);

/// Writes the commented starter template to path, folders included, unless a file is there.
Result<void> createStarterConfig(const QString &path);

} // namespace sluice::session
