// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/chaintable.h"

#include "ui/models/chainmodel.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/textdelegate.h"

#include <QHeaderView>
#include <QKeyEvent>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

template <typename Delegate> Delegate *plainDelegate(QTableView *table)
{
    auto *delegate = new Delegate(table);
    delegate->setRulesVisible(false);
    delegate->setLeadingMargin(0);
    return delegate;
}

constexpr int WidthForReserved = 560;

} // namespace

ChainTable::ChainTable(ChainModel *model, const QString &name, bool withHeader, QWidget *parent)
    : QTableView(parent), m_model(model)
{
    setUpTable(this, name);
    setModel(model);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    viewport()->setMouseTracking(true);
    verticalHeader()->setDefaultSectionSize(metrics::rowHeight(fontMetrics()) - 3);
    setItemDelegate(plainDelegate<TextDelegate>(this));
    auto *gauge = plainDelegate<QuotaGaugeDelegate>(this);
    gauge->setWordVisible(false);
    setItemDelegateForColumn(ChainModel::GaugeColumn, gauge);
    setUpColumns(withHeader);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(model, signal, this, &ChainTable::showReserved);
    connect(model, &QAbstractItemModel::dataChanged, this, &ChainTable::showReserved);
    showReserved();
    connect(this, &QAbstractItemView::clicked, this, [this](const QModelIndex &index) {
        if (index.column() == ChainModel::LineColumn)
            openLine(index);
    });
}

ChainTable::~ChainTable() = default;

void ChainTable::setUpColumns(bool withHeader)
{
    QHeaderView *header = horizontalHeader();
    header->setVisible(withHeader);
    header->setHighlightSections(false);
    setColumnHidden(ChainModel::CostColumn, !withHeader);
    setColumnHidden(ChainModel::LeftColumn, !withHeader);
    const QFontMetrics font(fontMetrics());
    const auto width = [&font](const QString &longest) {
        return font.horizontalAdvance(longest) + 2 * metrics::CellPadding;
    };
    header->resizeSection(ChainModel::ScopeColumn, width(u"Router agents"_s));
    header->resizeSection(ChainModel::LabelColumn, width(u"per end user, alice-x"_s));
    header->resizeSection(ChainModel::ReservedColumn, width(u"Reserved"_s));
    header->resizeSection(ChainModel::CostColumn, width(u"$0.1234"_s));
    header->resizeSection(ChainModel::LeftColumn, width(u"1 257 900"_s));
    header->resizeSection(ChainModel::LineColumn, width(u"line 1000"_s));
    header->setSectionResizeMode(ChainModel::GaugeColumn, QHeaderView::Stretch);
}

// Most of the time nothing is: then the gauges need the room, as they do where there is little;
// they are hatched where something is reserved.
void ChainTable::showReserved()
{
    setColumnHidden(
        ChainModel::ReservedColumn, !m_model->hasReserved() || width() < WidthForReserved);
}

void ChainTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    showReserved();
}

QSize ChainTable::sizeHint() const
{
    return {640, 8 * verticalHeader()->defaultSectionSize()};
}

void ChainTable::openLine(const QModelIndex &index)
{
    const int line = m_model->lineAt(index.row());
    if (line > 0)
        Q_EMIT lineRequested(line);
}

void ChainTable::keyPressEvent(QKeyEvent *event)
{
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        && currentIndex().isValid()) {
        openLine(currentIndex());
        return;
    }
    QTableView::keyPressEvent(event);
}

void ChainTable::selectionChanged(const QItemSelection &selected, const QItemSelection &deselected)
{
    QTableView::selectionChanged(selected, deselected);
    Q_EMIT rowChosen(selected.isEmpty() ? -1 : selected.constFirst().top());
}

void ChainTable::mouseMoveEvent(QMouseEvent *event)
{
    const QModelIndex index = indexAt(event->pos());
    const bool isLink =
        index.column() == ChainModel::LineColumn && m_model->lineAt(index.row()) > 0;
    viewport()->setCursor(isLink ? Qt::PointingHandCursor : Qt::ArrowCursor);
    QTableView::mouseMoveEvent(event);
}

} // namespace sluice::ui
