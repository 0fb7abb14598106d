// SPDX-License-Identifier: GPL-3.0-or-later
// The sparkline: 60 buckets of 2 px, refused stacked on top. GUI thread.
#pragma once

#include "ui/widgets/rowdelegate.h"

#include <QRectF>

namespace sluice::ui {

/// Paints @p value into @p rect (120 x 16): own scale, steps without antialiasing, time runs left
/// to right. @p ground is what lies behind; the body is mixed over it.
void paintSparkline(QPainter *painter, const QRectF &rect, const SparklineValue &value,
    const StatusPalette &colours, const QColor &ground);

/// A cell with a sparkline, from SparklineRole; in a narrow column half as wide.
class SparklineDelegate : public RowDelegate
{
    Q_OBJECT

public:
    explicit SparklineDelegate(QObject *parent = nullptr);

protected:
    void paintContent(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const override;
    int contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace sluice::ui
