// SPDX-License-Identifier: GPL-3.0-or-later
// The admin API of one gateway thread: lets in who may, reads requests, hands them to the handler
// and sends the answers, whenever they come. Lives on its gateway thread; owned by the worker.
#pragma once

#include "core/base/clock.h"
#include "core/gateway/admin/adminhandler.h"
#include "core/gateway/front/responsesink.h"

#include <QObject>

#include <memory>
#include <unordered_map>

namespace sluice::gateway {

class AdminDesk final : public QObject
{
    Q_OBJECT

public:
    /// Both must outlive the desk.
    AdminDesk(const AdminService &service, const Clock &clock);
    ~AdminDesk() override;
    Q_DISABLE_COPY_MOVE(AdminDesk)

    /// See refuseAdmin(); also if the gateway has no API.
    [[nodiscard]] std::optional<Failure> refuse(
        const RequestHead &head, const QHostAddress &peer) const;

    /// Answers a request that refuse() has let through, now or later.
    void handle(const Request &request, ResponseSink &sink, EngineTime started);

    /// Requests that wait for their answer.
    [[nodiscard]] qsizetype openCalls() const { return qsizetype(m_calls.size()); }

    /// Answers what waits with 503, and lets nothing in any more.
    void close();

private:
    class Call;
    class Mailbox;

    void deliver(quint64 id, Response &&response);
    void send(Response &&response, const QByteArray &externalId, EngineTime started,
        ResponseSink &sink) const;

    const AdminService &m_service;
    const Clock &m_clock;
    std::shared_ptr<Mailbox> m_mailbox;
    std::unordered_map<quint64, std::unique_ptr<Call>> m_calls;
    quint64 m_lastCall = 0;
    bool m_isClosed = false;
};

} // namespace sluice::gateway
