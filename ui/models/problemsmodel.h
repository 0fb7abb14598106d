// SPDX-License-Identifier: GPL-3.0-or-later
// The findings of the draft as rows: place, message, what would mend it. GUI thread; owned by its
// panel.
#pragma once

#include "core/config/finding.h"

#include <QAbstractTableModel>

namespace sluice::ui {

class ProblemsModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { PlaceColumn, MessageColumn, FixColumn, ColumnCount };

    explicit ProblemsModel(QObject *parent = nullptr);
    ~ProblemsModel() override;
    Q_DISABLE_COPY_MOVE(ProblemsModel)

    /// Errors first, then warnings and hints, each in file order.
    void setFindings(const config::Findings &findings);

    [[nodiscard]] const config::Finding &finding(int row) const { return m_findings.at(row); }

    /// "1 error, 2 warnings"; empty without findings.
    [[nodiscard]] QString summary() const;
    [[nodiscard]] int count(config::Severity severity) const;

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;

private:
    [[nodiscard]] static QString display(const config::Finding &finding, int column);

    config::Findings m_findings;
};

/// Text with the finding mended, as far as its fix says how; null if it says nothing.
QByteArray mended(const QByteArray &text, const config::Finding &finding);

} // namespace sluice::ui
