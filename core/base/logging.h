// SPDX-License-Identifier: GPL-3.0-or-later
// Logging categories and the one message handler. No secret and no body is ever logged.
#pragma once

#include <QLoggingCategory>

namespace sluice {

Q_DECLARE_LOGGING_CATEGORY(lcConfig)
Q_DECLARE_LOGGING_CATEGORY(lcGateway)
Q_DECLARE_LOGGING_CATEGORY(lcLedger)
Q_DECLARE_LOGGING_CATEGORY(lcLimits)
Q_DECLARE_LOGGING_CATEGORY(lcSession)

/// How log lines look on stderr.
enum class LogFormat : quint8 { Text, Json };

/// Installs the handler that writes one line a message (time, level, category, text) to stderr.
/// Call once, from main(), before any thread starts.
void installLogHandler(LogFormat format);

} // namespace sluice
