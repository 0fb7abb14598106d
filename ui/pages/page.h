// SPDX-License-Identifier: GPL-3.0-or-later
// What the main window expects of a page. Pages are made on their first visit and talk to each
// other through the window only: pageRequested(id, target). GUI thread; owned by the window's
// stack.
#pragma once

#include "core/session/gatewaysession.h"

#include <QWidget>

#include <functional>

class QMenu;

namespace sluice::ui {

class Page : public QWidget
{
    Q_OBJECT

public:
    explicit Page(QWidget *parent = nullptr);
    ~Page() override;
    Q_DISABLE_COPY_MOVE(Page)

    /// Shows what another page asked for: a filter text, "limit:<name>", "line:<number>". Unknown
    /// targets are ignored.
    virtual void showTarget(const QString &target);

    /// True for pages with moving figures, which Freeze view stops.
    [[nodiscard]] virtual bool canFreeze() const { return false; }

    [[nodiscard]] virtual bool canFollow() const { return false; }

    [[nodiscard]] virtual bool canSort() const { return false; }

    [[nodiscard]] bool isFrozen() const { return m_isFrozen; }

    void setFrozen(bool frozen);

    /// True for pages that put commands of their own into the menu bar.
    [[nodiscard]] virtual bool hasCommands() const { return false; }

    /// Fills the page's menu with what can be done now, each time it opens.
    virtual void addCommands(QMenu *menu);

    virtual void sortNow(); ///< F5
    virtual void focusFilter(); ///< Ctrl+F
    virtual void followNewest(); ///< End

    /// State of the gateway for empty lists; reason says why it failed.
    virtual void setGatewayState(session::GatewaySession::State state, const QString &reason);

    /// Figures are older than two seconds.
    virtual void setStale(bool stale);

Q_SIGNALS:
    void frozenChanged(bool frozen);
    void slowedChanged(bool slowed); ///< painting is too dear and was slowed down
    void pageRequested(const QString &id, const QString &target);
    void lineRequested(int line); ///< of the configuration file
    void priceRequested(const QByteArray &model); ///< to set, of "provider/model"
    void startRequested();
    void copyAddressRequested();
    void failed(const QString &message); ///< a command did not work; the window says so
    /// A command has worked; the window says so and offers to take it back. undo() is false if that
    /// has no meaning any more.
    void done(const QString &message, const std::function<bool()> &undo);

protected:
    /// Called when the frozen state changed.
    virtual void applyFrozen();

private:
    bool m_isFrozen = false;
};

} // namespace sluice::ui
