// SPDX-License-Identifier: GPL-3.0-or-later
// Table header without boxes: small second text, the sorted column DemiBold with a chevron, one
// rule below. Also the common set-up of tables and trees. GUI thread.
#pragma once

#include <QHeaderView>

class QAbstractItemView;
class QTableView;
class QTreeView;

namespace sluice::ui {

class HeaderView : public QHeaderView
{
    Q_OBJECT

public:
    explicit HeaderView(Qt::Orientation orientation, QWidget *parent = nullptr);

    /// Space before the first column's words; that of the delegate below, so that they line up.
    void setLeadingMargin(int margin);

    QSize sizeHint() const override;

protected:
    QSize sectionSizeFromContents(int logicalIndex) const override;
    void paintSection(QPainter *painter, const QRect &rect, int logicalIndex) const override;
    void paintEvent(QPaintEvent *event) override;

private:
    QRectF contentRect(const QRect &rect, int logicalIndex) const;
    bool alignsRight(int logicalIndex) const;
    int leadOf(int logicalIndex) const;

    int m_leadingMargin;
};

/// A table as the design has it: no frame, no grid, whole rows, HeaderView, thin scroll bars, rows
/// of 28 px. @p name is the accessible name.
void setUpTable(QTableView *table, const QString &name);

/// The same for a tree; uniform row heights, no branch decoration of the style.
void setUpTree(QTreeView *tree, const QString &name);

} // namespace sluice::ui
