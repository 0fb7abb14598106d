// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/gateway.h"

#include <algorithm>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

int workerCount(int configured)
{
    if (configured > 0)
        return configured;
    return std::clamp(QThread::idealThreadCount() - 1, 1, 4);
}

/// Runs a function on a worker's thread and waits for its result.
template <typename F> auto onThread(GatewayWorker &worker, F function) -> decltype(function())
{
    decltype(function()) result{};
    QMetaObject::invokeMethod(
        &worker, [&] { result = function(); }, Qt::BlockingQueuedConnection);
    return result;
}

} // namespace

Gateway::Gateway(limits::Limiter &limiter, metering::LearnedModels &learned, Reporter reporter)
    : m_reporter(std::move(reporter))
{
    m_shared.limiter = &limiter;
    m_shared.learned = &learned;
}

void Gateway::useStores(StoreFactory factory, StoreBoard::Listener listener)
{
    m_shared.storeFactory = std::move(factory);
    m_shared.stores.setListener(std::move(listener));
}

void Gateway::useJournal(CommitCounters commit)
{
    m_shared.commitCounters = std::move(commit);
}

void Gateway::useLedger(CommitRows commit)
{
    m_shared.commitRows = std::move(commit);
}

void Gateway::resetInStore(const QByteArray &limit)
{
    if (m_workers.empty())
        return;
    GatewayWorker *worker = m_workers.front().worker.get();
    QMetaObject::invokeMethod(worker, [worker, limit] { worker->stores().noteReset(limit); });
}

Gateway::~Gateway()
{
    close();
}

Result<quint16> Gateway::start(std::shared_ptr<const Snapshot> snapshot, bool joinPort)
{
    const config::Server server = snapshot->configuration().server;
    m_shared.snapshot = std::move(snapshot);
    const QHostAddress address(server.address == "localhost"_L1 ? u"127.0.0.1"_s : server.address);
    // The first front claims the port exclusively, so that a second gateway cannot slip in beside
    // it.
    Result<quint16> port = startWorker(address, server.port, joinPort, 0);
    const int count = workerCount(server.workers);
    for (int i = 1; port && i < count; ++i) {
        if (const auto joined = startWorker(address, *port, true, i); !joined) {
            port = joined.error();
            break;
        }
    }
    if (!port)
        close();
    return port;
}

Result<quint16> Gateway::startWorker(
    const QHostAddress &address, quint16 port, bool reusePort, int index)
{
    Running running{std::make_unique<GatewayWorker>(m_shared, static_cast<quint32>(index + 1)),
        std::make_unique<QThread>()};
    GatewayWorker &worker = *running.worker;
    QObject::connect(&worker, &GatewayWorker::reported, &worker, m_reporter, Qt::DirectConnection);
    running.thread->setObjectName(u"gateway %1"_s.arg(index));
    worker.moveToThread(running.thread.get());
    running.thread->start();
    m_workers.push_back(std::move(running));

    Result<quint16> result = quint16{0};
    QMetaObject::invokeMethod(
        &worker, [&] { result = worker.start(address, port, reusePort); },
        Qt::BlockingQueuedConnection);
    return result;
}

void Gateway::apply(std::shared_ptr<const Snapshot> snapshot)
{
    {
        const std::lock_guard lock(m_shared.mutex);
        m_shared.snapshot = std::move(snapshot);
    }
    for (const Running &running : m_workers) {
        GatewayWorker *worker = running.worker.get();
        QMetaObject::invokeMethod(worker, [worker] { worker->applyLimits(); });
    }
}

void Gateway::stopAccepting()
{
    for (const Running &running : m_workers) {
        GatewayWorker *worker = running.worker.get();
        QMetaObject::invokeMethod(
            worker, [worker] { worker->stopAccepting(); }, Qt::BlockingQueuedConnection);
    }
}

bool Gateway::isIdle() const
{
    return std::all_of(m_workers.begin(), m_workers.end(), [](const Running &running) {
        GatewayWorker &worker = *running.worker;
        return onThread(worker, [&worker] { return worker.isIdle(); });
    });
}

void Gateway::close()
{
    for (Running &running : m_workers) {
        GatewayWorker *worker = running.worker.get();
        // Its sockets and notifiers must die on the thread that they live on.
        QMetaObject::invokeMethod(
            worker,
            [worker] {
                worker->close();
                worker->moveToThread(nullptr);
            },
            Qt::BlockingQueuedConnection);
        running.thread->quit();
        running.thread->wait();
    }
    m_workers.clear();
}

void Gateway::continueRecordsOf(const Gateway &other)
{
    m_shared.lastRecordId = other.m_shared.lastRecordId.load();
    m_shared.metrics = other.m_shared.metrics;
}

} // namespace sluice::gateway
