// SPDX-License-Identifier: GPL-3.0-or-later
// The listening socket whose connections are guarded ones. Gateway thread; owned by the adapter
// after HttpServerAdapter::adopt().
#pragma once

#include "core/gateway/front/frontcontext.h"

#include "core/base/result.h"

#include <QTcpServer>

namespace sluice::gateway {

class GuardedServer final : public QTcpServer
{
public:
    explicit GuardedServer(FrontContext &front);

    /// See HttpFront::listen().
    Result<quint16> start(const QHostAddress &address, quint16 port, bool join);

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    FrontContext &m_front;
};

} // namespace sluice::gateway
