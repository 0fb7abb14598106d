// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/tablemodel.h"

#include "ui/models/tabletext.h"

#include <algorithm>
#include <numeric>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::SqlAnswer;

namespace {

/// As SQLite ranks the kinds of values.
int rankOf(const QVariant &value)
{
    if (value.isNull())
        return 0;
    if (tabletext::isFigure(value))
        return 1;
    return value.typeId() == QMetaType::QByteArray ? 3 : 2;
}

bool isLess(const QVariant &a, const QVariant &b)
{
    const int rank = rankOf(a);
    if (rank != rankOf(b))
        return rank < rankOf(b);
    if (rank == 1) {
        const bool isWhole = a.typeId() != QMetaType::Double && b.typeId() != QMetaType::Double;
        return isWhole ? a.toLongLong() < b.toLongLong() : a.toDouble() < b.toDouble();
    }
    return rank == 3 ? a.toByteArray() < b.toByteArray() : rank == 2 && a.toString() < b.toString();
}

} // namespace

TableModel::TableModel(QObject *parent) : QAbstractTableModel(parent) { }

TableModel::~TableModel() = default;

void TableModel::setAnswer(SqlAnswer answer)
{
    beginResetModel(); // another table altogether
    m_answer = std::move(answer);
    m_order.resize(m_answer.rows.size());
    std::iota(m_order.begin(), m_order.end(), 0);
    noteFigures();
    endResetModel();
}

void TableModel::noteFigures()
{
    m_figures.assign(size_t(m_answer.columns.size()), false);
    for (int column = 0; column < columnCount(); ++column) {
        bool hasFigure = false;
        const bool hasOther =
            std::any_of(m_answer.rows.cbegin(), m_answer.rows.cend(), [&](const QVariantList &row) {
                hasFigure = hasFigure || tabletext::isFigure(row.at(column));
                return rankOf(row.at(column)) > 1;
            });
        m_figures[size_t(column)] = hasFigure && !hasOther;
    }
}

SqlAnswer TableModel::sortedAnswer() const
{
    SqlAnswer sorted = m_answer;
    for (size_t row = 0; row < m_order.size(); ++row)
        sorted.rows[row] = m_answer.rows[size_t(m_order[row])];
    return sorted;
}

int TableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_order.size());
}

int TableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_answer.columns.size());
}

const QVariant &TableModel::valueAt(int row, int column) const
{
    return m_answer.rows[size_t(m_order[size_t(row)])].at(column);
}

bool TableModel::isFigureColumn(int column) const
{
    return m_figures[size_t(column)];
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(isFigureColumn(section) ? Qt::AlignRight : Qt::AlignLeft)
            | int(Qt::AlignVCenter);
    return role == Qt::DisplayRole ? QVariant(m_answer.columns.at(section)) : QVariant();
}

QVariant TableModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const QVariant &value = valueAt(index.row(), index.column());
    switch (role) {
    case Qt::DisplayRole:
        return tabletext::shown(value);
    case Qt::ToolTipRole:
        return value.typeId() == QMetaType::QString ? value : QVariant();
    case Qt::TextAlignmentRole:
        return int(tabletext::isFigure(value) ? Qt::AlignRight : Qt::AlignLeft)
            | int(Qt::AlignVCenter);
    case ToneRole:
        return int(value.isNull() ? Tone::Second : Tone::Text);
    default:
        return {};
    }
}

void TableModel::sort(int column, Qt::SortOrder order)
{
    if (column >= columnCount())
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const std::vector<int> before = m_order;
    std::iota(m_order.begin(), m_order.end(), 0);
    if (column >= 0) {
        const auto cell = [this, column](int row) -> const QVariant & {
            return m_answer.rows[size_t(row)].at(column);
        };
        std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) {
            return order == Qt::AscendingOrder ? isLess(cell(a), cell(b))
                                               : isLess(cell(b), cell(a));
        });
    }
    std::vector<int> places(m_order.size());
    for (size_t row = 0; row < m_order.size(); ++row)
        places[size_t(m_order[row])] = int(row);
    const QModelIndexList old = persistentIndexList();
    for (const QModelIndex &each : old)
        changePersistentIndex(
            each, index(places[size_t(before[size_t(each.row())])], each.column()));
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

} // namespace sluice::ui
