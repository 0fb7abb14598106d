// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresstore.h"

#include "core/base/logging.h"

#include <libpq-fe.h>

#include <algorithm>
#include <atomic>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using namespace sluice::limits;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

// One is carried out while the next one waits in the server's socket.
constexpr qsizetype MaxCalls = 2;

// A call locks as many counters as it has steps, and the server's lock table is bounded.
constexpr size_t MaxBatches = 32;
constexpr size_t MaxSettlements = 128;

milliseconds untilAtLeast(EngineTime wait)
{
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wait));
}

Error timeoutError()
{
    return {ErrorCode::Timeout, u"PostgreSQL did not answer within connection-timeout"_s, {}};
}

/// Two transactions stood in each other's way; neither has done anything.
bool isConflict(const PGresult &result)
{
    const QByteArrayView state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
    return state == "40001" || state == "40P01";
}

/// Apart for each store of this process.
QByteArray nextNumber()
{
    static std::atomic<int> s_number = 0;
    return QByteArray::number(++s_number);
}

Result<PostgresPlace> placeOf(const config::Store &store)
{
    return PostgresAddress::parse(store.url).and_then(
        [&store](const PostgresAddress &address) -> Result<PostgresPlace> {
            const Result<PostgresSchema> schema = PostgresSchema::forPrefix(store.keyPrefix);
            if (!schema)
                return schema.error();
            return PostgresPlace{address, schema->name()};
        });
}

} // namespace

PostgresStore::PostgresStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, Listener listener, const Options &options)
    : m_identity(std::move(identity)),
      m_clock(options.clock != nullptr ? *options.clock : m_ownClock),
      m_timeout(store.connectionTimeout),
      m_options(options),
      m_listener(std::move(listener)),
      m_random(options.seed),
      m_retryIn(options.firstRetry),
      m_settlements(options.maxSettlements),
      m_name(m_identity->name() + '/' + nextNumber())
{
    connectTimers();
    const Result<PostgresPlace> place = placeOf(store);
    if (!place) {
        m_problem = place.error().message;
        m_state = State::Down;
        QTimer::singleShot(0, &m_retryTimer, [this] { tell(false, m_problem); });
        return;
    }
    m_connection = std::make_unique<PostgresConnection>(place->address,
        PostgresSchema::forPrefix(store.keyPrefix).value(), m_timeout,
        PostgresConnection::Events{[this] { opened(); },
            [this](const pg_result &result) { answered(result); },
            [this](const QString &problem) { failed(problem); }});
    m_retryTimer.start(0);
}

PostgresStore::~PostgresStore()
{
    // What can be settled without waiting is.
    if (isUp() && !m_settlements.isEmpty()) {
        sendSettlements();
        m_connection->flush();
    }
    m_state = State::Down;
    const Error error{ErrorCode::Cancelled, u"The PostgreSQL store is being closed"_s, {}};
    for (Sent &sent : std::exchange(m_sent, {}))
        forget(sent, error);
    for (const Waiting &waiting : std::exchange(m_waiting, {}))
        waiting.answered(error);
}

Result<QByteArray> PostgresStore::schemaSql(const config::Store &store)
{
    const Result<PostgresPlace> place = placeOf(store);
    if (!place)
        return place.error();
    return PostgresSchema::forPrefix(store.keyPrefix)->forAdministrators(place->address.user());
}

void PostgresStore::connectTimers()
{
    for (QTimer *timer :
        {&m_sendTimer, &m_deadlineTimer, &m_renewalTimer, &m_retryTimer, &m_releaseTimer}) {
        timer->setSingleShot(true);
        timer->setTimerType(Qt::PreciseTimer);
    }
    QObject::connect(&m_sendTimer, &QTimer::timeout, &m_sendTimer, [this] { sendWaiting(); });
    QObject::connect(
        &m_deadlineTimer, &QTimer::timeout, &m_deadlineTimer, [this] { checkDeadline(); });
    QObject::connect(&m_renewalTimer, &QTimer::timeout, &m_renewalTimer, [this] { renew(); });
    QObject::connect(&m_retryTimer, &QTimer::timeout, &m_retryTimer, [this] { connectServer(); });
    QObject::connect(&m_releaseTimer, &QTimer::timeout, &m_releaseTimer, [this] { releaseLost(); });
}

