// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of the Policies page: scopes and their limits, the draft beside what runs, and who is
// closest to each limit now. Editing a cell edits the draft. GUI thread; owned by its page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/policyscopes.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractItemModel>
#include <QHash>
#include <QSet>

namespace sluice::session {
class ConfigDraft;
} // namespace sluice::session

namespace sluice::ui {

class PolicyTreeModel final : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column {
        LimitColumn,
        StateColumn,
        AmountColumn,
        PeriodColumn,
        ClosestColumn,
        LineColumn,
        ColumnCount
    };

    /// Header policies beyond this many are not listed.
    static constexpr int MaxHeaders = 50;

    /// draft and usage must outlive the model.
    PolicyTreeModel(
        session::ConfigDraft &draft, session::LiveUsage &usage, QObject *parent = nullptr);
    ~PolicyTreeModel() override;
    Q_DISABLE_COPY_MOVE(PolicyTreeModel)

    [[nodiscard]] QModelIndex index(
        int row, int column, const QModelIndex &parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex &index) const override;
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex &index) const override;
    /// Edits the draft; false, and editRefused(), if that cannot be.
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;

    /// Reads the gauges again and looks for policy headers; 4 Hz while the page is visible.
    void tick();

    void setStale(bool stale);

    [[nodiscard]] bool isScope(const QModelIndex &index) const;
    /// Null for scopes and invalid indexes.
    [[nodiscard]] const PolicyRow *row(const QModelIndex &index) const;
    [[nodiscard]] const PolicyScope *scope(const QModelIndex &index) const;
    /// First column of a limit; invalid if it is not listed.
    [[nodiscard]] QModelIndex indexOf(const QByteArray &limit) const;
    /// The last limit that starts at or before a line of the file.
    [[nodiscard]] QModelIndex indexOfLine(int line) const;
    /// The line that the row comes from; 0 = none.
    [[nodiscard]] int lineOf(const QModelIndex &index) const;
    /// True while the draft does not validate: the last good values are shown and kept.
    [[nodiscard]] bool isReadOnly() const;

Q_SIGNALS:
    void editRefused(const QString &reason);

private:
    void rebuild();
    void replaceScopes(std::vector<PolicyScope> scopes);
    void replaceRows(int scope, std::vector<PolicyRow> rows);
    void lookForHeaders();
    [[nodiscard]] GaugeValue readGauge(const PolicyRow &row, QString *spoken) const;
    [[nodiscard]] bool hasError(const PolicyRow &row, int column) const;

    struct Closest
    {
        GaugeValue gauge;
        QString spoken;
    };

    session::ConfigDraft &m_draft;
    session::LiveUsage &m_usage;
    std::vector<PolicyScope> m_scopes;
    QHash<QByteArray, Closest> m_closest; ///< by limit
    QSet<int> m_unseen; ///< subjects whose chains were not looked at yet
    std::vector<limits::LimitPtr> m_headers;
    bool m_isStale = false;
};

} // namespace sluice::ui
