// SPDX-License-Identifier: GPL-3.0-or-later
// Usage: every key, user or property value with its tightest limit, live; below, the chain of
// limits and the bucket of the selected one. GUI thread; owned by the main window.
#pragma once

#include "ui/models/liveticker.h"
#include "ui/models/usagemodel.h"
#include "ui/pages/page.h"

#include <map>

class QHBoxLayout;
class QLabel;
class QStackedWidget;

namespace sluice::session {
class RequestFeed;
}

namespace sluice::ui {

class EmptyState;
class FilterController;
class FilterEdit;
class FlatButton;
class LiveTable;
class TabBar;
class UsageDetail;

class UsagePage final : public Page
{
    Q_OBJECT

public:
    /// usage and feed must outlive the page.
    UsagePage(session::LiveUsage &usage, session::RequestFeed &feed, QWidget *parent = nullptr);
    ~UsagePage() override;
    Q_DISABLE_COPY_MOVE(UsagePage)

    /// "key:ci", "user:alice" or "prop.tenant:acme" selects a subject.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canFreeze() const override { return true; }

    [[nodiscard]] bool canSort() const override { return true; }

    void sortNow() override;
    void focusFilter() override;
    void setGatewayState(session::GatewaySession::State state, const QString &reason) override;
    void setStale(bool stale) override;

protected:
    void applyFrozen() override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    enum Tab { KeysTab, UsersTab, PropertiesTab };

    void setupUi();
    QHBoxLayout *createHead();
    QHBoxLayout *createFilterRow();
    void setupTable();
    void setupConnections();

    void updateRunning();
    void paint();
    void order();
    void updateCounts();
    void updateEmptyState();
    void showEmptyState();
    void handleEmptyAction();
    void lookForProperties();
    void showProperty(const QByteArray &name);
    void showModel(const limits::Segment &segment);
    void showTab(int tab);
    void selectSubject(const limits::Segment &segment, const QByteArray &value);
    void handleChosenRow(int row);
    void showRequests(int subject);

    session::LiveUsage &m_usage;
    session::RequestFeed &m_feed;
    std::map<QByteArray, std::unique_ptr<UsageModel>> m_models; ///< by segment, see cpp
    UsageModel *m_model = nullptr; ///< shown now
    LiveTicker m_ticker;

    TabBar *m_tabs = nullptr;
    FlatButton *m_property = nullptr;
    QWidget *m_pausedPill = nullptr;
    QLabel *m_pausedReason = nullptr;
    FlatButton *m_freeze = nullptr;
    FilterEdit *m_filterEdit = nullptr;
    FilterController *m_filter = nullptr;
    QStackedWidget *m_stack = nullptr;
    LiveTable *m_table = nullptr;
    EmptyState *m_empty = nullptr;
    UsageDetail *m_detail = nullptr;

    FilterQuery m_query;
    QList<QByteArray> m_properties; ///< names seen
    QByteArray m_propertyName; ///< shown in the properties tab
    int m_scannedSubjects = 0;
    session::GatewaySession::State m_gatewayState = session::GatewaySession::State::Stopped;
    QString m_gatewayReason;
    bool m_isStale = false;
};

} // namespace sluice::ui
