// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/redisstore.h"

#include "core/base/logging.h"
#include "core/stores/redis/redislink.h"

#include <atomic>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using limits::StoreAnswer;
using limits::StoreBatch;
using limits::StoreSettlement;

namespace {

/// On their way at once, so that a long queue does not hold up decisions.
constexpr int MostUnderWay = 64;

/// So many of the last decisions can be undone: more than are ever under way.
constexpr qint64 Places = 1024;

/// Apart for each store of this process.
QByteArray nextName(const GatewayIdentity &identity)
{
    static std::atomic<int> s_number = 0;
    return identity.name() + '/' + QByteArray::number(++s_number);
}

RedisOptions completed(RedisOptions options)
{
    static const SystemClock s_clock;
    if (options.clock == nullptr)
        options.clock = &s_clock;
    return options;
}

class RedisStore final : public QObject, public limits::CounterStore
{
public:
    RedisStore(const config::Store &store, std::shared_ptr<const GatewayIdentity> identity,
        Listener listener, const RedisOptions &options);
    ~RedisStore() override;
    Q_DISABLE_COPY_MOVE(RedisStore)

    void start(const config::RedisAddress &address);
    void startWithout(const QString &problem);

    [[nodiscard]] bool isUp() const override { return m_link && state() == State::Up; }

    void reserve(const StoreBatch &batch, Answered answered) override;
    void settle(
        const QByteArray &reservation, const std::vector<StoreSettlement> &settlements) override;
    void merge(
        const QByteArray &id, const std::vector<limits::StoreMerge> &merges, Done done) override;
    void reset(const std::vector<QByteArray> &keys, Done done) override;

private:
    using State = RedisLink::State;

    /// What still has to be settled, or undone.
    struct Settlement
    {
        QByteArray reservation;
        std::vector<StoreSettlement> parts;
        std::optional<qint64> place; ///< undo: what is in the steps of the parts, reserved there
    };

    /// A decision that is under way.
    struct Asked
    {
        StoreBatch batch;
        qint64 place = 0;
        QDeadlineTimer deadline;
    };

    enum class Haste : quint8 { None, Full };

    /// A command that waits for the first connection, or is told that there is none.
    using Waiting = std::function<void(bool isUp)>;

    [[nodiscard]] State state() const { return m_link->state(); }

    void whenUp(Waiting waiting);
    void ask(const StoreBatch &batch, const Answered &answered, QDeadlineTimer deadline);
    void take(const Asked &asked, const Answered &answered, const RedisValue *reply);
    void release(const Asked &asked);
    [[nodiscard]] RedisCommand commandOf(const Settlement &settlement) const;
    void perform(const RedisCommand &command, QDeadlineTimer deadline, const Done &done);
    void enqueue(Settlement &&settlement);
    void settleMore(Haste haste = Haste::None);
    void settled(Settlement &&settlement, const RedisValue *reply);
    void cameUp();
    void wentDown(const QString &problem);
    void endWaiting();
    [[nodiscard]] QDeadlineTimer deadline() const;
    [[nodiscard]] CounterScript::Terms terms(QDeadlineTimer deadline) const;

    [[nodiscard]] qint64 testTime() const { return m_options.testTime ? m_options.testTime() : 0; }

    [[nodiscard]] Error downError() const;

