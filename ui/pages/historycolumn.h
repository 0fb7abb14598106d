// SPDX-License-Identifier: GPL-3.0-or-later
// The requests of the last hours beside the limits of a subject. GUI thread; owned by a detail
// pane.
#pragma once

#include "ui/pages/historycharts.h"

#include <QWidget>

class QLabel;

namespace sluice::ui {

class HistoryColumn final : public QWidget
{
    Q_OBJECT

public:
    /// history must outlive the column.
    explicit HistoryColumn(UsageHistory &history, QWidget *parent = nullptr);
    ~HistoryColumn() override;
    Q_DISABLE_COPY_MOVE(HistoryColumn)

Q_SIGNALS:
    void moreRequested(); ///< all of the history

protected:
    void showEvent(QShowEvent *event) override;

private:
    void update();

    UsageHistory &m_history;
    QLabel *m_title;
    QLabel *m_note;
    Chart *m_chart;
};

} // namespace sluice::ui
