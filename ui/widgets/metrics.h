// SPDX-License-Identifier: GPL-3.0-or-later
// The lengths of the design in logical pixels; everything that holds text grows with its font.
#pragma once

#include <QFontMetrics>

namespace sluice::ui::metrics {

constexpr int Grid = 4;
constexpr int CellPadding = 8;
constexpr int PageMargin = 16;
constexpr int ColumnGap = 32;
constexpr int GaugeRadius = 3;
constexpr int Radius = 4;
constexpr int StripHeight = 3;
constexpr int SignSize = 8;
constexpr int SignGap = 6;
constexpr int IconSize = 16;
constexpr int NavigationWidth = 184;
constexpr int NavigationRow = 30;
constexpr int NavigationCollapsed = 48;
constexpr int CollapseWidth = 1000; ///< window width below which the navigation shows icons only
constexpr int PageHead = 44;
constexpr int TabHeight = 40;
constexpr int FilterHeight = 30;
constexpr int StatusBar = 26;
constexpr int ChipHeight = 18;
constexpr int FilterChipHeight = 20;
constexpr int SparkWidth = 120;
constexpr int SparkHeight = 16;
constexpr int SelectionBar = 3;

/// A row of a table, a field, a tool button: 28 with Noto Sans 10 pt.
inline int rowHeight(const QFontMetrics &font)
{
    return font.height() + 10;
}

/// A gauge within a row.
inline int gaugeHeight(const QFontMetrics &font)
{
    return rowHeight(font) - 8;
}

} // namespace sluice::ui::metrics
