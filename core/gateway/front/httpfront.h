// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP front: listens, guards the framing, and hands complete, valid requests to a
// RequestHandler. One per gateway thread, made, used and destroyed on it; needs that thread's event
// loop.
#pragma once

#include "core/base/result.h"
#include "core/gateway/front/frontcontext.h"

#include <QPointer>

namespace sluice::gateway {

class GuardedServer;
class HttpServerAdapter;

class HttpFront final
{
public:
    /// Fronts that share one set of counters share maxConnections and maxBufferedBytes. The handler
    /// and the clock must outlive the front.
    HttpFront(RequestHandler &handler, const Clock &clock, const FrontLimits &limits = {},
        std::shared_ptr<FrontCounters> counters = std::make_shared<FrontCounters>());

    /// Closes every connection (as closeAll()); sinks are dead afterwards.
    ~HttpFront();
    Q_DISABLE_COPY_MOVE(HttpFront)

    /// Listens; port 0 picks a free one. Gives back the port. With reusePort = false the port is
    /// claimed: Busy if anybody has it. With true, the front joins a port that another front of
    /// this process has claimed, and the kernel spreads connections over them. Errors: Busy,
    /// Refused (a privileged port), Invalid (not an address of this machine), Io.
    Result<quint16> listen(const QHostAddress &address, quint16 port, bool reusePort = false);

    /// No new connections; existing ones close after the answer they wait for.
    void stopAccepting();

    /// Closes the connections on which no request has begun.
    void closeIdle();

    /// Closes everything at once; listeners of unfinished answers hear clientGone(). Not from
    /// inside a RequestHandler or ClientListener call.
    void closeAll();

    /// Requests whose head is complete and whose answer has not wholly gone out.
    [[nodiscard]] int activeRequests() const;

    /// Open connections of this front.
    [[nodiscard]] int connections() const;

    /// In force at once for whatever is decided next; sizes of heads from the next head on.
    void setLimits(const FrontLimits &limits);

private:
    // Order matters: sockets (in the adapter) are destroyed before what they refer to.
    FrontContext m_context;
    std::unique_ptr<HttpServerAdapter> m_adapter;
    QPointer<GuardedServer> m_server; ///< owned by the adapter
};

} // namespace sluice::gateway
