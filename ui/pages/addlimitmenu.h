// SPDX-License-Identifier: GPL-3.0-or-later
// The limits that can be added, as a menu: scope, kind, then what it counts per. Filled each time
// it opens. GUI thread; owned by the Policies page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/limitcommands.h"

#include <QMenu>

namespace sluice::ui {

class AddLimitMenu final : public QMenu
{
    Q_OBJECT

public:
    /// draft and usage must outlive the menu.
    AddLimitMenu(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent);
    ~AddLimitMenu() override;
    Q_DISABLE_COPY_MOVE(AddLimitMenu)

Q_SIGNALS:
    void limitChosen(const sluice::session::NewLimit &limit);

private:
    using NewKind = limitcommands::NewKind;

    void fill();
    void addScope(const QString &title, const session::LimitPlace &scope);
    void addKind(QMenu *menu, NewKind kind, const session::LimitPlace &scope);
    void addPlace(QMenu *menu, NewKind kind, const session::LimitPlace &place);
    void askForProperty(NewKind kind, const session::LimitPlace &scope);
    [[nodiscard]] QList<QByteArray> properties() const;

    session::ConfigDraft &m_draft;
    session::LiveUsage &m_usage;
    QList<QByteArray> m_properties; ///< names that the file or the traffic knows
};

} // namespace sluice::ui
