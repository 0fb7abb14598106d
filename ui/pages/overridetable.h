// SPDX-License-Identifier: GPL-3.0-or-later
// The exceptions of a limit, edited in a small table: its last row adds one, Delete takes one away.
// GUI thread; owned by the form.
#pragma once

#include "core/session/configdraft.h"

#include <QWidget>

class QLabel;
class QTableView;

namespace sluice::ui {

class FlatButton;
class OverrideModel;

class OverrideTable final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the table.
    explicit OverrideTable(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~OverrideTable() override;
    Q_DISABLE_COPY_MOVE(OverrideTable)

    void showLimit(const config::LimitRule &rule, bool readOnly);

Q_SIGNALS:
    void failed(const QString &message);

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void removeCurrent();
    void setUpColumns();
    void fitRows();
    void updateButton();

    OverrideModel *m_model;
    QTableView *m_table = nullptr;
    FlatButton *m_remove = nullptr;
};

} // namespace sluice::ui
