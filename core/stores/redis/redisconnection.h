// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to a Redis server: commands out, answers back in order, nothing later than asked.
// Used once: after failed() it is of no use any more. Owned by a RedisLink, its thread.
#pragma once

#include "core/config/redisaddress.h"
#include "core/stores/redis/rediscommand.h"
#include "core/stores/redis/redisreader.h"

#include <QDeadlineTimer>
#include <QObject>
#include <QTimer>

#include <deque>
#include <functional>

QT_BEGIN_NAMESPACE
class QSslError;
class QSslSocket;
class QTcpSocket;
QT_END_NAMESPACE

namespace sluice::stores {

class RedisConnection final : public QObject
{
    Q_OBJECT

public:
    /// The answer; null once the connection has failed.
    using Replied = std::function<void(const RedisValue *reply)>;

    RedisConnection(config::RedisAddress address, QObject *parent);

    /// connected() or failed() follows, at the deadline at the latest.
    void open(QDeadlineTimer deadline);

    /// Sends with everything else of this turn of the event loop. An answer that is not there by
    /// the deadline is a failure of the connection. Deadlines must not run back.
    void send(const RedisCommand &command, QDeadlineTimer deadline, Replied replied,
        const RedisCommand &before = RedisCommand());

    /// Blocks until all that has been sent is answered, or the deadline: for the end.
    void finish(QDeadlineTimer deadline);

    /// Closes and hands null to all who wait. Nothing is emitted.
    void close();

Q_SIGNALS:
    void connected();
    /// Once: what went wrong as the end of "Redis at HOST:PORT ...". All who wait have been told
    /// nothing yet: call close().
    void failed(const QString &problem);

private:
    struct Pending
    {
        QDeadlineTimer deadline;
        Replied replied;
    };

    void secure(QSslSocket &socket);
    void writeOut();
    void read();
    void fail(const QString &problem);
    void socketFailed();
    void refuseCertificate(const QList<QSslError> &errors);
    void checkTime();
    void watch();

    const config::RedisAddress m_address;
    QTcpSocket *m_socket = nullptr;
    RedisReader m_reader;
    QByteArray m_out; ///< written at the end of this turn
    std::deque<Pending> m_pending;
    QDeadlineTimer m_connecting; ///< while nothing stands
    QTimer m_timer;
    QString m_certificateProblem;
    bool m_isOpen = false; ///< connected
    bool m_hasAnswered = false; ///< anything
    bool m_isOver = false;
};

} // namespace sluice::stores
