// SPDX-License-Identifier: GPL-3.0-or-later
// Where the configuration file and its data directory are (spec: config, "Resolution"; stores,
// "Data directory"). Any thread.
#pragma once

#include "core/base/result.h"

namespace sluice::session {

/// option if not empty, else $SLUICE_CONFIG, else ./ai-gateway-config.yaml if it exists, else the
/// file of that name in the user's configuration folder (which may not exist yet).
QString findConfigPath(const QString &option);

/// The data directory of a configuration file: option if not empty, else one for each file in the
/// user's data folder, `<name>-<hash of the canonical path>`; links to one file share it.
QString findDataFolder(const QString &option, const QString &configuration);

/// What to say of data that earlier versions kept in the user's data folder itself, for all files
/// together: empty if there is none, or the directory is there already.
QString formerDataNotice(const QString &folder);

/// Writes the commented starter template to path, folders included, unless a file is there.
Result<void> createStarterConfig(const QString &path);

} // namespace sluice::session
