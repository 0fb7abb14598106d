// SPDX-License-Identifier: GPL-3.0-or-later
// Where the admin API and whoever carries it out meet. Requests come from the gateway's threads;
// answers may come later, from any thread.
#pragma once

#include "core/gateway/admin/adminrequest.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace sluice::gateway {

/// The way back for one request. Any thread; shared by who answers and who waits.
class AdminTicket final
{
public:
    using Deliver = std::function<void(Response &&)>;

    /// deliver is called at most once, from the thread that answers.
    explicit AdminTicket(Deliver deliver) : m_deliver(std::move(deliver)) { }

    Q_DISABLE_COPY_MOVE(AdminTicket)

    /// Gives the answer; every later one is dropped, and so is one that nobody wants any more.
    void answer(Response response);

    /// False once the client has gone: what has not begun need not begin.
    [[nodiscard]] bool isWanted() const { return m_isWanted; }

    /// The client has gone. Called on its gateway's thread.
    void abandon();

    /// Calls back, once, when the client goes: on its gateway's thread, and at once if it has gone.
    /// Replaces what was to be called before. It must not block.
    void whenAbandoned(std::function<void()> callback);

private:
    const Deliver m_deliver;
    std::atomic<bool> m_isWanted = true;
    std::mutex m_mutex; ///< guards the next two
    std::function<void()> m_callback;
    bool m_isAbandoned = false;
};

using AdminTicketPtr = std::shared_ptr<AdminTicket>;

class AdminHandler
{
public:
    AdminHandler() = default;
    virtual ~AdminHandler();
    Q_DISABLE_COPY_MOVE(AdminHandler)

    /// Carries a request out and answers it through the ticket. Called on a gateway's thread, which
    /// it must not block; the ticket must be answered or dropped.
    virtual void handle(AdminRequest request, AdminTicketPtr ticket) = 0;
};

/// Who carries requests out, and the token that they must bear. Without a handler there is no API.
struct AdminService
{
    AdminHandler *handler = nullptr; ///< outlives the gateway
    QByteArray token;
};

/// An answer with this JSON.
Response adminAnswer(const QJsonValue &json, int status = 200);

} // namespace sluice::gateway
