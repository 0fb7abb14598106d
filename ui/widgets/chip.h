// SPDX-License-Identifier: GPL-3.0-or-later
// Decision chips: tinted = it happened, outlined = it would have, grey = not a limit's doing.
// GUI thread.
#pragma once

#include "ui/widgets/rowdelegate.h"

namespace sluice::ui {

/// The size of @p chip with @p font as the text font of the view (chips use the small one).
QSize chipSize(const ChipValue &chip, const QFont &font);

/// Paints @p chip with its left edge at rect.left(), centred vertically.
void paintChip(QPainter *painter, const QRectF &rect, const ChipValue &chip, const QFont &font,
    const StatusPalette &colours);

/// A cell with a decision chip, from ChipRole.
class StateDelegate : public RowDelegate
{
    Q_OBJECT

public:
    explicit StateDelegate(QObject *parent = nullptr);

protected:
    void paintContent(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const override;
    int contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace sluice::ui
