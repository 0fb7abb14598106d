// SPDX-License-Identifier: GPL-3.0-or-later
// A raw HTTP server for tests that answers exactly the bytes a test scripts, valid or not. Lives on
// the test's thread; port 0.
#pragma once

#include <QHash>
#include <QList>
#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>

#include <functional>

namespace sluice::test {

class ScriptedServer final : public QObject
{
    Q_OBJECT

public:
    /// A complete request (head, and as many body bytes as Content-Length says) and its connection.
    struct Call
    {
        QByteArray head; ///< request line and header lines with CRLF, without the empty line
        QByteArray body;
        QPointer<QTcpSocket> socket; ///< write the answer here; owned by the server
    };

    using Script = std::function<void(const Call &)>;

    explicit ScriptedServer(Script script);
    ~ScriptedServer() override;
    Q_DISABLE_COPY_MOVE(ScriptedServer)

    [[nodiscard]] quint16 port() const { return m_server.serverPort(); }

    /// "http://127.0.0.1:<port>"
    [[nodiscard]] QByteArray baseUrl() const;

    [[nodiscard]] const QList<Call> &calls() const { return m_calls; }

    [[nodiscard]] int acceptedConnections() const { return m_accepted; }

    [[nodiscard]] int openConnections() const { return m_open; }

    /// A whole 200 answer with Content-Length.
    static QByteArray ok(const QByteArray &body, const QByteArray &extraHeaders = {});

    /// One chunk of a chunked body; an empty one ends it.
    static QByteArray chunk(const QByteArray &data);

private:
    void accept();
    void read(QTcpSocket *socket);

    Script m_script;
    QTcpServer m_server;
    QHash<QTcpSocket *, QByteArray> m_buffers;
    QList<Call> m_calls;
    int m_accepted = 0;
    int m_open = 0;
};

} // namespace sluice::test