    const milliseconds m_timeout;
    const std::shared_ptr<const GatewayIdentity> m_identity;
    const Listener m_listener;
    const RedisOptions m_options;
    const CounterScript m_script;
    std::unique_ptr<RedisLink> m_link; ///< null: the address cannot be read
    QString m_problem;
    std::vector<Waiting> m_waiting; ///< for the first connection
    std::deque<Settlement> m_settlements;
    int m_underWay = 0; ///< settlements that have been sent
    qint64 m_decisions = 0; ///< that have been asked
    qint64 m_dropped = 0; ///< settlements, since it was up
};

RedisStore::RedisStore(const config::Store &store, std::shared_ptr<const GatewayIdentity> identity,
    Listener listener, const RedisOptions &options)
    : m_timeout(store.connectionTimeout),
      m_identity(std::move(identity)),
      m_listener(std::move(listener)),
      m_options(completed(options)),
      m_script(store.keyPrefix, m_identity->name(), nextName(*m_identity), m_options.lease)
{
}

RedisStore::~RedisStore()
{
    if (!m_link)
        return;
    m_link->disconnect(this);
    settleMore(Haste::Full);
    m_link->finish(); // who waits for an answer is told
    endWaiting();
}

void RedisStore::start(const config::RedisAddress &address)
{
    m_link = std::make_unique<RedisLink>(address, m_timeout, m_script, m_options);
    connect(m_link.get(), &RedisLink::up, this, &RedisStore::cameUp);
    connect(m_link.get(), &RedisLink::down, this, &RedisStore::wentDown);
    m_link->start();
}

void RedisStore::startWithout(const QString &problem)
{
    m_problem = problem;
    QMetaObject::invokeMethod(
        this, [this] { wentDown(m_problem); }, Qt::QueuedConnection);
}

// --- decisions -----------------------------------------------------------------------------------

void RedisStore::reserve(const StoreBatch &batch, Answered answered)
{
    if (isUp())
        return ask(batch, answered, deadline());
    whenUp([this, batch, answered = std::move(answered), until = deadline()](bool isUp) {
        if (isUp)
            ask(batch, answered, until);
        else
            answered(downError());
    });
}

/// While the first connection is being made: when it stands or has failed. Else at once.
void RedisStore::whenUp(Waiting waiting)
{
    if (m_link && state() == State::Starting)
        m_waiting.push_back(std::move(waiting));
    else
        waiting(isUp());
}

void RedisStore::ask(const StoreBatch &batch, const Answered &answered, QDeadlineTimer deadline)
{
    const qint64 place = m_decisions++ % Places;
    m_link->run(m_script.reserve(batch, place, terms(deadline)), deadline,
        [this, batch, answered, deadline, place](const RedisValue *reply) {
            take({batch, place, deadline}, answered, reply);
        });
}

void RedisStore::take(const Asked &asked, const Answered &answered, const RedisValue *reply)
{
    if (reply == nullptr) {
        release(asked);
        return answered(downError());
    }
    const Result<StoreAnswer> answer = CounterScript::readAnswer(*reply, asked.batch);
    if (!answer) {
        qCWarning(lcLimits).noquote()
            << "Redis:" << answer.error().message << answer.error().detail;
        release(asked);
        if (answer.error().code == ErrorCode::Invalid && isUp())
            m_link->fail(u"answers something else than what it is asked: check host-url"_s);
    }
    answered(answer);
}

/// Nobody knows whether it has been reserved: if so, it is given back. The command may still be on
/// its way, so this is done once more when it is too late for it.
void RedisStore::release(const Asked &asked)
{
    Settlement settlement{asked.batch.reservation, {}, asked.place};
    for (const limits::StoreStep &step : asked.batch.steps)
        settlement.parts.push_back({step, 0});
    if (!asked.deadline.hasExpired()) {
        const milliseconds rest =
            std::chrono::ceil<milliseconds>(asked.deadline.remainingTimeAsDuration());
        QTimer::singleShot(
            rest, this, [this, settlement]() mutable { enqueue(std::move(settlement)); });
    }
    enqueue(std::move(settlement));
}

// --- settlements ---------------------------------------------------------------------------------

void RedisStore::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    if (!settlements.empty())
        enqueue({reservation, settlements, std::nullopt});
}

void RedisStore::enqueue(Settlement &&settlement)
{
    if (std::ssize(m_settlements) >= m_options.mostSettlements) {
        m_settlements.pop_front();
        if (++m_dropped == 1)
            qCWarning(lcLimits) << "Redis: too much waits to be settled; the oldest is dropped";
    }
    m_settlements.push_back(std::move(settlement));
    settleMore();
}

