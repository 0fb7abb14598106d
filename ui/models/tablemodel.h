// SPDX-License-Identifier: GPL-3.0-or-later
// The rows that a statement of a person has brought: figures right-aligned, sorted by any column,
// copied as text. Rows come as a whole and do not change. GUI thread; owned by its page.
#pragma once

#include "core/session/ledgeranswers.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractTableModel>

namespace sluice::ui {

class TableModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    explicit TableModel(QObject *parent = nullptr);
    ~TableModel() override;
    Q_DISABLE_COPY_MOVE(TableModel)

    /// Other rows in the order in which they came.
    void setAnswer(session::SqlAnswer answer);

    [[nodiscard]] const session::SqlAnswer &answer() const { return m_answer; }

    /// The rows as they are sorted now.
    [[nodiscard]] session::SqlAnswer sortedAnswer() const;

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;

    /// As SQLite orders: nothing, figures, texts. Column -1: as they came.
    void sort(int column, Qt::SortOrder order) override;

    /// The bare value of a cell.
    [[nodiscard]] const QVariant &valueAt(int row, int column) const;

private:
    [[nodiscard]] bool isFigureColumn(int column) const;
    void noteFigures();

    session::SqlAnswer m_answer;
    std::vector<int> m_order; ///< row -> index into the answer
    std::vector<bool> m_figures; ///< columns that hold nothing but figures
};

} // namespace sluice::ui
