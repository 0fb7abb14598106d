// SPDX-License-Identifier: GPL-3.0-or-later
// The exceptions of a limit as a table: a value, its amount and, for buckets, the time in which it
// is refilled. The last row is empty: typing a value there adds an exception. GUI thread; owned by
// its table.
#pragma once

#include "core/session/configdraft.h"

#include <QAbstractTableModel>

#include <optional>

namespace sluice::ui {

class OverrideModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { ValueColumn, AmountColumn, PeriodColumn, ColumnCount };

    /// draft must outlive the model.
    explicit OverrideModel(session::ConfigDraft &draft, QObject *parent = nullptr);
    ~OverrideModel() override;
    Q_DISABLE_COPY_MOVE(OverrideModel)

    /// The limit whose exceptions are shown; without the empty row if it cannot be edited.
    void setLimit(const config::LimitRule &rule, bool readOnly);

    [[nodiscard]] const std::optional<config::LimitRule> &limit() const { return m_rule; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex &index) const override;
    /// Edits the draft; false, and editRefused(), if that cannot be.
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;

    /// Deletes the exception of a row.
    bool remove(int row);

    /// Why a text cannot be in a cell; empty = it can.
    [[nodiscard]] QString reasonAgainst(const QModelIndex &index, const QString &text) const;

    /// Values that the file knows: keys, teams, members.
    [[nodiscard]] QStringList knownValues() const;

Q_SIGNALS:
    void editRefused(const QString &reason);

private:
    [[nodiscard]] static QVariant newRowData(int column, int role);
    bool changeRows(const config::LimitRule &rule);
    [[nodiscard]] bool isNew(const QModelIndex &index) const;
    [[nodiscard]] QString text(const config::LimitOverride &other, int column, bool toEdit) const;
    [[nodiscard]] Result<void> edit(const QModelIndex &index, const QString &text);

    session::ConfigDraft &m_draft;
    std::optional<config::LimitRule> m_rule;
    bool m_isReadOnly = true;
};

} // namespace sluice::ui
