// SPDX-License-Identifier: GPL-3.0-or-later
// The status bar: gateway, rate, draft, problems, marks of stores, bodies and the demo; each item
// is a button that opens what it speaks of. GUI thread; owned by the main window.
#pragma once

#include "core/config/finding.h"
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "core/session/liveusage.h"

#include <QStatusBar>

namespace sluice::ui {

class StatusButton;

class StatusLine final : public QStatusBar
{
    Q_OBJECT

public:
    explicit StatusLine(QWidget *parent = nullptr);
    ~StatusLine() override;
    Q_DISABLE_COPY_MOVE(StatusLine)

    /// stale: running, but no report has come for more than two seconds.
    void showGateway(session::GatewaySession::State state, const QByteArray &baseUrl, bool stale);
    void showRate(const session::LiveUsage::Rate &rate);
    void showDraft(session::ConfigDraft::State state, int changes);
    void showProblems(const config::Findings &findings);
    void showDemo(bool demo);
    void showSlowed(bool slowed);

    /// Bodies of requests and answers are recorded.
    void showBodies(bool areRecorded);

    /// A store cannot be used, and why; empty: all of them can.
    void showStore(const QString &problem);

    /// Where a menu of the gateway item opens: global coordinates.
    [[nodiscard]] QPoint gatewayCorner() const;

Q_SIGNALS:
    void gatewayClicked();
    void rateClicked();
    void draftClicked();
    void problemsClicked();

private:
    StatusButton *add(const char *name, void (StatusLine::*clicked)());

    StatusButton *m_gateway;
    StatusButton *m_rate;
    StatusButton *m_draft;
    StatusButton *m_problems;
    StatusButton *m_store;
    StatusButton *m_bodies;
    StatusButton *m_slowed;
    StatusButton *m_demo;
};

} // namespace sluice::ui
