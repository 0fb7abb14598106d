// SPDX-License-Identifier: GPL-3.0-or-later
// The quota gauge: one paint function for tables, forms and the Overview. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QFont>
#include <QPalette>
#include <QRectF>

class QPainter;

namespace sluice::ui {

struct GaugeStyle
{
    QPalette palette;
    QFont font; ///< the text; the state word is one point smaller
    Qt::LayoutDirection direction = Qt::LeftToRight;
    bool showNumbers = true; ///< used / limit
    bool showWord = true; ///< state word or percentage
};

/// Paints @p value into @p rect (20 px high in a row of 28). The fill ends exactly at
/// round(width * share), at least 2 px when anything is used.
void paintQuotaGauge(
    QPainter *painter, const QRectF &rect, const GaugeValue &value, const GaugeStyle &style);

/// The width of the fill in logical pixels for a bar of @p width at @p scale device pixels.
qreal gaugeFillWidth(qreal width, qint64 used, qint64 quota, qreal scale = 1);

/// The width that shows numbers and word side by side.
int gaugeWidthHint(const GaugeValue &value, const QFont &font);

} // namespace sluice::ui
