// SPDX-License-Identifier: GPL-3.0-or-later
// The stretches of time that the history of usage is shown for, and their steps. Pure, any thread.
#pragma once

#include <QString>

#include <chrono>
#include <vector>

namespace sluice::ui {

enum class HistoryRange : quint8 { Hour, Day, Week, Month, Quarter };

constexpr int HistoryRangeCount = 5;

/// The edges of the steps of a range that ends now, UTC: whole minutes, 20 minutes, two hours or
/// days of this machine's time zone. The last step is the one that is going on. Without rows there
/// are sums of hours only: then a day has steps of an hour.
std::vector<std::chrono::milliseconds> historyEdges(
    HistoryRange range, std::chrono::milliseconds now, bool hasRows = true);

/// "1 h", "90 d".
QString rangeName(HistoryRange range);

/// "Last 24 hours".
QString rangeTitle(HistoryRange range);

/// "20 minutes a step".
QString stepWords(HistoryRange range, bool hasRows = true);

/// How old the figures of a range may get at most while a person looks at them.
std::chrono::milliseconds refreshInterval(HistoryRange range);

} // namespace sluice::ui
