// SPDX-License-Identifier: GPL-3.0-or-later
// Text cells: sign, old value, text, second text; right-aligned numbers; mono; links. GUI thread.
#pragma once

#include "ui/widgets/rowdelegate.h"

namespace sluice::ui {

/// Reads DisplayRole, TextAlignmentRole, SecondTextRole, ToneRole, MonoRole, SignRole, StateRole,
/// OldTextRole, OldSignRole, ErrorRole, StaleRole and ThreadRole. A display text of "0" or a dash
/// is second text by itself.
class TextDelegate : public RowDelegate
{
    Q_OBJECT

public:
    explicit TextDelegate(QObject *parent = nullptr);

protected:
    void paintContent(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const override;
    int contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    struct Part;
    QList<Part> parts(const QStyleOptionViewItem &option, const QModelIndex &index,
        const StatusPalette &colours) const;
    static Part mainPart(
        const QStyleOptionViewItem &option, const QModelIndex &index, const StatusPalette &colours);
    static void paintThread(QPainter *painter, const QStyleOptionViewItem &option, int thread,
        const QPointF &sign, const StatusPalette &colours);
};

} // namespace sluice::ui
