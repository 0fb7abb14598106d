// SPDX-License-Identifier: GPL-3.0-or-later
// What one subject used over time, read from the ledger: asks anew when subject or range change and
// when the figures have become old, keeps what it was told. GUI thread; owned by the Usage page.
#pragma once

#include "core/base/clock.h"
#include "core/session/ledgerqueries.h"
#include "ui/models/historyrange.h"

#include <QElapsedTimer>

namespace sluice::ui {

class UsageHistory final : public QObject
{
    Q_OBJECT

public:
    using Conditions = std::vector<session::HistoryQuestion::Condition>;

    enum class State : quint8 {
        Waiting, ///< for the first answer
        Ready,
        Failed, ///< see problem()
    };

    /// queries and clock must outlive this object. Without queries it waits for ever.
    UsageHistory(session::LedgerQueries *queries, const Clock &clock, QObject *parent = nullptr);
    ~UsageHistory() override;
    Q_DISABLE_COPY_MOVE(UsageHistory)

    [[nodiscard]] bool isAvailable() const { return m_queries != nullptr; }

    /// Whose usage; figures of another one go at once.
    void setSubject(const Conditions &conditions);
    void setRange(HistoryRange range);

    [[nodiscard]] HistoryRange range() const { return m_range; }

    /// Whether every request becomes a row, or sums by the hour are all that is kept.
    void setRecording(bool isRecording);

    [[nodiscard]] bool isRecording() const { return m_isRecording; }

    /// Asks if what is known is too old; cheap, may be called with every paint.
    void refresh();

    [[nodiscard]] State state() const { return m_state; }

    /// Empty steps while it waits or has failed.
    [[nodiscard]] const session::History &history() const { return m_history; }

    [[nodiscard]] const Error &problem() const { return m_problem; }

Q_SIGNALS:
    void changed();

private:
    void startOver();
    void ask();
    void take(const Result<session::History> &answer);

    session::LedgerQueries *m_queries;
    const Clock &m_clock;
    Conditions m_conditions;
    HistoryRange m_range = HistoryRange::Day;
    State m_state = State::Waiting;
    session::History m_history;
    Error m_problem;
    QElapsedTimer m_sinceAsked; ///< invalid: not asked yet
    std::chrono::milliseconds m_took{0}; ///< the last answer
    bool m_isAsking = false;
    bool m_isRecording = true;
};

} // namespace sluice::ui
