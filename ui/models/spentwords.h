// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens and money as table cells: of one request and of many. `~` marks an estimate, `?` a model
// without a price. Pure; the item models share it. GUI thread.
#pragma once

#include "core/insight/spent.h"

#include <QString>

namespace sluice::ui::spentwords {

// --- one request ---------------------------------------------------------------------------------

/// "1 204 + 356", in and out; "~" in front if a part is no report; "–" if nothing was used, "…"
/// while that is not known.
QString tokens(const insight::RequestRecord &record);

/// What the figure is made of: "1 204 tokens in, 800 of them from the cache".
QString tokensTip(const insight::RequestRecord &record);

/// "$0.0129", "~$0.0012", "?", "–", "…".
QString cost(const insight::RequestRecord &record);

/// "1 290 000 micro-cents", "No price for openai/gpt-4o".
QString costTip(const insight::RequestRecord &record);

/// For screen readers: "1 204 tokens in, 356 out, estimated", "nothing used".
QString spokenTokens(const insight::RequestRecord &record);
QString spokenCost(const insight::RequestRecord &record);

/// "reported", "counted", "estimated".
QString sourceWord(metering::Source source);

// --- many ----------------------------------------------------------------------------------------

/// All tokens: "12 400"; "~" in front if a part of them was not reported.
QString tokens(const insight::Spent &spent);
QString tokensTip(const insight::Spent &spent);

/// "$0.0129"; "? + $0.0129" if some of it has no price, "?" if all of it.
QString cost(const insight::Spent &spent);
QString costTip(const insight::Spent &spent);

QString spokenTokens(const insight::Spent &spent);
QString spokenCost(const insight::Spent &spent);

/// Orders costs: what nobody knows is more than nothing and less than any known cost.
double costOrder(const insight::Spent &spent);

/// Cents as filters compare them.
double cents(MicroAmount cost);

/// The mean of the requests that have a price; 0 without one.
MicroAmount costPerRequest(const insight::Spent &spent);

} // namespace sluice::ui::spentwords
