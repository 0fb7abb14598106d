// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: the live list, newest first, with tabs, filter and follow; below, how the selected one
// was decided. GUI thread; owned by the main window.
#pragma once

#include "ui/models/liveticker.h"
#include "ui/models/requestlogmodel.h"
#include "ui/pages/page.h"

class QHBoxLayout;
class QStackedWidget;

namespace sluice::session {
class ConfigDraft;
class LiveUsage;
} // namespace sluice::session

namespace sluice::ui {

struct SmallestChange;
class EmptyState;
class FilterController;
class FilterEdit;
class FlatButton;
class LiveTable;
class RequestDetail;
class TabBar;

class RequestsPage final : public Page
{
    Q_OBJECT

public:
    /// All three must outlive the page. usage supplies the running configuration and the clock.
    RequestsPage(session::RequestFeed &feed, session::LiveUsage &usage, session::ConfigDraft &draft,
        QWidget *parent = nullptr);
    ~RequestsPage() override;
    Q_DISABLE_COPY_MOVE(RequestsPage)

    /// The text of a filter.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canFreeze() const override { return true; }

    [[nodiscard]] bool canFollow() const override { return true; }

    void focusFilter() override;
    void followNewest() override;
    void setGatewayState(session::GatewaySession::State state, const QString &reason) override;

protected:
    void applyFrozen() override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setupUi();
    QHBoxLayout *createHead();
    QHBoxLayout *createFilterRow();
    void setupTable();
    void setupConnections();

    void updateRunning();
    void paint();
    void updateCounts();
    void updateEmptyState();
    void showEmptyState();
    void handleEmptyAction();
    void handleChosenRow(int row);
    void handleScroll(int value);
    void handleFiltering(bool filtering);
    void showDetail(const insight::RequestRecord &record);
    void draftChange(const SmallestChange &change);

    session::RequestFeed &m_feed;
    session::LiveUsage &m_usage;
    session::ConfigDraft &m_draft;
    RequestLogModel m_model;
    LiveTicker m_ticker;

    TabBar *m_tabs = nullptr;
    FlatButton *m_follow = nullptr;
    FlatButton *m_freeze = nullptr;
    FilterEdit *m_filterEdit = nullptr;
    FilterController *m_filter = nullptr;
    QStackedWidget *m_stack = nullptr;
    LiveTable *m_table = nullptr;
    EmptyState *m_empty = nullptr;
    RequestDetail *m_detail = nullptr;

    session::GatewaySession::State m_gatewayState = session::GatewaySession::State::Stopped;
    QString m_gatewayReason;
    bool m_isFollowing = true; ///< what the person wants
};

} // namespace sluice::ui
