// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/rowdelegate.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"

#include <QAbstractItemView>
#include <QPainter>

namespace sluice::ui {

RowDelegate::RowDelegate(QObject *parent) : QStyledItemDelegate(parent) { }

void RowDelegate::paint(
    QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const StatusPalette colours = StatusPalette::of(cell.palette);
    painter->save();
    painter->setClipRect(cell.rect, Qt::IntersectClip);
    paintGround(painter, cell, index, colours);
    paintContent(painter, cell, index, colours);
    painter->restore();
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const int margin = isFirstColumn(cell, index) ? m_leadingMargin : metrics::CellPadding;
    const int height = m_rowHeight > 0 ? m_rowHeight : metrics::rowHeight(cell.fontMetrics);
    return {contentWidth(cell, index) + margin + metrics::CellPadding, height};
}

bool RowDelegate::isFirstColumn(const QStyleOptionViewItem &option, const QModelIndex &index)
{
    if (option.viewItemPosition == QStyleOptionViewItem::Beginning
        || option.viewItemPosition == QStyleOptionViewItem::OnlyOne)
        return true;
    return option.viewItemPosition == QStyleOptionViewItem::Invalid && index.column() == 0;
}

QRect RowDelegate::contentRect(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const int lead = isFirstColumn(option, index) ? m_leadingMargin : metrics::CellPadding;
    const bool mirrored = option.direction == Qt::RightToLeft;
    return option.rect.adjusted(
        mirrored ? metrics::CellPadding : lead, 0, mirrored ? -lead : -metrics::CellPadding, -1);
}

QColor RowDelegate::onRow(
    const QStyleOptionViewItem &option, const StatusPalette &colours, const QColor &colour)
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    return selected && colours.isHighContrast() ? colours.highlightedText() : colour;
}

void RowDelegate::paintGround(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const bool focused = option.state.testFlag(QStyle::State_Active)
        && (!option.widget || option.widget->hasFocus());
    const QRect rect = option.rect;
    QColor ground = selected ? colours.selection(focused) : colours.base();
    const double flash = index.data(FlashRole).toDouble();
    if (flash > 0 && !selected)
        ground = StatusPalette::mix(ground, colours.fill(State::Refused), std::min(flash, 1.0));
    painter->fillRect(rect, ground);
    if (m_rules) {
        const QColor rule =
            selected ? ground : StatusPalette::mix(colours.base(), colours.weakRule(), 0.75);
        painter->fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1),
            colours.isHighContrast() ? colours.text() : rule);
    }
    if (isFirstColumn(option, index))
        paintBars(painter, option, index, focused ? colours.solid(State::Normal) : colours.edge(),
            colours);
    if (option.state.testFlag(QStyle::State_HasFocus) && isEditable(option, index))
        drawOutline(painter, rect, onRow(option, colours, colours.solid(State::Normal)), 1);
}

bool RowDelegate::isEditable(const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const auto *view = qobject_cast<const QAbstractItemView *>(option.widget);
    return view && view->editTriggers() != QAbstractItemView::NoEditTriggers
        && index.flags().testFlag(Qt::ItemIsEditable);
}

// In the first column: the bar of the selection and the one of a change in the draft.
void RowDelegate::paintBars(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const QColor &selection, const StatusPalette &colours) const
{
    const QRect rect = option.rect;
    if (option.state.testFlag(QStyle::State_Selected)) {
        const QRect bar(rect.left(), rect.top(), metrics::SelectionBar, rect.height());
        painter->fillRect(
            visualRect(option.direction, rect, bar), onRow(option, colours, selection));
    }
    if (index.data(ChangedRole).toBool()) {
        const QRectF bar(
            rect.left() + std::max(5, m_leadingMargin - 14), rect.center().y() - 6, 4, 13);
        drawOutline(painter, visualRect(option.direction, rect, bar), Qt::transparent, 0,
            onRow(option, colours, colours.solid(State::Normal)), 1.5);
    }
}

void RowDelegate::paintContent(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    drawLine(painter, contentRect(option, index), option.text, option.font,
        onRow(option, colours, colours.text()), option.displayAlignment);
}

int RowDelegate::contentWidth(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return int(std::ceil(textWidth(option.text, option.font)));
}

} // namespace sluice::ui
