// SPDX-License-Identifier: GPL-3.0-or-later
// An HTTP client for tests: whole answers, many at once, and hang-ups at will. Built on the
// project's own Upstream, which tst_upstream checks against scripted servers. Lives on the test's
// thread.
#pragma once

#include "core/gateway/upstream/upstream.h"

#include <QJsonObject>

#include <functional>
#include <memory>
#include <vector>

namespace sluice::test {

struct Reply
{
    int status = 0; ///< 0 = no answer began
    gateway::Headers headers;
    QByteArray body;
    bool isWhole = false; ///< the answer came to its proper end
    bool isDone = false;
    QString error;
    std::chrono::milliseconds duration{0}; ///< from the start to the end

    [[nodiscard]] QByteArray header(QByteArrayView name) const;
    [[nodiscard]] QJsonObject json() const;
};

class TestClient final
{
public:
    explicit TestClient(QByteArray baseUrl);
    ~TestClient();
    Q_DISABLE_COPY_MOVE(TestClient)

    void setBaseUrl(const QByteArray &baseUrl) { m_baseUrl = baseUrl; }

    /// Headers that every request carries.
    void setHeaders(gateway::Headers headers) { m_headers = std::move(headers); }

    /// Sends a request and waits for its end (30 s at most).
    Reply send(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
        const gateway::Headers &headers = {});

    Reply post(const QByteArray &path, const QByteArray &body, const gateway::Headers &headers = {})
    {
        return send("POST", path, body, headers);
    }

    /// Starts a request and gives its number; see reply().
    size_t start(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
        const gateway::Headers &headers = {});

    [[nodiscard]] const Reply &reply(size_t number) const;

    /// Whether the whole request has been sent.
    [[nodiscard]] bool hasSent(size_t number) const;

    /// Hangs up on a request; nothing if it is done.
    void hangUp(size_t number);

    /// Sends `total` requests with `parallel` of them under way; calls back with each reply. Waits
    /// for all of them, 60 s at most; false if that was too short.
    bool load(int total, int parallel, const QByteArray &path, const QByteArray &body,
        const std::function<void(const Reply &)> &finished);

private:
    class Call;

    gateway::Upstream m_upstream;
    QByteArray m_baseUrl;
    gateway::Headers m_headers;
    std::vector<std::unique_ptr<Call>> m_calls;
};

} // namespace sluice::test
