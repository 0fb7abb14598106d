// SPDX-License-Identifier: GPL-3.0-or-later
// Counters in PostgreSQL, shared by several gateways: each decision is one call of one function.
// One for each gateway thread, made, used and destroyed there, outside of its own callbacks; needs
// the thread's event loop.
//
// What is asked in one turn of the event loop, or while two calls are under way, travels as one
// call, in one transaction: the busier the server, the fewer times it waits for its disk.
#pragma once

#include "core/config/configuration.h"
#include "core/limits/counterstore.h"
#include "core/stores/gatewayidentity.h"
#include "core/stores/postgres/postgresconnection.h"
#include "core/stores/postgres/settlementqueue.h"

#include <QRandomGenerator>
#include <QTimer>

namespace sluice::stores {

class PostgresStore final : public limits::CounterStore
{
public:
    /// What tests and benchmarks change.
    struct Options
    {
        const Clock *clock = nullptr; ///< outlives the store; null: one of its own
        std::chrono::milliseconds lease{30'000}; ///< a gateway that is silent for so long is dead
        std::chrono::milliseconds renewal{10'000};
        std::chrono::milliseconds firstRetry{100}; ///< after a failure; doubles up to
        std::chrono::milliseconds lastRetry{5'000};
        quint32 seed = QRandomGenerator::global()->generate(); ///< of the jitter of retries
        size_t maxSettlements = 65'536; ///< kept while the server is down
        int maxSwept = 500; ///< rows of a kind that are removed at once
        /// Tests only: what the server takes for its clock. In production there is none.
        std::function<std::optional<EngineTime>()> testClock;
    };

    /// A URL or prefix that is no good is told to the listener soon, and then the store stays down.
    PostgresStore(const config::Store &store, std::shared_ptr<const GatewayIdentity> identity,
        Listener listener, const Options &options);
    ~PostgresStore() override;
    Q_DISABLE_COPY_MOVE(PostgresStore)

    /// What an administrator may run instead of the gateway, whose role then needs no right to
    /// create anything; idempotent. Invalid for a URL or prefix that is no good.
    static Result<QByteArray> schemaSql(const config::Store &store);

    [[nodiscard]] bool isUp() const override { return m_state == State::Up; }

    void reserve(const limits::StoreBatch &batch, Answered answered) override;
    void settle(const QByteArray &reservation,
        const std::vector<limits::StoreSettlement> &settlements) override;
    void merge(
        const QByteArray &id, const std::vector<limits::StoreMerge> &merges, Done done) override;
    void reset(const std::vector<QByteArray> &keys, Done done) override;

private:
    enum class State : quint8 { Starting, Up, Down };
    enum class Kind : quint8 { Reserve, Settle, Change, Renew, Undo };

    struct Waiting
    {
        limits::StoreBatch batch;
        Answered answered;
        EngineTime deadline{0}; ///< by our clock
        bool isSecondTry = false;
    };

    /// A call of reserve() whose answer is lost, and what it may have charged without a hold.
    struct Lost
    {
        qint64 number = 0;
        std::vector<QByteArray> keys;
        EngineTime until{0}; ///< by our clock: it cannot be carried out any more
    };

    /// A call that has not been answered.
    struct Sent
    {
        Kind kind = Kind::Renew;
        PostgresCall call;
        EngineTime deadline{0}; ///< by our clock
        qint64 number = 0; ///< Reserve
        std::vector<Waiting> waiting; ///< Reserve
        std::vector<PostgresSettlement> settlements; ///< Settle
        Done done; ///< Change
        Lost lost; ///< Undo
        bool isSecondTry = false;
    };

    void connectTimers();
    void connectServer();
    void opened();
    void renew();
    void schedule();
    void sendWaiting();
    void sendReserves();
    void sendSettlements();
    void change(PostgresCall call, EngineTime deadline, Done done);
    void send(Sent sent);
    void answered(const pg_result &result);
    bool retry(Sent &sent, const pg_result &result);
    void decided(Sent &sent, const pg_result &result);
    void answer(std::vector<Waiting> &waiting, const PostgresDecisions &decisions);
    void tryAgain(std::vector<Waiting> &&waiting);
    void received(Sent &sent, const pg_result &result);
    void failed(const QString &problem);
    void forget(Sent &sent, const Error &error);
    void rememberLost(const Sent &sent);
    void undoLost(EngineTime now);
    void reconnectLater();
    void releaseLost();
    void reportDropped();
    void tell(bool isUp, const QString &problem);
    void watchDeadline();
    void checkDeadline();

    [[nodiscard]] EngineTime deadline() const { return m_clock.now() + m_timeout; }

    [[nodiscard]] PostgresCaller caller(qint64 number) const;
    [[nodiscard]] PostgresTimes timesUntil(EngineTime deadline) const;
    [[nodiscard]] Error downError() const;

    const std::shared_ptr<const GatewayIdentity> m_identity;
    const SystemClock m_ownClock;
    const Clock &m_clock;
    const std::chrono::milliseconds m_timeout;
    const Options m_options;
    const Listener m_listener;
    std::unique_ptr<PostgresConnection> m_connection; ///< null: URL or prefix is no good
    QRandomGenerator m_random;
    State m_state = State::Starting;
    bool m_isOpening = false;
    QString m_problem; ///< why it is down
    bool m_toldUp = false; ///< what the listener was told last
    QString m_toldProblem;
    std::chrono::milliseconds m_retryIn;
    std::chrono::nanoseconds m_offset{0}; ///< the server's clock is at least so far ahead of ours
    std::deque<Waiting> m_waiting;
    std::deque<Sent> m_sent;
    SettlementQueue m_settlements;
    std::vector<Lost> m_lost; ///< to be undone when the server is back
    const QByteArray m_name; ///< see PostgresCaller::store
    qint64 m_calls = 0;
    QTimer m_sendTimer; ///< end of the turn
    QTimer m_deadlineTimer;
    QTimer m_renewalTimer;
    QTimer m_retryTimer;
    QTimer m_releaseTimer;
};

/// A store for the calling thread, which needs an event loop. It starts to connect at once.
std::unique_ptr<limits::CounterStore> makePostgresStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, limits::CounterStore::Listener listener,
    const PostgresStore::Options &options = {});

} // namespace sluice::stores
