// SPDX-License-Identifier: GPL-3.0-or-later
#include "testclient.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTest>

namespace sluice::test {

using gateway::Headers;
using gateway::UpstreamFailure;

QByteArray Reply::header(QByteArrayView name) const
{
    return gateway::headerValue(headers, name);
}

QJsonObject Reply::json() const
{
    return QJsonDocument::fromJson(body).object();
}

class TestClient::Call final : public gateway::UpstreamSink
{
public:
    Reply reply;
    std::unique_ptr<gateway::Transfer> transfer;

    void upstreamBegan(int status, Headers &&headers, qint64) override
    {
        reply.status = status;
        reply.headers = std::move(headers);
    }

    void upstreamData(QByteArrayView chunk) override { reply.body.append(chunk); }

    void upstreamEnded() override
    {
        reply.isWhole = true;
        end();
    }

    void upstreamFailed(UpstreamFailure, const QString &message) override
    {
        reply.error = message;
        end();
    }

    void end()
    {
        reply.isDone = true;
        reply.duration = std::chrono::milliseconds(m_time.elapsed());
    }

private:
    const QElapsedTimer m_time = [] {
        QElapsedTimer time;
        time.start();
        return time;
    }();
};

TestClient::TestClient(QByteArray baseUrl) : m_baseUrl(std::move(baseUrl)) { }

TestClient::~TestClient() = default;

size_t TestClient::start(const QByteArray &method, const QByteArray &path, const QByteArray &body,
    const Headers &headers)
{
    gateway::UpstreamRequest request;
    request.method = method;
    request.url = m_baseUrl + path;
    request.headers = m_headers;
    request.headers.insert(request.headers.end(), headers.begin(), headers.end());
    request.body = body;
    m_calls.push_back(std::make_unique<Call>());
    Call &call = *m_calls.back();
    call.transfer = m_upstream.start(std::move(request), call);
    return m_calls.size() - 1;
}

const Reply &TestClient::reply(size_t number) const
{
    return m_calls[number]->reply;
}

bool TestClient::hasSent(size_t number) const
{
    const Call &call = *m_calls[number];
    return call.reply.status != 0 || (call.transfer && call.transfer->hasSent());
}

void TestClient::hangUp(size_t number)
{
    m_calls[number]->transfer.reset();
}

Reply TestClient::send(const QByteArray &method, const QByteArray &path, const QByteArray &body,
    const Headers &headers)
{
    const size_t number = start(method, path, body, headers);
    [[maybe_unused]] const bool isDone =
        QTest::qWaitFor([this, number] { return reply(number).isDone; }, 30'000);
    return reply(number);
}

bool TestClient::load(int total, int parallel, const QByteArray &path, const QByteArray &body,
    const std::function<void(const Reply &)> &finished)
{
    std::vector<size_t> running;
    int started = 0;
    int done = 0;
    return QTest::qWaitFor(
        [&] {
            std::erase_if(running, [&](size_t number) {
                if (!reply(number).isDone)
                    return false;
                finished(reply(number));
                ++done;
                return true;
            });
            while (started < total && static_cast<int>(running.size()) < parallel) {
                running.push_back(start("POST", path, body));
                ++started;
            }
            return done == total;
        },
        60'000);
}

} // namespace sluice::test
