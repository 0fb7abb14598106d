// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: the live list, newest first, with tabs, filter and follow; below, how the selected one
// was decided. GUI thread; owned by the main window.
#pragma once

#include "ui/models/requestlogmodel.h"
#include "ui/pages/livepage.h"

namespace sluice::session {
class ConfigDraft;
class LedgerQueries;
class LiveUsage;
} // namespace sluice::session

namespace sluice::ui {

struct SmallestChange;
class FlatButton;
class PriceBar;
class RequestDetail;

class RequestsPage final : public LivePage
{
    Q_OBJECT

public:
    /// All must outlive the page. usage supplies the running configuration and the clock. Without a
    /// ledger the list ends with what is in memory.
    RequestsPage(session::RequestFeed &feed, session::LiveUsage &usage, session::ConfigDraft &draft,
        session::LedgerQueries *ledger = nullptr, QWidget *parent = nullptr);
    ~RequestsPage() override;
    Q_DISABLE_COPY_MOVE(RequestsPage)

    /// The text of a filter.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canFollow() const override { return true; }

    void followNewest() override;

protected:
    void paint() override;
    [[nodiscard]] bool isListEmpty() const override;
    [[nodiscard]] int totalCount() const override;
    [[nodiscard]] bool hasDetail() const override;
    [[nodiscard]] QString emptyTabTitle() const override;
    void hideEvent(QHideEvent *event) override;

private:
    void setupHead();
    void setupTable();
    void setupConnections();

    void updateCounts();
    [[nodiscard]] QString olderWords();
    void fetchOlder();
    void reportOlder();
    void handleChosenRow(int row);
    void handleScroll(int value);
    void handleFiltering(bool filtering);
    void showDetail(const insight::RequestRecord &record);
    void draftChange(const SmallestChange &change);

    session::RequestFeed &m_feed;
    session::LiveUsage &m_usage;
    session::ConfigDraft &m_draft;
    RequestLogModel m_model;

    PriceBar *m_prices = nullptr;
    FlatButton *m_follow = nullptr;
    RequestDetail *m_detail = nullptr;
    QString m_olderProblem; ///< that was reported last
    bool m_isFollowing = true; ///< what the person wants
};

} // namespace sluice::ui