// --- asking --------------------------------------------------------------------------------------

void PostgresStore::reserve(const StoreBatch &batch, Answered answered)
{
    if (m_state == State::Down)
        return answered(downError());
    if (batch.steps.empty())
        return answered(StoreAnswer{Instant(m_clock.now() + m_offset), true, {}});
    m_waiting.push_back({batch, std::move(answered), deadline()});
    watchDeadline();
    schedule();
}

void PostgresStore::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    m_settlements.add(reservation, settlements);
    reportDropped();
    schedule();
}

void PostgresStore::merge(const std::vector<StoreMerge> &merges, Done done)
{
    const EngineTime until = deadline();
    change(mergeCall(timesUntil(until), merges), until, std::move(done));
}

void PostgresStore::reset(const std::vector<QByteArray> &keys, Done done)
{
    const EngineTime until = deadline();
    change(resetCall(timesUntil(until), keys), until, std::move(done));
}

void PostgresStore::change(PostgresCall call, EngineTime deadline, Done done)
{
    if (!isUp())
        return done(downError());
    // What was settled before is carried out before.
    while (!m_settlements.isEmpty())
        sendSettlements();
    Sent sent;
    sent.kind = Kind::Change;
    sent.call = std::move(call);
    sent.deadline = deadline;
    sent.done = std::move(done);
    send(std::move(sent));
}

Error PostgresStore::downError() const
{
    const QString problem = m_problem.isEmpty() ? u"PostgreSQL is not connected yet"_s : m_problem;
    return {ErrorCode::Io, problem, {}};
}

PostgresCaller PostgresStore::caller(qint64 number) const
{
    return {m_identity->name(), m_name, number};
}

PostgresTimes PostgresStore::timesUntil(EngineTime deadline) const
{
    return {deadline + m_offset, m_options.testClock ? m_options.testClock() : std::nullopt};
}

// --- sending -------------------------------------------------------------------------------------

void PostgresStore::schedule()
{
    if (isUp() && !m_sendTimer.isActive() && static_cast<qsizetype>(m_sent.size()) < MaxCalls)
        m_sendTimer.start(0);
}

void PostgresStore::sendWaiting()
{
    if (!isUp())
        return;
    // Settlements first: they make room.
    if (!m_settlements.isEmpty())
        sendSettlements();
    if (!m_waiting.empty())
        sendReserves();
    m_connection->flush();
    if (!m_settlements.isEmpty() || !m_waiting.empty())
        schedule();
}

void PostgresStore::sendSettlements()
{
    Sent sent;
    sent.kind = Kind::Settle;
    sent.deadline = deadline();
    sent.settlements = m_settlements.take(MaxSettlements);
    sent.call = settleCall(timesUntil(sent.deadline), sent.settlements);
    send(std::move(sent));
}

void PostgresStore::sendReserves()
{
    Sent sent;
    sent.kind = Kind::Reserve;
    sent.deadline = m_waiting.front().deadline;
    sent.number = m_calls++;
    std::vector<const StoreBatch *> batches;
    while (!m_waiting.empty() && sent.waiting.size() < MaxBatches) {
        sent.waiting.push_back(std::move(m_waiting.front()));
        m_waiting.pop_front();
    }
    for (const Waiting &waiting : sent.waiting)
        batches.push_back(&waiting.batch);
    sent.call = reserveCall(caller(sent.number), timesUntil(sent.deadline), batches);
    send(std::move(sent));
}

void PostgresStore::send(Sent sent)
{
    m_sent.push_back(std::move(sent));
    m_connection->send(m_sent.back().call);
    watchDeadline();
}

