// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/livetable.h"

#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>

namespace sluice::ui {

LiveTable::LiveTable(const QString &name, QWidget *parent) : QTableView(parent)
{
    setUpTable(this, name);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setVerticalScrollMode(QAbstractItemView::ScrollPerItem);
    m_guard = new OrderGuard(this);
    connect(this, &QAbstractItemView::doubleClicked, this, &LiveTable::openRequested);
}

LiveTable::~LiveTable() = default;

void LiveTable::setModel(QAbstractItemModel *model)
{
    QItemSelectionModel *old = selectionModel();
    QTableView::setModel(model);
    if (old && old != selectionModel())
        old->deleteLater();
    m_isDismissed = false;
}

std::pair<int, int> LiveTable::visibleRows() const
{
    const int first = rowAt(0);
    if (first < 0 || !isVisible())
        return {0, -1};
    const int last = rowAt(viewport()->height() - 1);
    return {first, last < 0 ? model()->rowCount() - 1 : last};
}

void LiveTable::setColumnText(int column, const QString &longest)
{
    setColumnText(column, longest, font());
}

void LiveTable::setColumnText(int column, const QString &longest, const QFont &font)
{
    const int lead = column == 0 ? metrics::PageMargin : metrics::CellPadding;
    const int text = QFontMetrics(font).horizontalAdvance(longest);
    horizontalHeader()->resizeSection(column, text + lead + metrics::CellPadding);
}

void LiveTable::setStretchColumn(int column)
{
    horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch);
}

void LiveTable::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier) {
        Q_EMIT freezeToggled();
        return;
    }
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        && event->modifiers() == Qt::NoModifier && currentIndex().isValid()) {
        Q_EMIT openRequested(currentIndex());
        return;
    }
    if (event->key() == Qt::Key_Escape && hasSelection()) {
        clearSelection();
        setCurrentIndex({});
        m_isDismissed = true;
        return;
    }
    QTableView::keyPressEvent(event);
}

void LiveTable::mouseReleaseEvent(QMouseEvent *event)
{
    QTableView::mouseReleaseEvent(event);
    m_isDismissed = !hasSelection();
}

bool LiveTable::hasSelection() const
{
    return selectionModel() && selectionModel()->hasSelection();
}

void LiveTable::offerFirstRow()
{
    if (m_isDismissed || hasSelection() || !model() || model()->rowCount() == 0
        || m_guard->isHolding())
        return;
    m_isOffering = true;
    setAutoScroll(false);
    selectionModel()->setCurrentIndex(
        model()->index(0, 0), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    setAutoScroll(true);
    m_isOffering = false;
}

// The current index alone says nothing: a view takes one when it gets the focus.
void LiveTable::selectionChanged(const QItemSelection &selected, const QItemSelection &deselected)
{
    QTableView::selectionChanged(selected, deselected);
    m_guard->setOffered(m_isOffering);
    m_isDismissed = m_isDismissed && !hasSelection();
    if (!hasSelection())
        Q_EMIT rowChosen(-1);
    else if (!selected.isEmpty())
        Q_EMIT rowChosen(selected.constLast().top());
}

} // namespace sluice::ui
