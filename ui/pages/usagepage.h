// SPDX-License-Identifier: GPL-3.0-or-later
// Usage: every key, user, team, member or property value with its tightest limit, live; below, the
// chain of limits and the bucket of the selected one. GUI thread; owned by the main window.
#pragma once

#include "ui/models/usagemodel.h"
#include "ui/pages/livepage.h"

#include <map>

class QLabel;

namespace sluice::session {
class LimitOperations;
class RequestFeed;
} // namespace sluice::session

namespace sluice::ui {

class FlatButton;
class OperationActions;
class Segmented;
class UsageDetail;

class UsagePage final : public LivePage
{
    Q_OBJECT

public:
    /// usage, feed and operations must outlive the page. Without operations counters can be looked
    /// at only.
    UsagePage(session::LiveUsage &usage, session::RequestFeed &feed,
        session::LimitOperations *operations = nullptr, QWidget *parent = nullptr);
    ~UsagePage() override;
    Q_DISABLE_COPY_MOVE(UsagePage)

    /// "key:ci", "member:core/alice", "prop.tenant:acme" selects a subject.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canSort() const override { return true; }

    void sortNow() override;
    void setStale(bool stale) override;

protected:
    void paint() override;
    [[nodiscard]] bool isListEmpty() const override;
    [[nodiscard]] int totalCount() const override;
    [[nodiscard]] bool hasDetail() const override;
    [[nodiscard]] EmptyReason emptyReason() const override;

private:
    void setupTable();
    void setupHead();
    void setupPausedPill();
    void setupUnits();
    void setupConnections();

    void order();
    void updateCounts();
    void lookForProperties();
    void showProperty(const QByteArray &name);
    void showModel(const limits::Segment &segment);
    void showTab(int tab);
    void showUnit(int unit);
    void showMarks();
    void showRowMenu(const QPoint &position);
    void selectSubject(const insight::SubjectId &id);
    void handleChosenRow(int row);
    void showRequests(int subject);

    session::LiveUsage &m_usage;
    session::RequestFeed &m_feed;
    std::map<QByteArray, std::unique_ptr<UsageModel>> m_models; ///< by segment, see cpp
    UsageModel *m_model = nullptr; ///< shown now

    OperationActions *m_actions = nullptr;
    FlatButton *m_property = nullptr;
    Segmented *m_units = nullptr;
    QWidget *m_pausedPill = nullptr;
    QLabel *m_pausedReason = nullptr;
    UsageDetail *m_detail = nullptr;

    FilterQuery m_query;
    QList<QByteArray> m_properties; ///< names seen
    QByteArray m_propertyName; ///< shown in the properties tab
    int m_scannedSubjects = 0;
    UnitView m_view = UnitView::Tightest;
    bool m_isStale = false;
};

} // namespace sluice::ui
