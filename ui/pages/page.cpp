// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page.h"

namespace sluice::ui {

Page::Page(QWidget *parent) : QWidget(parent)
{
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
}

Page::~Page() = default;

void Page::showTarget(const QString &) { }

void Page::setFrozen(bool frozen)
{
    if (frozen == m_isFrozen || (frozen && !canFreeze()))
        return;
    m_isFrozen = frozen;
    applyFrozen();
    Q_EMIT frozenChanged(frozen);
}

void Page::addCommands(QMenu *) { }

void Page::sortNow() { }

void Page::focusFilter() { }

void Page::followNewest() { }

void Page::setGatewayState(session::GatewaySession::State, const QString &) { }

void Page::setStale(bool) { }

void Page::applyFrozen() { }

} // namespace sluice::ui
