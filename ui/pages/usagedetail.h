// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Usage page: one subject, its chain of limits and the bucket of one of them.
// GUI thread; owned by the page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/belongings.h"
#include "ui/models/usagefigures.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QMenu;
class QStackedWidget;

namespace sluice::session {
class RequestFeed;
}

namespace sluice::ui {

class ChainModel;
class ChainTable;
class CounterDrawing;
class FlatButton;
class HistoryColumn;
class HistoryPane;
class MarkLabel;
class OperationActions;
class UsageHistory;

class UsageDetail final : public QWidget
{
    Q_OBJECT

public:
    /// All four must outlive the widget. history is that of the subject, which the page tells it.
    UsageDetail(session::LiveUsage &usage, session::RequestFeed &feed, OperationActions &actions,
        UsageHistory &history, QWidget *parent = nullptr);
    ~UsageDetail() override;
    Q_DISABLE_COPY_MOVE(UsageDetail)

    /// Index into the usage book; -1 = none.
    void setSubject(int subject);

    [[nodiscard]] int subject() const { return m_subject; }

    /// Which limits the bucket is chosen from while the person has chosen none.
    void setUnitView(UnitView view);

    /// Adds Edit limit and Show requests to a menu.
    void addActions(QMenu *menu);

    /// 4 Hz: reads the figures of the subject anew.
    void refresh();

Q_SIGNALS:
    void limitRequested(const QByteArray &name); ///< edit this limit
    void requestsRequested(int subject);
    void lineRequested(int line);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void setupUi();
    QWidget *createHead();
    void addButtons(QHBoxLayout *layout);
    QWidget *createBody();
    QWidget *createColumns();
    QWidget *createChainColumn();
    QWidget *createBucketColumn();
    void chooseRow(int row);
    void updateHead();
    void updateMark();
    void updateChainTitle(const std::vector<insight::ChainState> &chain);
    void updateBucket(const std::vector<insight::ChainState> &chain);
    [[nodiscard]] int shownLink(const std::vector<insight::ChainState> &chain) const;

    session::LiveUsage &m_usage;
    session::RequestFeed &m_feed;
    OperationActions &m_actions;
    UsageHistory &m_history;
    ChainModel *m_chain;
    Belongings m_belongings;
    UnitView m_view = UnitView::Tightest;
    int m_subject = -1;
    QByteArray m_chosenLimit; ///< by the person; empty = the tightest
    QByteArray m_shownLimit; ///< whose bucket is drawn

    QLabel *m_name = nullptr;
    QLabel *m_who = nullptr;
    MarkLabel *m_mark = nullptr; ///< blocked
    FlatButton *m_editLimit = nullptr;
    FlatButton *m_showHistory = nullptr;
    QStackedWidget *m_body = nullptr; ///< limits, or all of the history
    HistoryColumn *m_historyColumn = nullptr;
    HistoryPane *m_historyPane = nullptr;
    QLabel *m_chainTitle = nullptr;
    ChainTable *m_table = nullptr;
    QWidget *m_bucketColumn = nullptr;
    QLabel *m_bucketTitle = nullptr;
    QLabel *m_bucketText = nullptr;
    CounterDrawing *m_drawing = nullptr;
};

} // namespace sluice::ui
