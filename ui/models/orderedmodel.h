// SPDX-License-Identifier: GPL-3.0-or-later
// What the live tables share: rows are an own order over numbered entries ("slots"), which changes
// at most once a second and never while it is frozen; filters keep rows in place. GUI thread.
#pragma once

#include "ui/models/filterquery.h"

#include <QAbstractTableModel>

#include <algorithm>
#include <vector>

namespace sluice::ui {

class OrderedModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    ~OrderedModel() override;
    Q_DISABLE_COPY_MOVE(OrderedModel)

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    void sort(int column, Qt::SortOrder order) override;

    /// Rows that a person can see; only these are refreshed by tick().
    void setVisibleRows(int first, int last);

    /// 4 Hz: lists new entries at the end and refreshes the visible rows.
    virtual void tick() = 0;

    /// 1 Hz: sorts, unless the order is frozen.
    void reorder();

    /// Sorts now, frozen or not.
    void sortNow();

    void setOrderFrozen(bool frozen) { m_isOrderFrozen = frozen; }

    /// True if the last reorder() was held back and would have moved rows.
    [[nodiscard]] bool isOrderOverdue() const { return m_isOrderOverdue; }

    /// Keeps the rows that fit; an invalid query is ignored.
    void setFilter(const FilterQuery &query);

    /// Entries, listed or not.
    [[nodiscard]] virtual int totalCount() const = 0;

protected:
    OrderedModel(int sortColumn, QObject *parent);

    /// Whether an entry fits a term; the negation is not its business.
    [[nodiscard]] virtual bool matchesTerm(const FilterTerm &term, int slot) const = 0;

    /// The same slots by the column and direction that are in force.
    [[nodiscard]] virtual std::vector<int> sorted(std::vector<int> order) const = 0;

    /// Brings what order and filter look at up to date.
    virtual void prepare() { }

    virtual void refreshVisible() = 0;

    /// For sorted(): by one key for each slot.
    template <typename Key>
    void sortByKeys(std::vector<int> &order, const std::vector<Key> &keys) const
    {
        const bool isDescending = m_sortOrder == Qt::DescendingOrder;
        std::stable_sort(order.begin(), order.end(), [&keys, isDescending](int a, int b) {
            return isDescending ? keys[size_t(b)] < keys[size_t(a)]
                                : keys[size_t(a)] < keys[size_t(b)];
        });
    }

    /// Takes in the entries from `first` to the last one; those that fit are listed at the end.
    void listNew(int first);

    void emitChanged(const std::vector<int> &rows, const QList<int> &roles);

    [[nodiscard]] bool matches(int slot) const;

    [[nodiscard]] bool hasFilter() const { return !m_filter.terms.empty(); }

    [[nodiscard]] int sortColumn() const { return m_sortColumn; }

    [[nodiscard]] int firstVisible() const { return m_firstVisible; }

    [[nodiscard]] int lastVisible() const { return std::min(m_lastVisible, rowCount() - 1); }

    /// -1 = no such row.
    [[nodiscard]] int slotAt(int row) const;

    /// -1 = not listed.
    [[nodiscard]] int rowOf(int slot) const;

private:
    void applyFilter();
    void setOrder(std::vector<int> order);
    void rebuildRows();

    std::vector<int> m_order; ///< row -> slot
    std::vector<int> m_rowOf; ///< slot -> row, -1 = not listed
    FilterQuery m_filter;
    int m_firstVisible = 0;
    int m_lastVisible = 60;
    int m_sortColumn;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
    bool m_isOrderFrozen = false;
    bool m_isOrderOverdue = false;
};

} // namespace sluice::ui
