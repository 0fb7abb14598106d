// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/usagehistory.h"

#include <algorithm>

namespace sluice::ui {

using session::History;
using session::LedgerQueries;

namespace {

constexpr std::chrono::milliseconds LeastInterval{2'000};
constexpr int Share = 50; ///< of the time, questions take one part at most

} // namespace

UsageHistory::UsageHistory(LedgerQueries *queries, const Clock &clock, QObject *parent)
    : QObject(parent), m_queries(queries), m_clock(clock)
{
    startOver();
}

UsageHistory::~UsageHistory() = default;

void UsageHistory::setSubject(const Conditions &conditions)
{
    if (conditions == m_conditions)
        return;
    m_conditions = conditions;
    startOver();
}

void UsageHistory::setRange(HistoryRange range)
{
    if (range == m_range)
        return;
    m_range = range;
    startOver();
}

void UsageHistory::setRecording(bool isRecording)
{
    if (isRecording == m_isRecording)
        return;
    m_isRecording = isRecording;
    startOver();
}

// The axis is there at once; the figures come with the answer.
void UsageHistory::startOver()
{
    m_state = State::Waiting;
    m_history = {};
    m_history.edges = historyEdges(m_range, m_clock.wall(), m_isRecording);
    m_history.steps.resize(m_history.edges.size() - 1);
    m_sinceAsked.invalidate();
    Q_EMIT changed();
}

void UsageHistory::refresh()
{
    if (m_queries == nullptr || m_conditions.empty())
        return;
    // What is answered at once is asked often, what takes long is asked seldom.
    const auto patience =
        std::min(std::max(LeastInterval, Share * m_took), refreshInterval(m_range));
    const bool isOld = !m_sinceAsked.isValid() || m_sinceAsked.elapsed() >= patience.count();
    if (isOld && (!m_isAsking || !m_sinceAsked.isValid()))
        ask();
}

void UsageHistory::ask()
{
    m_sinceAsked.start();
    if (m_range == HistoryRange::Hour && !m_isRecording) {
        take(Error{ErrorCode::Refused, {}, {}}); // nobody counts minutes
        return;
    }
    m_isAsking = true;
    m_queries->askHistory(
        {.edges = historyEdges(m_range, m_clock.wall(), m_isRecording), .where = m_conditions},
        this, [this](const Result<History> &answer) { take(answer); });
}

void UsageHistory::take(const Result<History> &answer)
{
    m_isAsking = false;
    if (answer) {
        m_state = State::Ready;
        m_history = *answer;
    } else if (answer.error().code != ErrorCode::Cancelled) {
        m_state = State::Failed;
        m_problem = answer.error();
        m_history.steps.assign(m_history.edges.size() - 1, {});
        m_history.total = {};
    }
    m_took = std::chrono::milliseconds(m_sinceAsked.elapsed());
    Q_EMIT changed();
}

} // namespace sluice::ui
