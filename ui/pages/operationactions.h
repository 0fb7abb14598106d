// SPDX-License-Identifier: GPL-3.0-or-later
// The operations on one counter and one subject as actions for buttons and menus. Says what was
// done; whoever shows that can take it back. GUI thread; owned by the page.
#pragma once

#include "core/insight/usagebook.h"
#include "core/session/limitoperations.h"
#include "ui/models/operationmarks.h"

#include <QAction>

#include <functional>
#include <optional>

namespace sluice::ui {

class OperationActions final : public QObject
{
    Q_OBJECT

public:
    struct Target
    {
        insight::SubjectId subject;
        std::optional<insight::ChainState> link; ///< the limit that is shown
    };

    /// operations may be null: then nothing can be done, and no action is visible. Both must
    /// outlive this object, whose parent is that of the dialogs.
    OperationActions(session::LimitOperations *operations, const Clock &clock, QWidget *parent);
    ~OperationActions() override;
    Q_DISABLE_COPY_MOVE(OperationActions)

    /// Ignored while held.
    void setTarget(const std::optional<Target> &target);

    /// A menu is open: the actions stay with what it was opened for.
    void setHeld(bool isHeld) { m_isHeld = isHeld; }

    /// What is raised and blocked now.
    [[nodiscard]] OperationMarks marks() const;

    [[nodiscard]] bool isAvailable() const { return m_operations != nullptr; }

    [[nodiscard]] QAction *resetAction() const { return m_reset; }

    [[nodiscard]] QAction *raiseAction() const { return m_raise; }

    [[nodiscard]] QAction *endRaiseAction() const { return m_endRaise; }

    [[nodiscard]] QAction *blockAction() const { return m_block; }

    [[nodiscard]] QAction *unblockAction() const { return m_unblock; }

Q_SIGNALS:
    void marksChanged();
    /// undo() is false if it has no meaning any more.
    void done(const QString &text, const std::function<bool()> &undo);
    void failed(const QString &text);

private:
    QAction *createAction(
        const QString &text, const QString &name, void (OperationActions::*run)());
    void updateActions();
    void reset();
    void raise();
    void endRaise();
    void block();
    void unblock();
    void report(session::LimitOperations::Id id, const QString &text, const QString &otherwise);

    session::LimitOperations *m_operations;
    const Clock &m_clock;
    QWidget *m_window;
    std::optional<Target> m_target;
    bool m_isHeld = false;
    QAction *m_reset;
    QAction *m_raise;
    QAction *m_endRaise;
    QAction *m_block;
    QAction *m_unblock;
};

} // namespace sluice::ui
