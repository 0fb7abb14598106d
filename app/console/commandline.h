// SPDX-License-Identifier: GPL-3.0-or-later
// The console's command line as values. Pure; main thread.
#pragma once

#include "core/base/result.h"

#include <QStringList>

namespace sluice::console {

struct CommandLine
{
    QString config; ///< empty = wherever the configuration is found
    QString dataDir; ///< empty = the user's folders
    QString page; ///< empty = where the window was left
    QString listenAddress; ///< empty = as the configuration says
    quint16 listenPort = 0;
    bool isDemo = false;
    bool hasGateway = true;
    bool wantsHelp = false;
    bool wantsVersion = false;
};

/// Reads the arguments, the program's name first. An error is one sentence for stderr.
Result<CommandLine> parseCommandLine(const QStringList &arguments);

/// What --help prints.
QString helpText();

} // namespace sluice::console
