// SPDX-License-Identifier: GPL-3.0-or-later
// Query: a statement of SQL over the ledger, saved ones beside it, its rows below. GUI thread;
// owned by the main window.
#pragma once

#include "core/session/ledgerqueries.h"
#include "ui/models/savedqueries.h"
#include "ui/pages/page.h"

#include <QElapsedTimer>
#include <QTimer>

class QComboBox;
class QLabel;
class QPushButton;
class QSettings;

namespace sluice::session {
class LiveUsage;
} // namespace sluice::session

namespace sluice::ui {

class MainButton;
class QueryList;
class QueryResults;
class SqlEdit;

class QueryPage final : public Page
{
    Q_OBJECT

public:
    /// All must outlive the page. usage says whether requests are recorded; settings keep what a
    /// person has saved and what was written last.
    QueryPage(session::LedgerQueries &ledger, session::LiveUsage &usage, QSettings &settings,
        QWidget *parent = nullptr);
    ~QueryPage() override;
    Q_DISABLE_COPY_MOVE(QueryPage)

    /// The text of a statement, which is not run.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool hasCommands() const override { return true; }

    void addCommands(QMenu *menu) override;
    void focusFilter() override; ///< the editor

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setupUi();
    [[nodiscard]] QWidget *createHead();
    [[nodiscard]] QWidget *createEditor();
    [[nodiscard]] QWidget *createRunRow();
    void setupConnections();
    void run();
    void cancel();
    void take(const Result<session::SqlAnswer> &answer);
    void showError(const Error &error);
    void showRunning(bool running);
    void updateTime();
    void keepText();
    [[nodiscard]] bool isRecording() const;

    session::LedgerQueries &m_ledger;
    session::LiveUsage &m_usage;
    QSettings &m_settings;
    SavedQueries m_saved;
    QTimer m_time; ///< while a statement runs
    QElapsedTimer m_sinceRun;

    QLabel *m_note = nullptr;
    QueryList *m_list = nullptr;
    SqlEdit *m_edit = nullptr;
    MainButton *m_run = nullptr;
    QPushButton *m_cancel = nullptr;
    QComboBox *m_maxRows = nullptr;
    QComboBox *m_maxTime = nullptr;
    QLabel *m_status = nullptr;
    QLabel *m_error = nullptr;
    QWidget *m_errorRow = nullptr;
    QueryResults *m_results = nullptr;
};

} // namespace sluice::ui
