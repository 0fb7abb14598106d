// SPDX-License-Identifier: GPL-3.0-or-later
// The columns of the Usage page's table: how they are drawn and how wide they are, for subjects and
// for models. GUI thread.
#pragma once

#include "core/limits/limit.h"

namespace sluice::ui {

class LiveTable;

/// For the UsageModel that the table shows, in a table of that width.
void setUpSubjectColumns(LiveTable *table, limits::SegmentKind kind, int width);

/// Gives the gauges room in a table of that width: where there is little, the rate goes, which the
/// sparkline shows too, and the sparkline becomes narrower.
void fitSubjectColumns(LiveTable *table, int width);

/// For the ModelUsageModel that the table shows.
void setUpModelColumns(LiveTable *table);

} // namespace sluice::ui
