// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/historymodel.h"

#include "ui/models/historywords.h"
#include "ui/widgets/format.h"

namespace sluice::ui {

using session::History;
using session::HistorySums;

HistoryModel::HistoryModel(QObject *parent) : QAbstractTableModel(parent) { }

HistoryModel::~HistoryModel() = default;

void HistoryModel::setHistory(const History &history)
{
    if (history.steps.size() != m_history.steps.size()) {
        beginResetModel(); // a person has chosen another range
        m_history = history;
        endResetModel();
        return;
    }
    m_history = history;
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || m_history.steps.empty() ? 0 : int(m_history.steps.size()) + 1;
}

int HistoryModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(section == TimeColumn ? Qt::AlignLeft : Qt::AlignRight) | int(Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return QStringList{tr("Time"), tr("Requests"), tr("Admitted"), tr("Refused"), tr("Errors"),
        tr("Tokens in"), tr("Tokens out"), tr("Cost")}
        .at(section);
}

const HistorySums &HistoryModel::sums(int row) const
{
    return row == 0 ? m_history.total : m_history.steps[m_history.steps.size() - size_t(row)];
}

QString HistoryModel::text(int row, int column) const
{
    const HistorySums &shown = sums(row);
    switch (column) {
    case TimeColumn: {
        if (row == 0)
            return tr("All");
        const size_t step = m_history.steps.size() - size_t(row);
        return historywords::step(m_history.edges[step], m_history.edges[step + 1]);
    }
    case RequestsColumn:
        return format::count(shown.requests);
    case AdmittedColumn:
        return format::count(shown.admitted);
    case RefusedColumn:
        return format::count(shown.refused);
    case ErrorsColumn:
        return format::count(shown.errors);
    case InputColumn:
        return historywords::tokens(shown, shown.input);
    case OutputColumn:
        return historywords::tokens(shown, shown.output);
    case CostColumn:
        return historywords::cost(shown);
    default:
        return {};
    }
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return text(index.row(), index.column());
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case ToneRole:
        return int(index.row() == 0 ? Tone::Strong : Tone::Text);
    default:
        return {};
    }
}

} // namespace sluice::ui
