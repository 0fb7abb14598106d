// SPDX-License-Identifier: GPL-3.0-or-later
// The history of one subject or model: requests, tokens and cost side by side over a range that a
// person chooses, or the same figures as a table. GUI thread; owned by a detail pane.
#pragma once

#include "ui/pages/historycharts.h"

#include <QWidget>

#include <array>

class QLabel;
class QStackedWidget;
class QTableView;

namespace sluice::ui {

class FlatButton;
class HistoryModel;
class Segmented;

class HistoryPane final : public QWidget
{
    Q_OBJECT

public:
    /// history must outlive the pane.
    explicit HistoryPane(UsageHistory &history, QWidget *parent = nullptr);
    ~HistoryPane() override;
    Q_DISABLE_COPY_MOVE(HistoryPane)

protected:
    void showEvent(QShowEvent *event) override;

private:
    struct Column
    {
        QLabel *sum = nullptr;
        Chart *chart = nullptr;
    };

    [[nodiscard]] QWidget *createHead();
    [[nodiscard]] QWidget *createCharts();
    [[nodiscard]] QWidget *createTable();
    void addColumn(QWidget *charts, historycharts::Series series, const QString &name);
    void shareCursor(int step);
    void showTable(bool table);
    void update();
    void showProblem();

    UsageHistory &m_history;
    HistoryModel *m_model;
    std::array<Column, 3> m_columns; ///< by Series

    Segmented *m_ranges = nullptr;
    QLabel *m_note = nullptr;
    FlatButton *m_asTable = nullptr;
    QStackedWidget *m_stack = nullptr;
    QTableView *m_table = nullptr;
    QLabel *m_problemTitle = nullptr;
    QLabel *m_problemText = nullptr;
};

} // namespace sluice::ui
