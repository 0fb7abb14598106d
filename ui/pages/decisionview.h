// SPDX-License-Identifier: GPL-3.0-or-later
// How one request was decided: the chain with the figures of that instant, what was sent, and what
// would have let it through. GUI thread; owned by the detail pane.
#pragma once

#include "core/insight/requestrecord.h"
#include "ui/pages/smallestchange.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace sluice::ui {

class ChainModel;
class ChainTable;

class DecisionView final : public QWidget
{
    Q_OBJECT

public:
    explicit DecisionView(QWidget *parent = nullptr);
    ~DecisionView() override;
    Q_DISABLE_COPY_MOVE(DecisionView)

    void showDecision(
        const insight::RequestRecord &record, const std::optional<SmallestChange> &change);

Q_SIGNALS:
    void lineRequested(int line);
    /// Put this into the draft.
    void changeRequested(const sluice::ui::SmallestChange &change);

private:
    QWidget *createChainColumn();
    QWidget *createAnswerColumn();
    void showRecorded(const insight::RequestRecord &record);
    void showChange();
    void showWait(const insight::RequestRecord &record);
    [[nodiscard]] static QString sentText(const insight::RequestRecord &record);

    ChainModel *m_chain;
    std::optional<SmallestChange> m_change;
    ChainTable *m_table = nullptr;
    QLabel *m_noLimit = nullptr;
    QLabel *m_sent = nullptr;
    QLabel *m_headline = nullptr;
    QLabel *m_changeText = nullptr;
    DiffView *m_diff = nullptr;
    QWidget *m_waitRow = nullptr;
    QLabel *m_wait = nullptr;
    QLabel *m_waitUntil = nullptr;
    QPushButton *m_draft = nullptr;
};

/// What happened to a request of the ledger, as far as it is recorded.
QString recordedHeadline(const insight::RequestRecord &record);

} // namespace sluice::ui
