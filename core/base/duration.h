// SPDX-License-Identifier: GPL-3.0-or-later
// Durations as configuration files write them (humantime grammar). Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <QStringView>

#include <chrono>

namespace sluice {

/// Parses "1h 30m", "500ms", "90 seconds": one or more <integer><unit> parts, blanks anywhere
/// between them. Units ns us ms s m h d w M (30.44 d) y (365.25 d) and their long forms; case
/// matters. A bare number, a sign or a fraction is an error that says what to write instead.
Result<std::chrono::nanoseconds> parseDuration(QStringView text);

/// The shortest exact text that parseDuration() reads back: "1h 30m", "750ms", "0s".
QString formatDuration(std::chrono::nanoseconds duration);

/// A duration for people, two units at most: "0.6 s", "54 s", "9 h 57 m", "19 d 9 h".
QString describeDuration(std::chrono::nanoseconds duration);

} // namespace sluice
