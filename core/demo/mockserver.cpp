// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockserver.h"

#include "core/demo/mockprovider.h"
#include "core/gateway/front/httpfront.h"

namespace sluice::demo {

using namespace Qt::StringLiterals;

/// What lives on the mock's thread.
class MockServer::Worker final : public QObject
{
public:
    Worker() = default;
    Q_DISABLE_COPY_MOVE(Worker)

    Result<quint16> start(const MockOptions &options, MockBooks &books)
    {
        m_provider = std::make_unique<MockProvider>(options, books);
        m_front = std::make_unique<gateway::HttpFront>(*m_provider, m_clock);
        return m_front->listen(options.address, options.port, false);
    }

    void stop()
    {
        // First the connections, then the answers under way on them.
        m_front.reset();
        m_provider.reset();
    }

private:
    SystemClock m_clock;
    std::unique_ptr<MockProvider> m_provider;
    std::unique_ptr<gateway::HttpFront> m_front;
};

MockServer::MockServer()
{
    m_thread.setObjectName(u"mock"_s);
}

MockServer::~MockServer()
{
    stop();
}

Result<quint16> MockServer::start(const MockOptions &options)
{
    if (m_worker)
        return Error{ErrorCode::Conflict, u"The mock provider runs already."_s, {}};
    m_thread.start();
    m_worker = std::make_unique<Worker>();
    m_worker->moveToThread(&m_thread);
    Result<quint16> port = quint16{0};
    QMetaObject::invokeMethod(
        m_worker.get(), [&] { port = m_worker->start(options, m_books); },
        Qt::BlockingQueuedConnection);
    if (!port) {
        stop();
        return port;
    }
    const QString host = options.address.protocol() == QAbstractSocket::IPv6Protocol
        ? u"[%1]"_s.arg(options.address.toString())
        : options.address.toString();
    m_baseUrl = u"http://%1:%2"_s.arg(host).arg(*port).toUtf8();
    return port;
}

void MockServer::stop()
{
    if (!m_worker)
        return;
    QMetaObject::invokeMethod(
        m_worker.get(), [this] { m_worker->stop(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
    m_worker.reset();
    m_baseUrl.clear();
}

} // namespace sluice::demo
