// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/admin/admindesk.h"

#include "core/base/ids.h"
#include "core/gateway/admin/adminopenapi.h"

#include <mutex>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

/// More at a time are not what people or their scripts ask for.
constexpr size_t MaxOpenCalls = 64;

Failure unavailable(const QString &message)
{
    return {503, "server_error", "admin_unavailable", message};
}

} // namespace

/// One request whose answer is due.
class AdminDesk::Call final : public ClientListener
{
public:
    Call(AdminDesk &desk, quint64 id, ResponseSink &sink) : m_desk(desk), m_id(id), m_sink(sink)
    {
        m_sink.setListener(this);
    }

    void clientGone() override
    {
        ticket->abandon();
        const quint64 id = m_id;
        m_desk.m_calls.erase(id); // ends this object
    }

    void clientDrained() override { }

    [[nodiscard]] ResponseSink &sink() const { return m_sink; }

    AdminTicketPtr ticket;
    QByteArray externalId;
    EngineTime started{0};

private:
    AdminDesk &m_desk;
    const quint64 m_id;
    ResponseSink &m_sink;
};

/// What tickets hold of a desk: they may outlive it.
class AdminDesk::Mailbox final
{
public:
    explicit Mailbox(AdminDesk &desk) : m_desk(&desk) { }

    /// Any thread.
    void post(quint64 id, Response &&response)
    {
        const std::lock_guard lock(m_mutex);
        if (m_desk == nullptr)
            return;
        AdminDesk *desk = m_desk;
        QMetaObject::invokeMethod(
            desk,
            [desk, id, response = std::move(response)]() mutable {
                desk->deliver(id, std::move(response));
            },
            Qt::QueuedConnection);
    }

    void shut()
    {
        const std::lock_guard lock(m_mutex);
        m_desk = nullptr;
    }

private:
    std::mutex m_mutex; ///< guards m_desk
    AdminDesk *m_desk;
};

AdminDesk::AdminDesk(const AdminService &service, const Clock &clock)
    : m_service(service), m_clock(clock), m_mailbox(std::make_shared<Mailbox>(*this))
{
}

AdminDesk::~AdminDesk()
{
    close();
}

std::optional<Failure> AdminDesk::refuse(const RequestHead &head, const QHostAddress &peer) const
{
    if (auto failure = refuseAdmin(head, peer, m_service.token))
        return failure;
    if (m_service.handler == nullptr || m_isClosed)
        return unavailable(u"The gateway has no admin API now"_s);
    return std::nullopt;
}

void AdminDesk::handle(const Request &request, ResponseSink &sink, EngineTime started)
{
    const QByteArray externalId = headerValue(request.head.headers, "x-request-id");
    const auto answerNow = [&](Response &&response) {
        send(std::move(response), externalId, started, sink);
    };
    auto read = readAdminRequest(request.head, request.body);
    if (const auto *failure = std::get_if<Failure>(&read))
        return answerNow(failureResponse(*failure, config::Dialect::OpenAi));
    auto &wanted = std::get<AdminRequest>(read);
    if (wanted.call == AdminCall::Document)
        return answerNow(adminAnswer(adminOpenApi()));
    if (m_calls.size() >= MaxOpenCalls)
        return answerNow(
            failureResponse(unavailable(u"Too many admin requests at a time; ask again"_s),
                config::Dialect::OpenAi));
    const quint64 id = ++m_lastCall;
    auto call = std::make_unique<Call>(*this, id, sink);
    call->externalId = externalId;
    call->started = started;
    call->ticket = std::make_shared<AdminTicket>(
        [mailbox = m_mailbox, id](Response &&response) { mailbox->post(id, std::move(response)); });
    const AdminTicketPtr ticket = call->ticket;
    m_calls.emplace(id, std::move(call));
    m_service.handler->handle(std::move(wanted), ticket);
}

void AdminDesk::deliver(quint64 id, Response &&response)
{
    const auto found = m_calls.find(id);
    if (found == m_calls.end())
        return; // the client has gone
    const std::unique_ptr<Call> call = std::move(found->second);
    m_calls.erase(found);
    send(std::move(response), call->externalId, call->started, call->sink());
}

void AdminDesk::send(
    Response &&response, const QByteArray &externalId, EngineTime started, ResponseSink &sink) const
{
    appendAnswerFields(makeRequestId(), externalId, m_clock.now() - started, response.headers);
    sink.send(response);
}

void AdminDesk::close()
{
    m_isClosed = true;
    m_mailbox->shut();
    while (!m_calls.empty()) {
        const auto &ticket = m_calls.begin()->second->ticket;
        ticket->abandon();
        Response response = failureResponse(
            unavailable(u"The gateway is closing; ask again"_s), config::Dialect::OpenAi);
        response.close = true;
        deliver(m_calls.begin()->first, std::move(response));
    }
}

} // namespace sluice::gateway
