// SPDX-License-Identifier: GPL-3.0-or-later
// The history of usage as charts: what each of them shows, and the words above it. Pure functions;
// GUI thread.
#pragma once

#include "ui/models/usagehistory.h"
#include "ui/widgets/chart.h"

namespace sluice::ui::historycharts {

enum class Series : quint8 { Requests, Tokens, Cost };

ChartValue chart(const UsageHistory &history, Series series);

/// "<b>9 806 requests</b>, 1 284 refused": rich text.
QString sum(const UsageHistory &history, Series series);

} // namespace sluice::ui::historycharts
