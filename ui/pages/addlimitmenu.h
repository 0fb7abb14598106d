// SPDX-License-Identifier: GPL-3.0-or-later
// The places where a limit can be added, as a menu: scope, then what it counts per. Filled each
// time it opens. GUI thread; owned by the Policies page.
#pragma once

#include "core/session/limitadditions.h"
#include "core/session/liveusage.h"

#include <QMenu>
#include <QSet>

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
    void placeChosen(const sluice::session::LimitPlace &place);

private:
    void fill();
    void addScope(const QString &title, const session::LimitPlace &scope);
    void addPlace(QMenu *menu, const session::LimitPlace &place);
    void askForProperty(const session::LimitPlace &scope);
    [[nodiscard]] QList<QByteArray> properties() const;

    session::ConfigDraft &m_draft;
    session::LiveUsage &m_usage;
    QSet<QByteArray> m_taken; ///< places that have a limit, by limitfields::nameAt()
};

} // namespace sluice::ui
