// SPDX-License-Identifier: GPL-3.0-or-later
// The statements that a person has saved, and samples to begin with. Kept in the settings of the
// user interface. GUI thread; owned by the Query page.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QAbstractListModel>

class QSettings;

namespace sluice::ui {

class SavedQueries final : public QAbstractListModel
{
    Q_OBJECT

public:
    struct Query
    {
        QString name;
        QString sql;
        bool isSample = false;
    };

    /// settings must outlive the model.
    explicit SavedQueries(QSettings &settings, QObject *parent = nullptr);
    ~SavedQueries() override;
    Q_DISABLE_COPY_MOVE(SavedQueries)

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;

    [[nodiscard]] const Query &at(int row) const { return m_queries[size_t(row)]; }

    /// Keeps a statement under a name, instead of the one that has it already. Returns its row.
    int save(const QString &name, const QString &sql);

    /// Samples stay: false.
    bool remove(int row);

private:
    void read();
    void write();
    [[nodiscard]] int ownCount() const;

    QSettings &m_settings;
    std::vector<Query> m_queries; ///< own ones by name, then the samples
};

} // namespace sluice::ui
