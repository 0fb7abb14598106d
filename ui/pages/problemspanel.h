// SPDX-License-Identifier: GPL-3.0-or-later
// The findings of the draft, a few lines high: place, message, fix. Hidden while there are none.
// GUI thread; owned by its page.
#pragma once

#include "core/session/configdraft.h"

#include <QWidget>

class QLabel;
class QTableView;

namespace sluice::ui {

class ProblemsModel;

class ProblemsPanel final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the panel.
    explicit ProblemsPanel(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~ProblemsPanel() override;
    Q_DISABLE_COPY_MOVE(ProblemsPanel)

    /// Goes to the next or previous problem: step is 1 or -1.
    void step(int step);

Q_SIGNALS:
    void lineRequested(int line);
    void failed(const QString &message);

private:
    void update();
    void activate(const QModelIndex &index);
    void mend(int row);

    session::ConfigDraft &m_draft;
    ProblemsModel *m_model;
    QLabel *m_summary = nullptr;
    QTableView *m_table = nullptr;
};

} // namespace sluice::ui
