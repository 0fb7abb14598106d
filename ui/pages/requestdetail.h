// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Requests page: one request, how it was decided and what is known of it.
// Keeps a copy of the record, which may leave the ring meanwhile. GUI thread; owned by the page.
#pragma once

#include "core/insight/requestrecord.h"
#include "ui/pages/smallestchange.h"

#include <QWidget>

class QStackedWidget;

namespace sluice::ui {

class DecisionView;
class FactForm;
class TabBar;

class RequestDetail final : public QWidget
{
    Q_OBJECT

public:
    explicit RequestDetail(QWidget *parent = nullptr);
    ~RequestDetail() override;
    Q_DISABLE_COPY_MOVE(RequestDetail)

    void showRecord(
        const insight::RequestRecord &record, const std::optional<SmallestChange> &change);
    void clear();

    /// 0 = none.
    [[nodiscard]] quint64 recordId() const { return m_recordId; }

Q_SIGNALS:
    void lineRequested(int line);
    void changeRequested(const sluice::ui::SmallestChange &change);

private:
    QWidget *createSummary();
    void showSummary(const insight::RequestRecord &record);
    void showUsage(const insight::RequestRecord &record);

    TabBar *m_tabs = nullptr;
    QStackedWidget *m_stack = nullptr;
    DecisionView *m_decision = nullptr;
    QWidget *m_summary = nullptr;
    FactForm *m_who = nullptr;
    FactForm *m_what = nullptr;
    FactForm *m_usage = nullptr; ///< tokens and money
    quint64 m_recordId = 0;
};

} // namespace sluice::ui
