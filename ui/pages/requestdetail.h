// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Requests page: one request, how it was decided and what is known of it.
// Keeps a copy of the record, which may leave the ring meanwhile. GUI thread; owned by the page.
#pragma once

#include "core/insight/requestrecord.h"
#include "ui/pages/smallestchange.h"

#include <QWidget>

class QStackedWidget;

namespace sluice::session {
class BodyQueries;
} // namespace sluice::session

namespace sluice::ui {

class BodyView;
class DecisionView;
class FactForm;
class RequestBodies;
class TabBar;

class RequestDetail final : public QWidget
{
    Q_OBJECT

public:
    explicit RequestDetail(QWidget *parent = nullptr);
    ~RequestDetail() override;
    Q_DISABLE_COPY_MOVE(RequestDetail)

    /// Where the bodies are; without it none is recorded.
    void readBodiesFrom(session::BodyQueries *bodies);

    /// keepsBodies: the running configuration records those of requests and answers.
    void showRecord(const insight::RequestRecord &record,
        const std::optional<SmallestChange> &change, bool keepsBodies);
    void clear();

    /// 0 = none.
    [[nodiscard]] quint64 recordId() const { return m_recordId; }

Q_SIGNALS:
    void lineRequested(int line);
    void changeRequested(const sluice::ui::SmallestChange &change);

private:
    void createTabs();
    QWidget *createSummary();
    void showTab(int tab);
    void showSummary(const insight::RequestRecord &record);
    void showUsage(const insight::RequestRecord &record);

    TabBar *m_tabs = nullptr;
    QStackedWidget *m_stack = nullptr;
    DecisionView *m_decision = nullptr;
    QWidget *m_summary = nullptr;
    FactForm *m_who = nullptr;
    FactForm *m_what = nullptr;
    FactForm *m_usage = nullptr; ///< tokens and money
    BodyView *m_request = nullptr;
    BodyView *m_answer = nullptr;
    RequestBodies *m_bodies = nullptr;
    quint64 m_recordId = 0;
};

} // namespace sluice::ui
