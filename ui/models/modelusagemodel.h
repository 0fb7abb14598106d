// SPDX-License-Identifier: GPL-3.0-or-later
// The Models tab of the Usage page: what was asked of each model since this console started, what
// it used and cost. GUI thread; owned by its page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/orderedmodel.h"

namespace sluice::ui {

struct ModelColumn
{
    enum Column {
        NameColumn,
        StateColumn,
        RequestsColumn,
        ErrorsColumn,
        InputColumn,
        CachedColumn,
        OutputColumn,
        CostColumn,
        ShareColumn,
        MeanColumn,
        ColumnCount
    };
};

class ModelUsageModel final : public OrderedModel
{
    Q_OBJECT

public:
    /// usage must outlive the model.
    explicit ModelUsageModel(session::LiveUsage &usage, QObject *parent = nullptr);
    ~ModelUsageModel() override;
    Q_DISABLE_COPY_MOVE(ModelUsageModel)

    [[nodiscard]] static std::vector<FilterField> filterFields();

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;

    void tick() override;

    [[nodiscard]] int totalCount() const override { return m_count; }

    /// Index into the book of models, or -1.
    [[nodiscard]] int modelAt(int row) const { return slotAt(row); }

    [[nodiscard]] int rowOfModel(int model) const { return rowOf(model); }

protected:
    [[nodiscard]] bool matchesTerm(const FilterTerm &term, int slot) const override;
    [[nodiscard]] std::vector<int> sorted(std::vector<int> order) const override;
    void refreshVisible() override;

private:
    void markChanged();
    [[nodiscard]] QVariant cell(int column, int role, int slot) const;

    session::LiveUsage &m_usage;
    int m_count = 0; ///< models taken in; slots are indexes into their book
    bool m_isChanged = false; ///< since the last tick
};

} // namespace sluice::ui
