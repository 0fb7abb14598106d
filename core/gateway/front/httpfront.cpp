// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/httpfront.h"

#include "core/gateway/front/guardedserver.h"
#include "core/gateway/front/guardedsocket.h"
#include "core/gateway/front/httpserveradapter.h"

using namespace Qt::StringLiterals;

namespace sluice::gateway {

HttpFront::HttpFront(RequestHandler &handler, const Clock &clock, const FrontLimits &limits,
    std::shared_ptr<FrontCounters> counters)
    : m_context(handler, clock, limits, std::move(counters)),
      m_adapter(std::make_unique<HttpServerAdapter>(m_context))
{
}

HttpFront::~HttpFront()
{
    stopAccepting();
    closeAll();
    m_adapter.reset();
}

Result<quint16> HttpFront::listen(const QHostAddress &address, quint16 port, bool reusePort)
{
    if (m_server && m_server->isListening())
        return Error{ErrorCode::Conflict, u"This front is listening already."_s, {}};
    m_context.draining = false;
    auto server = std::make_unique<GuardedServer>(m_context);
    GuardedServer *listening = server.get();
    Result<quint16> result = server->start(address, port, reusePort);
    if (!result)
        return result;
    if (!m_adapter->adopt(std::move(server)))
        return Error{ErrorCode::Io, u"QtHttpServer does not take the listening socket."_s, {}};
    m_server = listening;
    return result;
}

void HttpFront::stopAccepting()
{
    m_context.draining = true;
    if (m_server)
        m_server->close();
}

void HttpFront::closeIdle()
{
    for (GuardedSocket *socket : m_context.connections(Waiting::Idle))
        socket->closeIfIdle();
}

void HttpFront::closeAll()
{
    for (GuardedSocket *socket : m_context.allConnections())
        socket->gone();
}

int HttpFront::activeRequests() const
{
    return m_context.activeRequests;
}

int HttpFront::connections() const
{
    return int(m_context.allConnections().size());
}

void HttpFront::setLimits(const FrontLimits &limits)
{
    m_context.limits = limits;
}

} // namespace sluice::gateway
