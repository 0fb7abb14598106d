// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policytree.h"

#include "ui/models/policytreemodel.h"
#include "ui/pages/policyfielddelegate.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/textdelegate.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using enum PolicyTreeModel::Column;

namespace {

constexpr int LeadingMargin = 30; ///< room for the bar of changes and the chevron of scopes
constexpr int Chevron = 12;

template <typename Delegate, typename... Args>
Delegate *makeDelegate(QTreeView *tree, Args... arguments)
{
    auto *delegate = new Delegate(arguments..., tree);
    delegate->setLeadingMargin(LeadingMargin);
    return delegate;
}

} // namespace

PolicyTree::PolicyTree(PolicyTreeModel *model, QWidget *parent) : QTreeView(parent), m_model(model)
{
    setObjectName(u"policyTreeView"_s);
    setUpTree(this, tr("Limits by scope"));
    setModel(model);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed
        | QAbstractItemView::AnyKeyPressed);
    setTabKeyNavigation(false);
    setExpandsOnDoubleClick(true);
    viewport()->setMouseTracking(true);
    using Field = PolicyFieldDelegate::Field;
    setItemDelegate(makeDelegate<TextDelegate>(this));
    setItemDelegateForColumn(AmountColumn, makeDelegate<PolicyFieldDelegate>(this, Field::Amount));
    setItemDelegateForColumn(PeriodColumn, makeDelegate<PolicyFieldDelegate>(this, Field::Period));
    setItemDelegateForColumn(ClosestColumn, makeDelegate<QuotaGaugeDelegate>(this));
    setUpColumns();
    openScopes();
    connect(model, &QAbstractItemModel::modelReset, this, &PolicyTree::openScopes);
    connect(this, &QAbstractItemView::clicked, this, [this](const QModelIndex &index) {
        if (isLink(index))
            Q_EMIT lineRequested(m_model->lineOf(index));
    });
}

PolicyTree::~PolicyTree() = default;

void PolicyTree::setUpColumns()
{
    QHeaderView *head = header();
    head->setHighlightSections(false);
    head->setStretchLastSection(false);
    head->setSectionsClickable(false);
    if (auto *aligned = qobject_cast<HeaderView *>(head))
        aligned->setLeadingMargin(LeadingMargin);
    const QFontMetrics font(fontMetrics());
    const auto width = [&font](const QString &longest) {
        return font.horizontalAdvance(longest) + 2 * metrics::CellPadding;
    };
    head->resizeSection(
        LimitColumn, width(u"per end user deleted__"_s) + LeadingMargin - metrics::CellPadding);
    head->resizeSection(StateColumn, width(u"◇ → ● Enforced___"_s));
    head->resizeSection(AmountColumn, width(u"$500.00 → $612.50___"_s));
    head->resizeSection(PeriodColumn, width(u"1 h → 24 h_"_s));
    head->resizeSection(LineColumn, width(u"line 1000"_s) + metrics::CellPadding);
    head->setSectionResizeMode(ClosestColumn, QHeaderView::Stretch);
}

void PolicyTree::openScopes()
{
    expandToDepth(0);
}

void PolicyTree::rowsInserted(const QModelIndex &parent, int start, int end)
{
    QTreeView::rowsInserted(parent, start, end);
    if (parent.isValid())
        expand(parent);
}

// Columns follow the font.
void PolicyTree::changeEvent(QEvent *event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_model)
        setUpColumns();
}

// --- painting ------------------------------------------------------------------------------------

void PolicyTree::drawRow(
    QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QTreeView::drawRow(painter, option, index);
    if (!m_model->isScope(index))
        return;
    // The words of a scope run over the columns that say nothing of it.
    const QModelIndex first = index.siblingAtColumn(LimitColumn);
    QStyleOptionViewItem wide = option;
    const int left = header()->sectionViewportPosition(LimitColumn);
    const int right = header()->sectionViewportPosition(LineColumn);
    wide.rect = QRect(left, option.rect.top(), right - left, option.rect.height());
    wide.viewItemPosition = QStyleOptionViewItem::Beginning;
    wide.state.setFlag(QStyle::State_Selected, selectionModel()->isSelected(first));
    wide.state.setFlag(QStyle::State_Active, isActiveWindow());
    itemDelegate()->paint(painter, wide, first);
    const QRectF place(left + 12, wide.rect.center().y() - Chevron / 2.0 + 0.5, Chevron, Chevron);
    paintIcon(painter, place, isExpanded(first) ? Icon::Down : Icon::Right,
        StatusPalette::of(palette()).second());
}

