// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresstore.h"

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

void PostgresStore::merge(const QByteArray &id, const std::vector<StoreMerge> &merges, Done done)
{
    const EngineTime until = deadline();
    change(mergeCall(id, timesUntil(until), merges), until, std::move(done));
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

std::unique_ptr<CounterStore> makePostgresStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, CounterStore::Listener listener,
    const PostgresStore::Options &options)
{
    return std::make_unique<PostgresStore>(
        store, std::move(identity), std::move(listener), options);
}

} // namespace sluice::stores
