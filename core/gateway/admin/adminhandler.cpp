// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/admin/adminhandler.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace sluice::gateway {

// Out of line, so that the virtual table has one home.
AdminHandler::~AdminHandler() = default;

void AdminTicket::answer(Response response)
{
    if (m_isWanted.exchange(false))
        m_deliver(std::move(response));
}

void AdminTicket::abandon()
{
    m_isWanted = false;
    std::function<void()> callback;
    {
        const std::lock_guard lock(m_mutex);
        m_isAbandoned = true;
        callback.swap(m_callback);
    }
    if (callback)
        callback();
}

void AdminTicket::whenAbandoned(std::function<void()> callback)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_isAbandoned) {
            m_callback.swap(callback);
            return;
        }
    }
    callback();
}

Response adminAnswer(const QJsonValue &json, int status)
{
    const QJsonDocument document =
        json.isArray() ? QJsonDocument(json.toArray()) : QJsonDocument(json.toObject());
    return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
        document.toJson(QJsonDocument::Compact), false};
}

} // namespace sluice::gateway