void PostgresStore::renew()
{
    Sent sent;
    sent.call = renewCall(m_identity->name(), m_options.lease, m_options.maxSwept);
    sent.deadline = deadline();
    send(std::move(sent));
    m_connection->flush();
}

// --- answers -------------------------------------------------------------------------------------

void PostgresStore::answered(const pg_result &result)
{
    Sent sent = std::move(m_sent.front());
    m_sent.pop_front();
    if (PQresultStatus(&result) != PGRES_TUPLES_OK) {
        if (retry(sent, result))
            return;
        const QString message = QString::fromUtf8(PQresultErrorMessage(&result));
        const QByteArrayView state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
        m_sent.push_front(std::move(sent)); // nothing was done, but it fails like the others
        m_connection->close();
        return failed(postgresProblem(m_connection->place(), state, message));
    }
    if (sent.kind == Kind::Reserve)
        decided(sent, result);
    else
        received(sent, result);
    watchDeadline();
    if (!m_waiting.empty() || !m_settlements.isEmpty())
        schedule();
}

bool PostgresStore::retry(Sent &sent, const pg_result &result)
{
    if (sent.isSecondTry || !isConflict(result))
        return false;
    sent.isSecondTry = true;
    send(std::move(sent));
    m_connection->flush();
    return true;
}

void PostgresStore::decided(Sent &sent, const pg_result &result)
{
    std::vector<const StoreBatch *> batches;
    for (const Waiting &waiting : sent.waiting)
        batches.push_back(&waiting.batch);
    const std::optional<PostgresDecisions> decisions = readDecisions(result, batches);
    if (!decisions) {
        m_sent.push_front(std::move(sent));
        m_connection->close();
        return failed(postgresProblem(m_connection->place(), {}, u"unexpected answer"_s));
    }
    if (!m_options.testClock)
        m_offset = decisions->now - m_clock.now();
    if (decisions->wasLate)
        tryAgain(std::move(sent.waiting));
    else
        answer(sent.waiting, *decisions);
}

void PostgresStore::answer(std::vector<Waiting> &waiting, const PostgresDecisions &decisions)
{
    for (size_t i = 0; i < waiting.size(); ++i)
        waiting[i].answered(decisions.answers[i]);
}

/// The server has done nothing; perhaps its clock is another one than we thought.
void PostgresStore::tryAgain(std::vector<Waiting> &&waiting)
{
    const EngineTime now = m_clock.now();
    std::vector<Waiting> expired;
    for (auto it = waiting.rbegin(); it != waiting.rend(); ++it) {
        if (it->isSecondTry || it->deadline <= now) {
            expired.push_back(std::move(*it));
        } else {
            it->isSecondTry = true;
            m_waiting.push_front(std::move(*it));
        }
    }
    for (const Waiting &each : expired)
        each.answered(timeoutError());
}

void PostgresStore::received(Sent &sent, const pg_result &result)
{
    const std::optional<PostgresReceipt> receipt = readReceipt(result);
    if (receipt && !receipt->wasLate)
        m_offset = receipt->now - m_clock.now();
    if (sent.kind == Kind::Change)
        return sent.done(receipt && !receipt->wasLate ? ::sluice::Result<void>() : timeoutError());
    if (sent.kind != Kind::Renew || !receipt)
        return;
    // As long as there is much to remove, little by little but soon.
    const bool isSwept = receipt->swept < m_options.maxSwept;
    m_renewalTimer.start(isSwept ? m_options.renewal : std::min(m_options.renewal, 100ms));
    if (isUp())
        return;
    m_state = State::Up;
    m_isOpening = false;
    m_retryIn = m_options.firstRetry;
    m_problem.clear();
    tell(true, {});
    releaseLost();
}

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

std::unique_ptr<CounterStore> makePostgresStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, CounterStore::Listener listener,
    const PostgresStore::Options &options)
{
    return std::make_unique<PostgresStore>(
        store, std::move(identity), std::move(listener), options);
}

} // namespace sluice::stores
