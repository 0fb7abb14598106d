// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/redisconnection.h"

#include <QNetworkProxy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslSocket>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

/// What a server may say unasked is an error before it closes: too many clients, protected mode.
QString unaskedProblem(const RedisValue &reply)
{
    if (reply.isError())
        return u"refuses the connection: "_s + QString::fromUtf8(reply.text);
    return u"answers what was not asked: check host-url"_s;
}

} // namespace

RedisConnection::RedisConnection(config::RedisAddress address, QObject *parent)
    : QObject(parent), m_address(std::move(address)), m_timer(this)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &RedisConnection::checkTime);
}

void RedisConnection::open(QDeadlineTimer deadline)
{
    m_connecting = deadline;
    if (m_address.isTls) {
        auto *socket = new QSslSocket(this);
        m_socket = socket;
        secure(*socket);
    } else {
        m_socket = new QTcpSocket(this);
        connect(m_socket, &QTcpSocket::connected, this, [this] {
            m_isOpen = true;
            watch();
            Q_EMIT connected();
        });
    }
    m_socket->setProxy(QNetworkProxy::NoProxy);
    connect(m_socket, &QTcpSocket::connected, m_socket, [socket = m_socket] {
        socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    });
    connect(m_socket, &QTcpSocket::readyRead, this, &RedisConnection::read);
    connect(m_socket, &QTcpSocket::errorOccurred, this, &RedisConnection::socketFailed);
    watch();
    if (!m_certificateProblem.isEmpty())
        QMetaObject::invokeMethod(this, &RedisConnection::socketFailed, Qt::QueuedConnection);
    else if (auto *socket = qobject_cast<QSslSocket *>(m_socket))
        socket->connectToHostEncrypted(m_address.host, m_address.port);
    else
        m_socket->connectToHost(m_address.host, m_address.port);
}

void RedisConnection::secure(QSslSocket &socket)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    if (!m_address.caFile.isEmpty()) {
        const QList<QSslCertificate> trusted = QSslCertificate::fromPath(m_address.caFile);
        if (trusted.isEmpty()) {
            m_certificateProblem = u"cannot be trusted: there is no certificate in "_s
                + m_address.caFile + u"; check ca-file in host-url"_s;
        }
        configuration.addCaCertificates(trusted);
    }
    configuration.setPeerVerifyMode(QSslSocket::VerifyPeer);
    socket.setSslConfiguration(configuration);
    connect(&socket, &QSslSocket::sslErrors, this, &RedisConnection::refuseCertificate);
    connect(&socket, &QSslSocket::encrypted, this, [this] {
        m_isOpen = true;
        watch();
        Q_EMIT connected();
    });
}

void RedisConnection::refuseCertificate(const QList<QSslError> &errors)
{
    if (errors.isEmpty())
        return;
    m_certificateProblem = u"shows a certificate that is not trusted ("_s
        + errors.first().errorString() + u"): name its authority with ?ca-file= in host-url"_s;
}

void RedisConnection::send(const RedisCommand &command, QDeadlineTimer deadline, Replied replied,
    const RedisCommand &before)
{
    if (m_isOver)
        return replied(nullptr);
    if (m_out.isEmpty())
        QMetaObject::invokeMethod(this, &RedisConnection::writeOut, Qt::QueuedConnection);
    command.appendTo(m_out, before);
    m_pending.push_back({deadline, std::move(replied)});
    if (m_pending.size() == 1)
        watch();
}

void RedisConnection::writeOut()
{
    if (m_isOver || m_out.isEmpty())
        return;
    m_socket->write(m_out);
    m_out.clear();
}

void RedisConnection::read()
{
    while (!m_isOver && m_socket->bytesAvailable() > 0) {
        m_reader.feed(m_socket->readAll());
        while (!m_isOver) {
            const Result<std::optional<RedisValue>> reply = m_reader.next();
            if (!reply)
                return fail(u"answers, but not as Redis does: check host and port in host-url"_s);
            if (!*reply)
                break;
            if (m_pending.empty())
                return fail(unaskedProblem(**reply));
            m_hasAnswered = true;
            const Replied replied = std::move(m_pending.front().replied);
            m_pending.pop_front();
            replied(&**reply);
        }
    }
    if (!m_isOver)
        watch();
}

void RedisConnection::socketFailed()
{
    if (!m_certificateProblem.isEmpty())
        return fail(m_certificateProblem);
    const QAbstractSocket::SocketError error = m_socket->error();
    if (error == QAbstractSocket::RemoteHostClosedError) {
        read(); // what it said before
        return fail(m_hasAnswered ? u"has closed the connection"_s
                                  : u"closes the connection without an answer: check host-url, "
                                    "where rediss:// is for TLS"_s);
    }
    if (error == QAbstractSocket::ConnectionRefusedError)
        return fail(u"refuses the connection: is it running there, as host-url says?"_s);
    if (error == QAbstractSocket::HostNotFoundError)
        return fail(u"is not found: check the host in host-url"_s);
    if (error == QAbstractSocket::SslHandshakeFailedError) {
        return fail(u"does not agree on TLS ("_s + m_socket->errorString()
            + u"): write redis:// in host-url if it speaks without"_s);
    }
    fail(u"cannot be reached ("_s + m_socket->errorString() + u"): check host-url"_s);
}

void RedisConnection::fail(const QString &problem)
{
    if (m_isOver)
        return;
    m_isOver = true;
    m_timer.stop();
    m_socket->disconnect(this);
    m_socket->abort();
    Q_EMIT failed(problem);
}

// Closing with answers unread would make the system throw away what is on its way to the server.
void RedisConnection::finish(QDeadlineTimer deadline)
{
    writeOut();
    while (m_isOpen && !m_isOver && !m_pending.empty() && !deadline.hasExpired()) {
        if (!m_socket->waitForReadyRead(static_cast<int>(deadline.remainingTime())))
            break;
        read();
    }
}

void RedisConnection::close()
{
    if (!m_isOver && m_socket != nullptr) {
        m_socket->disconnect(this);
        m_socket->abort();
    }
    m_isOver = true;
    m_timer.stop();
    const std::deque<Pending> pending = std::exchange(m_pending, {});
    for (const Pending &waiting : pending)
        waiting.replied(nullptr);
}

void RedisConnection::checkTime()
{
    if (!m_isOpen && m_connecting.hasExpired())
        return fail(u"does not answer: check host-url, and that nothing is between"_s);
    if (m_isOpen && !m_pending.empty() && m_pending.front().deadline.hasExpired()) {
        read(); // it may have answered while this thread was busy
        if (!m_isOver && !m_pending.empty() && m_pending.front().deadline.hasExpired())
            return fail(u"has not answered in time: is it overloaded or frozen?"_s);
    }
    if (!m_isOver)
        watch();
}

/// Arms the timer for what is due first.
void RedisConnection::watch()
{
    if (m_isOpen && m_pending.empty())
        return m_timer.stop();
    const QDeadlineTimer due = m_isOpen ? m_pending.front().deadline : m_connecting;
    m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(due.remainingTimeAsDuration()));
}

} // namespace sluice::stores
