// SPDX-License-Identifier: GPL-3.0-or-later
// How a PostgresStore finds its server, loses it and finds it again.
#include "core/base/logging.h"
#include "core/stores/postgres/postgresstore.h"

#include <algorithm>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using namespace sluice::limits;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

milliseconds untilAtLeast(EngineTime wait)
{
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wait));
}

} // namespace

// --- up and down ---------------------------------------------------------------------------------

void PostgresStore::connectServer()
{
    m_isOpening = true;
    m_deadlineTimer.start(m_timeout);
    m_connection->open();
}

/// Nothing counts for a gateway that has no lease, so that comes first.
void PostgresStore::opened()
{
    renew();
}

void PostgresStore::failed(const QString &problem)
{
    m_state = State::Down;
    m_isOpening = false;
    m_problem = problem;
    for (QTimer *timer : {&m_sendTimer, &m_deadlineTimer, &m_renewalTimer, &m_releaseTimer})
        timer->stop();
    std::deque<Sent> sent = std::exchange(m_sent, {});
    const std::deque<Waiting> waiting = std::exchange(m_waiting, {});
    reconnectLater();
    tell(false, problem);
    // Back to front, so that settlements keep their order.
    for (auto it = sent.rbegin(); it != sent.rend(); ++it)
        m_settlements.putBack(std::move(it->settlements));
    const Error error = downError();
    for (Sent &each : sent)
        forget(each, error);
    for (const Waiting &each : waiting)
        each.answered(error);
}

/// Nobody knows whether the server has carried it out.
void PostgresStore::forget(Sent &sent, const Error &error)
{
    rememberLost(sent);
    for (const Waiting &waiting : sent.waiting) {
        m_settlements.addLost(waiting.batch, waiting.deadline);
        waiting.answered(error);
    }
    if (sent.done)
        sent.done(error);
}

void PostgresStore::rememberLost(const Sent &sent)
{
    Lost lost = sent.lost;
    if (sent.kind == Kind::Reserve)
        lost = {sent.number, {}, sent.deadline};
    for (const Waiting &waiting : sent.waiting) {
        for (const StoreStep &step : waiting.batch.steps) {
            if (!step.isHeld)
                lost.keys.push_back(step.key);
        }
    }
    if (!lost.keys.empty())
        m_lost.push_back(std::move(lost));
}

/// Like SettlementQueue::release(): once now, and once more when they are too late for the server.
void PostgresStore::undoLost(EngineTime now)
{
    for (const Lost &lost : m_lost) {
        Sent sent;
        sent.kind = Kind::Undo;
        sent.deadline = deadline();
        sent.call = undoCall(caller(lost.number), timesUntil(sent.deadline), lost.keys);
        sent.lost = lost;
        send(std::move(sent));
    }
    std::erase_if(m_lost, [now](const Lost &lost) { return lost.until < now; });
}

/// Gateways that were cut off together do not come back together.
void PostgresStore::reconnectLater()
{
    const auto whole = static_cast<int>(m_retryIn.count());
    m_retryTimer.start(whole - m_random.bounded(whole / 4 + 1));
    m_retryIn = std::min(m_retryIn * 2, m_options.lastRetry);
}

void PostgresStore::releaseLost()
{
    if (!isUp())
        return;
    const EngineTime now = m_clock.now();
    m_settlements.release(now);
    undoLost(now);
    std::optional<EngineTime> next = m_settlements.nextRelease();
    for (const Lost &lost : m_lost)
        next = std::max(next.value_or(lost.until), lost.until);
    if (next)
        m_releaseTimer.start(untilAtLeast(*next - now) + 10ms);
    reportDropped();
    schedule();
}

void PostgresStore::reportDropped()
{
    if (const size_t dropped = m_settlements.takeDropped(); dropped > 0)
        qCWarning(lcLimits).noquote()
            << u"PostgreSQL has been away for so long that %1 settlements were given up: those "
               "requests stay charged as they were estimated"_s.arg(dropped);
}

void PostgresStore::tell(bool isUp, const QString &problem)
{
    if (isUp == m_toldUp && problem == m_toldProblem)
        return;
    m_toldUp = isUp;
    m_toldProblem = problem;
    if (m_listener)
        m_listener(isUp, problem);
}

// --- deadlines -----------------------------------------------------------------------------------

/// All wait equally long, so the first of each queue is the first of all.
void PostgresStore::watchDeadline()
{
    if (m_isOpening)
        return; // the connection has its own deadline, which is earlier
    std::optional<EngineTime> first;
    for (const Sent &sent : m_sent)
        first = std::min(first.value_or(sent.deadline), sent.deadline);
    if (!m_waiting.empty())
        first = std::min(first.value_or(m_waiting.front().deadline), m_waiting.front().deadline);
    if (!first)
        return m_deadlineTimer.stop();
    const milliseconds wait = untilAtLeast(*first - m_clock.now());
    if (!m_deadlineTimer.isActive() || m_deadlineTimer.remainingTimeAsDuration() != wait)
        m_deadlineTimer.start(wait);
}

void PostgresStore::checkDeadline()
{
    m_connection->close();
    failed(u"PostgreSQL at %1 does not answer within %2 ms: check that it runs, and host and port "
           "in url"_s.arg(m_connection->place().address.where())
               .arg(m_timeout.count()));
}

} // namespace sluice::stores
