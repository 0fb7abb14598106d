// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/orderedmodel.h"

namespace sluice::ui {

OrderedModel::OrderedModel(int sortColumn, QObject *parent)
    : QAbstractTableModel(parent), m_sortColumn(sortColumn)
{
}

OrderedModel::~OrderedModel() = default;

int OrderedModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

int OrderedModel::slotAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_order[size_t(row)] : -1;
}

int OrderedModel::rowOf(int slot) const
{
    return slot >= 0 && size_t(slot) < m_rowOf.size() ? m_rowOf[size_t(slot)] : -1;
}

void OrderedModel::setVisibleRows(int first, int last)
{
    m_firstVisible = std::max(first, 0);
    m_lastVisible = last;
}

void OrderedModel::listNew(int first)
{
    m_rowOf.resize(size_t(totalCount()), -1);
    std::vector<int> added;
    for (int slot = first; slot < totalCount(); ++slot) {
        if (matches(slot))
            added.push_back(slot);
    }
    if (added.empty())
        return;
    beginInsertRows({}, rowCount(), rowCount() + int(added.size()) - 1);
    m_order.insert(m_order.end(), added.begin(), added.end());
    rebuildRows();
    endInsertRows();
}

void OrderedModel::emitChanged(const std::vector<int> &rows, const QList<int> &roles)
{
    for (size_t first = 0; first < rows.size();) {
        size_t last = first;
        while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1)
            ++last;
        Q_EMIT dataChanged(index(rows[first], 0), index(rows[last], columnCount() - 1), roles);
        first = last + 1;
    }
}

// --- order ---------------------------------------------------------------------------------------

void OrderedModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= columnCount())
        return;
    m_sortColumn = column;
    m_sortOrder = order;
    sortNow();
}

void OrderedModel::reorder()
{
    if (m_isOrderFrozen)
        m_isOrderOverdue = sorted(m_order) != m_order;
    else
        sortNow();
}

void OrderedModel::sortNow()
{
    m_isOrderOverdue = false;
    prepare();
    if (hasFilter())
        applyFilter();
    else
        setOrder(sorted(m_order));
    refreshVisible();
}

// The same rows in another order; selections and current rows follow their entries.
void OrderedModel::setOrder(std::vector<int> order)
{
    if (order == m_order)
        return;
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<int> slotsBefore;
    slotsBefore.reserve(size_t(before.size()));
    for (const QModelIndex &index : before)
        slotsBefore.push_back(m_order[size_t(index.row())]);
    m_order = std::move(order);
    rebuildRows();
    QModelIndexList after;
    after.reserve(before.size());
    for (qsizetype i = 0; i < before.size(); ++i)
        after.append(index(m_rowOf[size_t(slotsBefore[size_t(i)])], before.at(i).column()));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

void OrderedModel::rebuildRows()
{
    std::fill(m_rowOf.begin(), m_rowOf.end(), -1);
    for (size_t row = 0; row < m_order.size(); ++row)
        m_rowOf[size_t(m_order[row])] = int(row);
}

// --- filter --------------------------------------------------------------------------------------

void OrderedModel::setFilter(const FilterQuery &query)
{
    if (!query.isValid() || query == m_filter)
        return;
    m_filter = query;
    applyFilter();
    refreshVisible();
}

// Rows that leave are moved to the end first and new ones are appended there, so that a change of
// any size is one removal and one insertion.
void OrderedModel::applyFilter()
{
    std::vector<int> order = m_order;
    const auto stays = std::stable_partition(
        order.begin(), order.end(), [this](int slot) { return matches(slot); });
    const int kept = int(stays - order.begin());
    setOrder(order);
    if (kept < rowCount()) {
        beginRemoveRows({}, kept, rowCount() - 1);
        m_order.resize(size_t(kept));
        rebuildRows();
        endRemoveRows();
    }
    std::vector<int> added;
    for (int slot = 0; slot < totalCount(); ++slot) {
        if (m_rowOf[size_t(slot)] < 0 && matches(slot))
            added.push_back(slot);
    }
    if (!added.empty()) {
        beginInsertRows({}, kept, kept + int(added.size()) - 1);
        m_order.insert(m_order.end(), added.begin(), added.end());
        rebuildRows();
        endInsertRows();
    }
    setOrder(sorted(m_order));
}

bool OrderedModel::matches(int slot) const
{
    return std::all_of(m_filter.terms.cbegin(), m_filter.terms.cend(),
        [this, slot](const FilterTerm &term) { return matchesTerm(term, slot) != term.isNegated; });
}

} // namespace sluice::ui
