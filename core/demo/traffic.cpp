// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/traffic.h"

#include "core/demo/mocktext.h"
#include "core/demo/trafficworker.h"

#include <QMutexLocker>

namespace sluice::demo {

using namespace Qt::StringLiterals;

Traffic::Traffic()
{
    m_thread.setObjectName(u"traffic"_s);
}

Traffic::~Traffic()
{
    stop();
}

void Traffic::start(const TrafficOptions &options)
{
    if (m_worker)
        return;
    m_worker = std::make_unique<Worker>(options, m_mutex, m_totals);
    m_worker->moveToThread(&m_thread);
    m_thread.start();
    QMetaObject::invokeMethod(m_worker.get(), [worker = m_worker.get()] { worker->start(); });
}

void Traffic::setBaseUrl(const QByteArray &baseUrl)
{
    if (!m_worker)
        return;
    QMetaObject::invokeMethod(
        m_worker.get(), [worker = m_worker.get(), baseUrl] { worker->setBaseUrl(baseUrl); });
}

void Traffic::stop()
{
    if (!m_worker)
        return;
    QMetaObject::invokeMethod(
        m_worker.get(), [this] { m_worker->stop(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
    m_worker.reset();
}

TrafficTotals Traffic::totals() const
{
    const QMutexLocker lock(&m_mutex);
    return m_totals;
}

gateway::Headers trafficHeaders(const DemoClient &client)
{
    gateway::Headers headers{{"Content-Type", "application/json"}};
    const bool isAnthropic = client.path.startsWith("/anthropic/");
    if (isAnthropic) {
        headers.push_back({"x-api-key", client.secret});
        headers.push_back({"anthropic-version", "2023-06-01"});
    } else {
        headers.push_back({"Authorization", "Bearer " + client.secret});
    }
    if (!client.user.isEmpty() && !client.userInBody)
        headers.push_back({"Helicone-User-Id", client.user});
    headers.insert(headers.end(), client.properties.begin(), client.properties.end());
    if (!client.policy.isEmpty())
        headers.push_back({"Helicone-RateLimit-Policy", client.policy});
    return headers;
}

QByteArray trafficBody(const DemoClient &client, const QByteArray &text, bool isStream)
{
    const QByteArray said = jsonString(QString::fromUtf8(text));
    QByteArray body = "{\"model\":" + jsonString(QString::fromUtf8(client.model));
    if (client.path.endsWith("/embeddings"))
        return body + ",\"input\":" + said + ",\"dimensions\":64}";
    body += R"(,"messages":[{"role":"user","content":)" + said + "}],\"max_tokens\":200";
    if (isStream)
        body += ",\"stream\":true";
    if (isStream && !client.path.endsWith("/messages"))
        body += R"(,"stream_options":{"include_usage":true})"; // Anthropic reports unasked
    if (client.userInBody)
        body += ",\"user\":" + jsonString(QString::fromUtf8(client.user));
    return body + "}";
}

} // namespace sluice::demo