/// `Full`: all at once, because there is no later.
void RedisStore::settleMore(Haste haste)
{
    while (
        isUp() && !m_settlements.empty() && (m_underWay < MostUnderWay || haste == Haste::Full)) {
        Settlement next = std::move(m_settlements.front());
        m_settlements.pop_front();
        ++m_underWay;
        m_link->run(commandOf(next), deadline(),
            [this, next](const RedisValue *reply) mutable { settled(std::move(next), reply); });
    }
}

RedisCommand RedisStore::commandOf(const Settlement &settlement) const
{
    if (!settlement.place)
        return m_script.settle(settlement.reservation, settlement.parts, {0, testTime()});
    StoreBatch batch{settlement.reservation, {}};
    for (const StoreSettlement &part : settlement.parts)
        batch.steps.push_back(part.step);
    return m_script.undo(batch, *settlement.place, {0, testTime()});
}

void RedisStore::settled(Settlement &&settlement, const RedisValue *reply)
{
    --m_underWay;
    if (reply == nullptr) {
        m_settlements.push_front(std::move(settlement)); // idempotent: once more, when it is back
        return;
    }
    if (const Result<void> done = CounterScript::readDone(*reply); !done)
        qCWarning(lcLimits).noquote() << "Redis:" << done.error().message << done.error().detail;
    settleMore();
}

// --- merging and resetting -----------------------------------------------------------------------

void RedisStore::merge(
    const QByteArray &id, const std::vector<limits::StoreMerge> &merges, Done done)
{
    whenUp([this, id, merges, done = std::move(done), until = deadline()](bool isUp) {
        if (!isUp)
            return done(downError());
        perform(m_script.merge(id, merges, terms(until)), until, done);
    });
}

void RedisStore::reset(const std::vector<QByteArray> &keys, Done done)
{
    whenUp([this, keys, done = std::move(done), until = deadline()](bool isUp) {
        if (!isUp)
            return done(downError());
        perform(m_script.reset(keys, terms(until)), until, done);
    });
}

void RedisStore::perform(const RedisCommand &command, QDeadlineTimer deadline, const Done &done)
{
    m_link->run(command, deadline, [this, done](const RedisValue *reply) {
        if (reply == nullptr)
            return done(downError());
        done(CounterScript::readDone(*reply));
    });
}

// --- up and down ---------------------------------------------------------------------------------

void RedisStore::cameUp()
{
    if (m_dropped > 0)
        qCWarning(lcLimits) << "Redis:" << m_dropped
                            << "settlements were dropped while it was down";
    m_dropped = 0;
    m_listener(true, {});
    endWaiting();
    settleMore();
}

void RedisStore::wentDown(const QString &problem)
{
    m_listener(false, problem);
    endWaiting();
}

void RedisStore::endWaiting()
{
    for (const Waiting &waiting : std::exchange(m_waiting, {}))
        waiting(isUp());
}

QDeadlineTimer RedisStore::deadline() const
{
    return QDeadlineTimer(m_timeout, Qt::PreciseTimer);
}

/// After its deadline nobody waits for a command any more, so the server must not follow it.
CounterScript::Terms RedisStore::terms(QDeadlineTimer deadline) const
{
    if (m_options.testTime)
        return {0, testTime()};
    return {m_link->serverTime() + deadline.remainingTimeNSecs() / 1000, 0};
}

Error RedisStore::downError() const
{
    const QString &problem = m_link ? m_link->problem() : m_problem;
    return {ErrorCode::Io, problem.isEmpty() ? u"the store is being closed"_s : problem, {}};
}

} // namespace

std::unique_ptr<limits::CounterStore> makeRedisStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, limits::CounterStore::Listener listener,
    const RedisOptions &options)
{
    auto made =
        std::make_unique<RedisStore>(store, std::move(identity), std::move(listener), options);
    if (const Result<config::RedisAddress> address = config::parseRedisAddress(store.url))
        made->start(*address);
    else
        made->startWithout(u"the store cannot be used: "_s + address.error().message);
    return made;
}

} // namespace sluice::stores
