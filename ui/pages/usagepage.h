// SPDX-License-Identifier: GPL-3.0-or-later
// Usage: every key, user, team, member or property value with its tightest limit, live; below, the
// chain of limits and the bucket of the selected one. And every model with what it used and cost.
// GUI thread; owned by the main window.
#pragma once

#include "ui/models/modelusagemodel.h"
#include "ui/models/usagehistory.h"
#include "ui/models/usagemodel.h"
#include "ui/pages/livepage.h"

#include <map>

class QLabel;
class QMenu;
class QStackedWidget;

namespace sluice::session {
class LedgerQueries;
class LimitOperations;
class RequestFeed;
} // namespace sluice::session

namespace sluice::ui {

class FlatButton;
class ModelDetail;
class OperationActions;
class PriceBar;
class Segmented;
class UsageDetail;

class UsagePage final : public LivePage
{
    Q_OBJECT

public:
    /// All must outlive the page. Without operations counters can be looked at only, without a
    /// ledger there is no history.
    UsagePage(session::LiveUsage &usage, session::RequestFeed &feed,
        session::LimitOperations *operations = nullptr, session::LedgerQueries *ledger = nullptr,
        QWidget *parent = nullptr);
    ~UsagePage() override;
    Q_DISABLE_COPY_MOVE(UsagePage)

    /// "key:ci", "member:core/alice", "prop.tenant:acme" selects a subject, "model:openai/gpt-4o" a
    /// model.
    void showTarget(const QString &target) override;

    [[nodiscard]] bool canSort() const override { return true; }

    [[nodiscard]] bool hasCommands() const override { return true; }

    /// Those of the selected row.
    void addCommands(QMenu *menu) override;
    void sortNow() override;
    void setStale(bool stale) override;

protected:
    void paint() override;
    [[nodiscard]] bool isListEmpty() const override;
    [[nodiscard]] int totalCount() const override;
    [[nodiscard]] bool hasDetail() const override;
    [[nodiscard]] EmptyReason emptyReason() const override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void setupTable();
    void setupDetails();
    void setupHead();
    void setupPausedPill();
    void setupUnits();
    void setupConnections();

    void order();
    void updateCounts();
    void lookForProperties();
    void showProperty(const QByteArray &name);
    void showSubjects(const limits::Segment &segment);
    void showModels();
    void showList(OrderedModel &list);
    void showKind();
    void showTab(int tab);
    void showUnit(int unit);
    void showMarks();
    void followRecording();
    void showRowMenu(const QPoint &position);
    void addSubjectActions(QMenu *menu);
    void selectSubject(const insight::SubjectId &id);
    void selectModel(const QByteArray &name);
    void selectRow(int row);
    void handleChosenRow(int row);
    void handleOpenedRow(int row);
    void showRequests(int subject);
    void showModelRequests(int model);
    [[nodiscard]] bool isShowingModels() const;

    session::LiveUsage &m_usage;
    session::RequestFeed &m_feed;
    std::map<QByteArray, std::unique_ptr<UsageModel>> m_subjectModels; ///< by segment, see cpp
    UsageModel *m_subjects = nullptr; ///< shown now or before the models
    ModelUsageModel m_models;
    UsageHistory m_history; ///< of the selected row
    OrderedModel *m_list = nullptr; ///< shown now

    PriceBar *m_prices = nullptr;
    OperationActions *m_actions = nullptr;
    FlatButton *m_property = nullptr;
    Segmented *m_units = nullptr;
    QWidget *m_pausedPill = nullptr;
    QLabel *m_pausedReason = nullptr;
    QStackedWidget *m_details = nullptr; ///< of a subject or of a model
    UsageDetail *m_detail = nullptr;
    ModelDetail *m_modelDetail = nullptr;

    FilterQuery m_query;
    QList<QByteArray> m_properties; ///< names seen
    QByteArray m_propertyName; ///< shown in the properties tab
    int m_scannedSubjects = 0;
    UnitView m_view = UnitView::Tightest;

    struct Sorting
    {
        int column = 0;
        Qt::SortOrder order = Qt::DescendingOrder;
    };

    Sorting m_subjectSorting{UsageColumn::GaugeColumn}; ///< while models are shown
    Sorting m_modelSorting{ModelColumn::CostColumn}; ///< while subjects are shown
    bool m_isStale = false;
};

} // namespace sluice::ui
