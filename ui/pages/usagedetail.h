// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Usage page: one subject, its chain of limits and the bucket of one of them.
// GUI thread; owned by the page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/belongings.h"

#include <QWidget>

class QLabel;

namespace sluice::session {
class RequestFeed;
}

namespace sluice::ui {

class BucketWidget;
class ChainModel;
class ChainTable;
class FlatButton;

class UsageDetail final : public QWidget
{
    Q_OBJECT

public:
    /// usage and feed must outlive the widget.
    UsageDetail(session::LiveUsage &usage, session::RequestFeed &feed, QWidget *parent = nullptr);
    ~UsageDetail() override;
    Q_DISABLE_COPY_MOVE(UsageDetail)

    /// Index into the usage book; -1 = none.
    void setSubject(int subject);

    [[nodiscard]] int subject() const { return m_subject; }

    /// 4 Hz: reads the figures of the subject anew.
    void refresh();

Q_SIGNALS:
    void limitRequested(const QByteArray &name); ///< edit this limit
    void requestsRequested(int subject);
    void lineRequested(int line);

private:
    void setupUi();
    QWidget *createHead();
    QWidget *createBody();
    QWidget *createChainColumn();
    QWidget *createBucketColumn();
    void chooseRow(int row);
    void updateHead();
    void updateChainTitle(const std::vector<insight::ChainState> &chain);
    void updateBucket(const std::vector<insight::ChainState> &chain);
    [[nodiscard]] int shownLink(const std::vector<insight::ChainState> &chain) const;

    session::LiveUsage &m_usage;
    session::RequestFeed &m_feed;
    ChainModel *m_chain;
    Belongings m_belongings;
    int m_subject = -1;
    QByteArray m_chosenLimit; ///< by the person; empty = the tightest
    QByteArray m_shownLimit; ///< whose bucket is drawn

    QLabel *m_name = nullptr;
    QLabel *m_who = nullptr;
    FlatButton *m_editLimit = nullptr;
    QLabel *m_chainTitle = nullptr;
    ChainTable *m_table = nullptr;
    QWidget *m_bucketColumn = nullptr;
    QLabel *m_bucketTitle = nullptr;
    QLabel *m_bucketText = nullptr;
    BucketWidget *m_bucket = nullptr;
};

} // namespace sluice::ui
