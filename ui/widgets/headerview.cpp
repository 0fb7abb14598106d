// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/headerview.h"

#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QTableView>
#include <QTreeView>

namespace sluice::ui {
namespace {

constexpr int Chevron = 12;
constexpr int ChevronGap = 4;

void setUpView(QAbstractItemView *view, const QString &name)
{
    view->setAccessibleName(name);
    view->setFrameShape(QFrame::NoFrame);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setVerticalScrollBar(new ScrollBar(Qt::Vertical, view));
    view->setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, view));
}

} // namespace

HeaderView::HeaderView(Qt::Orientation orientation, QWidget *parent)
    : QHeaderView(orientation, parent), m_leadingMargin(metrics::PageMargin)
{
    setSectionsClickable(true);
    setHighlightSections(false);
    setDefaultAlignment(Qt::AlignLeading | Qt::AlignVCenter);
    setMinimumSectionSize(24);
    setAccessibleName(tr("Columns"));
}

void HeaderView::setLeadingMargin(int margin)
{
    m_leadingMargin = margin;
    viewport()->update();
}

QSize HeaderView::sizeHint() const
{
    return {QHeaderView::sizeHint().width(), metrics::rowHeight(fontMetrics())};
}

QSize HeaderView::sectionSizeFromContents(int logicalIndex) const
{
    const QString text = model()->headerData(logicalIndex, orientation()).toString();
    const qreal width = textWidth(text, Theme::font(FontRole::SmallStrong, font()));
    return {int(std::ceil(width)) + leadOf(logicalIndex) + metrics::CellPadding
            + (isSortIndicatorShown() ? Chevron + ChevronGap : 0),
        metrics::rowHeight(fontMetrics())};
}

void HeaderView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    const StatusPalette colours = StatusPalette::of(palette());
    painter.fillRect(viewport()->rect(), colours.base());
    painter.end();
    QHeaderView::paintEvent(event);
    QPainter rule(viewport());
    rule.fillRect(QRect(0, height() - 1, width(), 1), colours.rule());
}

void HeaderView::paintSection(QPainter *painter, const QRect &rect, int logicalIndex) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const bool sorted = isSortIndicatorShown() && sortIndicatorSection() == logicalIndex;
    const QFont font = Theme::font(sorted ? FontRole::SmallStrong : FontRole::Small, this->font());
    const QString text = model()->headerData(logicalIndex, orientation()).toString();
    const QRectF box = contentRect(rect, logicalIndex);
    painter->save();
    painter->fillRect(rect, colours.base());
    // The chevron stays on the side where the text ends, so that right-aligned figures line up.
    const bool right = alignsRight(logicalIndex);
    const qreal extra = sorted && !right ? Chevron + ChevronGap : 0;
    const qreal wide = std::min(textWidth(text, font), box.width() - extra);
    const QRectF words(right ? box.right() - wide : box.left(), box.top(), wide + 1, box.height());
    drawLine(painter, words, text, font, sorted ? colours.text() : colours.second());
    const qreal x = right ? words.left() - ChevronGap - Chevron : words.left() + wide + ChevronGap;
    if (sorted && x >= rect.left())
        paintIcon(painter, QRectF(x, box.center().y() - Chevron / 2.0 + 1, Chevron, Chevron),
            sortIndicatorOrder() == Qt::DescendingOrder ? Icon::Down : Icon::Up, colours.text());
    painter->restore();
}

QRectF HeaderView::contentRect(const QRect &rect, int logicalIndex) const
{
    const int lead = leadOf(logicalIndex);
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    return QRectF(rect).adjusted(
        rtl ? metrics::CellPadding : lead, 0, rtl ? -lead : -metrics::CellPadding, -1);
}

int HeaderView::leadOf(int logicalIndex) const
{
    return visualIndex(logicalIndex) == 0 ? m_leadingMargin : metrics::CellPadding;
}

bool HeaderView::alignsRight(int logicalIndex) const
{
    const QVariant asked = model()->headerData(logicalIndex, orientation(), Qt::TextAlignmentRole);
    const Qt::Alignment alignment = QStyle::visualAlignment(
        layoutDirection(), asked.isValid() ? Qt::Alignment(asked.toInt()) : defaultAlignment());
    return alignment.testFlag(Qt::AlignRight);
}

void setUpTable(QTableView *table, const QString &name)
{
    setUpView(table, name);
    auto *header = new HeaderView(Qt::Horizontal, table);
    table->setHorizontalHeader(header);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setCornerButtonEnabled(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(metrics::rowHeight(table->fontMetrics()));
    table->verticalHeader()->setMinimumSectionSize(16);
}

void setUpTree(QTreeView *tree, const QString &name)
{
    setUpView(tree, name);
    tree->setHeader(new HeaderView(Qt::Horizontal, tree));
    tree->setUniformRowHeights(true);
    tree->setRootIsDecorated(false);
    tree->setIndentation(0);
}

} // namespace sluice::ui
