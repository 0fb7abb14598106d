// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/httpserveradapter.h"

#include "core/gateway/front/guardedserver.h"
#include "core/gateway/front/guardedsocket.h"

#include <QtHttpServer/QAbstractHttpServer>
#include <QtHttpServer/QHttpServerRequest>
#include <QtHttpServer/QHttpServerResponder>

namespace sluice::gateway {

// QtHttpServer calls back inside the guard's readyRead(), so FrontContext::current says whose
// request it is. The answer goes through the guard's sink, never through a responder: one that is
// kept past the client's leaving writes to freed memory (6.4), and letting it go right away
// tells 6.8 that it may delete the connection whenever disconnected() comes.
class HttpServerAdapter::Server final : public QAbstractHttpServer
{
public:
    explicit Server(FrontContext &front) : m_front(front) { }

protected:
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    bool handleRequest(const QHttpServerRequest &request, QHttpServerResponder &responder) override
    {
        Q_UNUSED(request)
        Q_UNUSED(responder)
        return deliver();
    }

    void missingHandler(const QHttpServerRequest &request, QHttpServerResponder &responder) override
    {
        Q_UNUSED(request)
        Q_UNUSED(responder)
    }
#else
    bool handleRequest(const QHttpServerRequest &request, QTcpSocket *socket) override
    {
        Q_UNUSED(request)
        Q_UNUSED(socket)
        return deliver();
    }

    void missingHandler(const QHttpServerRequest &request, QTcpSocket *socket) override
    {
        Q_UNUSED(request)
        Q_UNUSED(socket)
    }
#endif

private:
    bool deliver()
    {
        if (GuardedSocket *socket = m_front.current)
            socket->deliver();
        return true;
    }

    FrontContext &m_front;
};

HttpServerAdapter::HttpServerAdapter(FrontContext &front)
    : m_server(std::make_unique<Server>(front))
{
}

HttpServerAdapter::~HttpServerAdapter() = default;

bool HttpServerAdapter::adopt(std::unique_ptr<GuardedServer> server)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    if (!m_server->bind(server.get()))
        return false;
#else
    m_server->bind(server.get());
#endif
    static_cast<void>(server.release()); // its parent is the HTTP server now
    return true;
}

} // namespace sluice::gateway
