// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the HTTP front need: a handler that answers by path, a raw client, and a front of
// its own. Lives on the test's thread.
#pragma once

#include "core/base/clock.h"
#include "core/gateway/front/httpfront.h"

#include <QPointer>
#include <QTcpSocket>
#include <QTimer>

#include <map>
#include <memory>

namespace sluice::test {

/// Answers by path: /now echoes at once; /later the same after 30 ms; /stream?n sends n chunks;
/// /fixed an announced body in two writes; /short less than announced; /hold nothing until
/// release(); /big 8 MiB; /brink exactly HighWater pending; /empty 204; /bye closes; /abort breaks
/// a stream off; /deaf like /later, without a listener. X-Deny in the head makes checkHead() answer
/// 401.
class PathHandler final : public QObject, public gateway::RequestHandler
{
public:
    PathHandler();
    ~PathHandler() override;
    Q_DISABLE_COPY_MOVE(PathHandler)

    std::optional<gateway::Response> checkHead(
        const gateway::RequestHead &head, const QHostAddress &peer) override;
    void handle(gateway::Request &&request, gateway::ResponseSink &sink) override;
    gateway::Response frontError(
        int status, QByteArrayView code, const QString &message, QByteArrayView target) override;

    /// Answers everything that /hold is keeping.
    void release();

    int handled = 0;
    int errors = 0;
    int gone = 0; ///< clients of kept requests that left
    int drained = 0;
    qint64 maxPending = 0;
    gateway::Request last;

    [[nodiscard]] int kept() const { return int(m_kept.size()); }

private:
    class Kept;
    Kept *answerLater(gateway::ResponseSink &sink, int delayMs, const QByteArray &body);
    void streamLater(gateway::ResponseSink &sink, int chunks);

    std::map<Kept *, std::unique_ptr<Kept>> m_kept;
};

/// A raw client: bytes out, bytes in.
class RawClient final : public QObject
{
public:
    explicit RawClient(quint16 port);

    void send(const QByteArray &bytes) { m_socket.write(bytes); }

    /// Sends byte by byte, each with its own trip through the event loop.
    void sendSlowly(const QByteArray &bytes);

    /// Leaves at once with a reset.
    void vanish() { m_socket.abort(); }

    [[nodiscard]] const QByteArray &received()
    {
        m_received += m_socket.readAll();
        return m_received;
    }

    [[nodiscard]] bool isClosed() const
    {
        return m_socket.state() == QAbstractSocket::UnconnectedState;
    }

    QTcpSocket &socket() { return m_socket; }

private:
    QTcpSocket m_socket;
    QByteArray m_received;
};

/// A listening front on a free port of the loopback.
struct RunningFront
{
    explicit RunningFront(const gateway::FrontLimits &limits = {});

    SystemClock clock;
    PathHandler handler;
    gateway::HttpFront front;
    quint16 port = 0;
};

/// Whole requests as bytes.
QByteArray get(const QByteArray &target);
QByteArray post(const QByteArray &target, const QByteArray &body);

} // namespace sluice::test
