// SPDX-License-Identifier: GPL-3.0-or-later
// Stands between a client and a server on loopback, and can keep back what either says. The test's
// thread.
#pragma once

#include <QHash>
#include <QSet>
#include <QTcpServer>
#include <QTcpSocket>

namespace sluice::test {

class TcpRelay final : public QObject
{
public:
    bool keepsRequests = false; ///< until letRequestsThrough()
    bool dropsAnswers = false;
    bool breaksOffNextAnswer = false; ///< the connection ends instead; false again when it has
    int answersBefore = 0; ///< that one: so many more are let through

    explicit TcpRelay(quint16 target) : m_target(target)
    {
        connect(&m_server, &QTcpServer::newConnection, this, [this] { accept(); });
        m_server.listen(QHostAddress::LocalHost, 0);
    }

    ~TcpRelay() override
    {
        const auto sockets = findChildren<QTcpSocket *>() + m_server.findChildren<QTcpSocket *>();
        for (QTcpSocket *socket : sockets)
            socket->disconnect();
    }

    Q_DISABLE_COPY_MOVE(TcpRelay)

    [[nodiscard]] quint16 port() const { return m_server.serverPort(); }

    [[nodiscard]] qsizetype keptBytes() const
    {
        qsizetype sum = 0;
        for (const QByteArray &bytes : m_kept)
            sum += bytes.size();
        return sum;
    }

    /// How many connections the server has with us.
    [[nodiscard]] qsizetype open() const { return m_kept.size(); }

    /// Hands over what was kept, also of clients that are gone.
    void letRequestsThrough()
    {
        keepsRequests = false;
        const QList<QTcpSocket *> servers = m_kept.keys();
        for (QTcpSocket *server : servers) {
            server->write(std::exchange(m_kept[server], {}));
            if (m_ended.contains(server))
                server->disconnectFromHost();
        }
    }

private:
    void accept()
    {
        QTcpSocket *client = m_server.nextPendingConnection();
        auto *server = new QTcpSocket(this);
        m_kept.insert(server, {});
        server->connectToHost(QHostAddress::LocalHost, m_target);
        connect(client, &QTcpSocket::readyRead, server, [this, client, server] {
            m_kept[server] += client->readAll();
            if (!keepsRequests)
                server->write(std::exchange(m_kept[server], {}));
        });
        connect(client, &QTcpSocket::disconnected, server, [this, server] {
            m_ended.insert(server);
            if (!keepsRequests)
                server->disconnectFromHost();
        });
        connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
        connect(server, &QTcpSocket::readyRead, client, [this, client, server] {
            const QByteArray bytes = server->readAll();
            const bool isNext = breaksOffNextAnswer && answersBefore-- == 0;
            if (isNext)
                breaksOffNextAnswer = false;
            if (isNext)
                client->abort();
            else if (!dropsAnswers)
                client->write(bytes);
        });
        connect(server, &QTcpSocket::disconnected, client, &QTcpSocket::disconnectFromHost);
        connect(server, &QTcpSocket::disconnected, this, [this, server] {
            m_kept.remove(server);
            m_ended.remove(server);
            server->deleteLater();
        });
    }

    const quint16 m_target;
    QTcpServer m_server;
    QHash<QTcpSocket *, QByteArray> m_kept; ///< by the socket to the server
    QSet<QTcpSocket *> m_ended; ///< whose client is gone
};

} // namespace sluice::test
