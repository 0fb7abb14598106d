// SPDX-License-Identifier: GPL-3.0-or-later
// Policies: every limit by scope with who is closest to it, edited in place or in the form beside
// it; below, what is wrong with the draft and how to apply it. GUI thread; owned by the window.
#pragma once

#include "core/session/configdraft.h"
#include "core/session/limitadditions.h"
#include "core/session/liveusage.h"
#include "ui/models/liveticker.h"
#include "ui/pages/page.h"

class QHBoxLayout;
class QLabel;

namespace sluice::ui {

class AddLimitMenu;
class DraftBar;
class FlatButton;
class MessageBar;
class PolicyForm;
class PolicyTree;
class PolicyTreeModel;
class ProblemsPanel;

class PoliciesPage final : public Page
{
    Q_OBJECT

public:
    /// draft and usage must outlive the page.
    PoliciesPage(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent = nullptr);
    ~PoliciesPage() override;
    Q_DISABLE_COPY_MOVE(PoliciesPage)

    /// "limit:<name>", "line:<number>" select a limit; "add" opens the menu of places.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canFreeze() const override { return true; }

    [[nodiscard]] bool hasCommands() const override { return true; }

    void addCommands(QMenu *menu) override;
    void setStale(bool stale) override;

protected:
    void applyFrozen() override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setupUi();
    QHBoxLayout *createHead();
    void setupConnections();
    void setupShortcuts();
    void updateRunning();
    void updateHead();
    void updateForm();
    void goToLine(int line);
    void showLine(int line);
    void showProblem(int line);
    void addLimit(const session::NewLimit &limit);
    void deleteLimit();
    void reportDeleted(const QString &label);

    session::ConfigDraft &m_draft;
    session::LiveUsage &m_usage;
    PolicyTreeModel *m_model;
    LiveTicker m_ticker;
    QLabel *m_file = nullptr;
    FlatButton *m_add = nullptr;
    FlatButton *m_delete = nullptr;
    FlatButton *m_undo = nullptr;
    FlatButton *m_redo = nullptr;
    AddLimitMenu *m_menu = nullptr;
    MessageBar *m_deleted = nullptr;
    PolicyTree *m_tree = nullptr;
    ProblemsPanel *m_problems = nullptr;
    DraftBar *m_bar = nullptr;
    PolicyForm *m_form = nullptr;
    QString m_deleteLabel; ///< the undo step that the bar speaks of
};

} // namespace sluice::ui
