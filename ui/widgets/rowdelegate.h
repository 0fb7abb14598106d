// SPDX-License-Identifier: GPL-3.0-or-later
// Base of all delegates: the ground of a row, its selection and its rule. GUI thread.
#pragma once

#include "ui/widgets/statuspalette.h"

#include <QStyledItemDelegate>

namespace sluice::ui {

class RowDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    explicit RowDelegate(QObject *parent = nullptr);

    /// Rules between rows are drawn unless switched off (lists in forms).
    void setRulesVisible(bool visible) { m_rules = visible; }

    /// Rows of 28 px; a small table (chain) may use less.
    void setRowHeight(int height) { m_rowHeight = height; }

    /// Space before the first column's content; 16, the page margin, by default. 30 leaves room for
    /// the bar of ChangedRole at the page margin.
    void setLeadingMargin(int margin) { m_leadingMargin = margin; }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    /// Draws what the cell says; the ground is painted already.
    virtual void paintContent(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const;
    /// The width of the content without padding.
    virtual int contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const;

    /// The cell without its padding (first column: without the page margin).
    QRect contentRect(const QStyleOptionViewItem &option, const QModelIndex &index) const;
    /// Text on the row's ground: HighlightedText on a selected row in high contrast, else @p
    /// colour.
    static QColor onRow(
        const QStyleOptionViewItem &option, const StatusPalette &colours, const QColor &colour);
    static bool isFirstColumn(const QStyleOptionViewItem &option, const QModelIndex &index);

private:
    void paintGround(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const;

    void paintBars(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index,
        const QColor &selection, const StatusPalette &colours) const;
    static bool isEditable(const QStyleOptionViewItem &option, const QModelIndex &index);

    int m_rowHeight = 0;
    int m_leadingMargin = 16;
    bool m_rules = true;
};

} // namespace sluice::ui
