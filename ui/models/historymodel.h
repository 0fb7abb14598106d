// SPDX-License-Identifier: GPL-3.0-or-later
// The history of usage as a table, the sum first, then the newest step. GUI thread; owned by its
// view's pane.
#pragma once

#include "core/session/ledgeranswers.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractTableModel>

namespace sluice::ui {

class HistoryModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column {
        TimeColumn,
        RequestsColumn,
        AdmittedColumn,
        RefusedColumn,
        ErrorsColumn,
        InputColumn,
        OutputColumn,
        CostColumn,
        ColumnCount
    };

    explicit HistoryModel(QObject *parent = nullptr);
    ~HistoryModel() override;
    Q_DISABLE_COPY_MOVE(HistoryModel)

    /// As many steps as before change in place.
    void setHistory(const session::History &history);

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;

private:
    [[nodiscard]] const session::HistorySums &sums(int row) const;
    [[nodiscard]] QString text(int row, int column) const;

    session::History m_history;
};

} // namespace sluice::ui
