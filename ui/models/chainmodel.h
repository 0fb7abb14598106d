// SPDX-License-Identifier: GPL-3.0-or-later
// The chain of limits, one row each in the order of checking: of a subject as it stands now, or of
// a request as it was then. Changes in place, never resets. GUI thread; owned by its page.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/insight/usagebook.h"
#include "ui/models/operationmarks.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractTableModel>

namespace sluice::ui {

class ChainModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column {
        ScopeColumn,
        LabelColumn,
        GaugeColumn,
        ReservedColumn, ///< by running requests
        CostColumn, ///< what the request needed; of a past decision only
        LeftColumn,
        LineColumn,
        ColumnCount
    };

    explicit ChainModel(QObject *parent = nullptr);
    ~ChainModel() override;
    Q_DISABLE_COPY_MOVE(ChainModel)

    /// The chain of a subject now. segment is what the subject is: other values are named. Raised
    /// counters are marked.
    void showNow(const std::vector<insight::ChainState> &chain, const limits::Segment &segment,
        std::optional<limits::Instant> now = std::nullopt, const OperationMarks &marks = {});

    /// The chain of a decision as it was.
    void showThen(const limits::Decision &decision);

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;

    /// The limit of a row; null if there is no such row.
    [[nodiscard]] limits::LimitPtr limitAt(int row) const;

    /// Line of the configuration file; 0 = sent by the client, or no such row.
    [[nodiscard]] int lineAt(int row) const;

    /// Whether running requests have reserved anything of any limit.
    [[nodiscard]] bool hasReserved() const;

    /// The row that decides: the refusing one, else the tightest; -1 without rows.
    [[nodiscard]] int decidingRow() const { return m_deciding; }

private:
    struct Row
    {
        limits::LimitPtr limit;
        QString label;
        GaugeValue gauge;
        QString spoken;
        QString reserved;
        QString cost;
        QString left;
        QString exact; ///< money to the last decimal, for who wants to know
        Sign sign = Sign::Check;
        State state = State::Normal;
        friend bool operator==(const Row &, const Row &) = default;
    };

    void setRows(std::vector<Row> rows, int deciding);
    [[nodiscard]] QString display(const QModelIndex &index) const;
    [[nodiscard]] QString scopeText(int row) const;
    [[nodiscard]] QVariant accessible(const QModelIndex &index) const;
    [[nodiscard]] int thread(int row) const;
    [[nodiscard]] Tone tone(const QModelIndex &index) const;
    [[nodiscard]] QVariant look(const QModelIndex &index, int role) const;

    std::vector<Row> m_rows;
    int m_deciding = -1;
    bool m_isThen = true; ///< what is shown is past
};

} // namespace sluice::ui