void PolicyTree::drawBranches(
    QPainter * /*painter*/, const QRect & /*rect*/, const QModelIndex & /*index*/) const
{
    // The chevron is part of the row.
}

// --- input ---------------------------------------------------------------------------------------

bool PolicyTree::isLink(const QModelIndex &index) const
{
    return index.column() == LineColumn && m_model->lineOf(index) > 0;
}

void PolicyTree::mouseMoveEvent(QMouseEvent *event)
{
    viewport()->setCursor(isLink(indexAt(event->pos())) ? Qt::PointingHandCursor : Qt::ArrowCursor);
    QTreeView::mouseMoveEvent(event);
}

void PolicyTree::mousePressEvent(QMouseEvent *event)
{
    QTreeView::mousePressEvent(event);
    const QModelIndex index = indexAt(event->pos());
    if (m_model->isScope(index) && event->pos().x() < LeadingMargin) {
        const QModelIndex first = index.siblingAtColumn(0);
        setExpanded(first, !isExpanded(first));
    }
}

void PolicyTree::keyPressEvent(QKeyEvent *event)
{
    const QModelIndex current = currentIndex();
    const bool isReturn = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (isReturn && event->modifiers() == Qt::NoModifier && state() != EditingState) {
        if (m_model->isScope(current))
            setExpanded(current.siblingAtColumn(0), !isExpanded(current.siblingAtColumn(0)));
        else if (isLink(current))
            Q_EMIT lineRequested(m_model->lineOf(current));
        else if (current.flags().testFlag(Qt::ItemIsEditable))
            edit(current);
        return;
    }
    if (event->key() == Qt::Key_F2 && m_model->row(current)
        && !current.flags().testFlag(Qt::ItemIsEditable)) {
        showLimit(current, true);
        return;
    }
    if (event->key() == Qt::Key_Delete && m_model->row(current)) {
        Q_EMIT deleteRequested();
        return;
    }
    QTreeView::keyPressEvent(event);
}

void PolicyTree::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTreeView::currentChanged(current, previous);
    Q_EMIT currentLimitChanged();
}

void PolicyTree::showLimit(const QModelIndex &index, bool edit)
{
    if (!index.isValid())
        return;
    const QModelIndex amount = index.siblingAtColumn(AmountColumn);
    expand(index.parent());
    setCurrentIndex(amount);
    scrollTo(amount);
    if (edit && amount.flags().testFlag(Qt::ItemIsEditable))
        QTreeView::edit(amount);
}

QModelIndex PolicyTree::nextField(const QModelIndex &from, int step) const
{
    QModelIndex row = from;
    int column = from.column() + step;
    while (row.isValid()) {
        for (; column >= 0 && column < PolicyTreeModel::ColumnCount; column += step) {
            const QModelIndex cell = row.siblingAtColumn(column);
            if (cell.flags().testFlag(Qt::ItemIsEditable))
                return cell;
        }
        row = step > 0 ? indexBelow(row) : indexAbove(row);
        column = step > 0 ? 0 : int(PolicyTreeModel::ColumnCount) - 1;
    }
    return {};
}

QModelIndex PolicyTree::moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers)
{
    if (action == MoveNext || action == MovePrevious) {
        const QModelIndex next = nextField(currentIndex(), action == MoveNext ? 1 : -1);
        return next.isValid() ? next : currentIndex();
    }
    // Left and right walk through the cells of a limit; on a scope they open and close it.
    if ((action == MoveLeft || action == MoveRight) && m_model->row(currentIndex())) {
        const int column = currentIndex().column() + (action == MoveRight ? 1 : -1);
        const QModelIndex next = currentIndex().siblingAtColumn(column);
        return next.isValid() ? next : currentIndex();
    }
    return QTreeView::moveCursor(action, modifiers);
}

} // namespace sluice::ui
