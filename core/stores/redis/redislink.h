// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a connection to Redis alive: signs in, checks the server and the layout, follows a cluster
// to the node with the keys, and comes back with growing pauses after a failure. From the first
// failure on nothing waits. Owned by a RedisStore, its thread.
#pragma once

#include "core/config/redisaddress.h"
#include "core/stores/redis/counterscript.h"
#include "core/stores/redis/redisconnection.h"
#include "core/stores/redis/redisoptions.h"

#include <QElapsedTimer>
#include <QPointer>

#include <random>

namespace sluice::stores {

class RedisLink final : public QObject
{
    Q_OBJECT

public:
    using Replied = RedisConnection::Replied;

    enum class State : quint8 {
        Starting, ///< the first attempt is under way
        Up,
        Down, ///< tries to come back
    };

    /// `timeout`: for connecting, signing in and each command. The script and what is in the
    /// options must outlive this.
    RedisLink(config::RedisAddress address, milliseconds timeout, const CounterScript &script,
        const RedisOptions &options);
    ~RedisLink() override;

    void start();

    [[nodiscard]] State state() const { return m_state; }

    /// Why it is down: one sentence with the remedy.
    [[nodiscard]] const QString &problem() const { return m_problem; }

    /// Runs the script; only while Up. The reply is an answer, an error of this command alone, or
    /// null because the link went down meanwhile.
    void run(const RedisCommand &arguments, QDeadlineTimer deadline, Replied replied);

    /// Ends the connection because of what an answer says: the end of "Redis at HOST:PORT ...".
    void fail(const QString &problem);

    /// Closes for good, after what has been sent is answered or half a second. Who still waits is
    /// told.
    void finish();

    /// The server's clock as far as its last answer tells, microseconds since 1970; never ahead.
    [[nodiscard]] qint64 serverTime() const;

Q_SIGNALS:
    void up();
    /// At the first failure, and whenever the reason changes. Who waited has been told already.
    void down(const QString &problem);

private:
    void connectTo(const config::RedisAddress &address);
    void signIn();
    void signedIn(const RedisValue &hello, const RedisValue &database);
    void load();
    void opened(const RedisValue &reply);
    void renewLease();
    void schedule();
    void evaluate(const RedisCommand &script, const RedisCommand &arguments,
        QDeadlineTimer deadline, Replied replied);
    void answer(const RedisCommand &arguments, QDeadlineTimer deadline, const Replied &replied,
        const RedisValue *reply);
    bool follow(const QByteArray &error);
    bool failOn(const RedisValue &reply);
    void drop();
    void learnTime(const RedisValue &reply);

    const config::RedisAddress m_address;
    const milliseconds m_timeout;
    const CounterScript &m_script;
    const RedisOptions &m_options;
    config::RedisAddress m_node; ///< the address, or where a cluster has sent us
    QPointer<RedisConnection> m_connection;
    QDeadlineTimer m_attempt;
    QTimer m_retry;
    QTimer m_renewal;
    State m_state = State::Starting;
    QString m_problem;
    milliseconds m_pause; ///< before the next attempt
    QElapsedTimer m_upFor;
    std::mt19937 m_random;
    int m_redirects = 0; ///< since it was up
    bool m_isAsking = false; ///< the node takes the keys over: it wants ASKING before each command
    qint64 m_timeAhead = 0; ///< of the server's clock, microseconds
};

} // namespace sluice::stores
