// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/gatewayworker.h"

#include "core/base/ids.h"
#include "core/base/logging.h"
#include "core/gateway/metrics/metricspage.h"
#include "core/gateway/pipeline/exchange.h"
#include "core/gateway/pipeline/ownlimits.h"
#include "core/gateway/pipeline/ownroutes.h"

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds ReportInterval{100};
constexpr milliseconds HeartbeatInterval{1'000};
constexpr int MaxReportedCounters = 2'000;
constexpr int SweepBudget = 2'000; ///< counters looked at with each report

FrontLimits frontLimits(const config::Server &server)
{
    FrontLimits limits;
    limits.maxConnections = server.maxConnections;
    limits.maxHeaderBytes = server.maxHeaderBytes;
    limits.maxBodyBytes = server.maxBodyBytes;
    limits.maxBufferedBytes = server.maxBufferedBytes;
    limits.headerTimeout = server.headerTimeout;
    limits.idleTimeout = server.idleTimeout;
    return limits;
}

/// Whether a route is for who runs the gateway, not for its clients.
bool isOperators(const Route &route)
{
    return route.kind == Route::Kind::Admin || route.kind == Route::Kind::Metrics;
}

} // namespace

/// Where another thread finds the worker, as long as there is one.
struct GatewayWorker::Gate
{
    std::mutex mutex; ///< guards worker
    GatewayWorker *worker = nullptr;
};

GatewayWorker::GatewayWorker(GatewayShared &shared, quint32 seed)
    : m_shared(shared),
      m_random(seed),
      m_stores(*shared.limiter, shared.stores, shared.storeFactory, seed),
      m_gate(std::make_shared<Gate>()),
      m_tally(shared.metrics->join()),
      m_flushTimer(this),
      m_reportTimer(this)
{
    m_flushTimer.setSingleShot(true);
    connect(&m_flushTimer, &QTimer::timeout, this, &GatewayWorker::turnEnded);
    m_gate->worker = this;
    m_reportTimer.setSingleShot(true);
    connect(&m_reportTimer, &QTimer::timeout, this, &GatewayWorker::report);
}

GatewayWorker::~GatewayWorker()
{
    const std::scoped_lock lock(m_gate->mutex);
    m_gate->worker = nullptr;
}

void GatewayWorker::whenDurable(std::function<void()> done)
{
    m_shared.commitCounters(fromOtherThreads(std::move(done)));
}

void GatewayWorker::whenRecorded(const insight::RequestRecord &record, std::function<void()> done)
{
    m_finished->append(record, m_isRecording);
    if (!m_shared.commitRows)
        return whenDurable(std::move(done));
    // Two files at the same time; whoever is last calls back.
    const auto one = [left = std::make_shared<std::atomic<int>>(2),
                         both = fromOtherThreads(std::move(done))] {
        if (--*left == 0)
            both();
    };
    m_shared.commitCounters(one);
    m_shared.commitRows(takeFinished(), one);
}

/// Calls on this thread, from any, as long as there is a worker.
std::function<void()> GatewayWorker::fromOtherThreads(std::function<void()> done) const
{
    return [gate = m_gate, done = std::move(done)] {
        const std::scoped_lock lock(gate->mutex);
        if (gate->worker != nullptr)
            QMetaObject::invokeMethod(gate->worker, done, Qt::QueuedConnection);
    };
}

Result<quint16> GatewayWorker::start(const QHostAddress &address, quint16 port, bool reusePort)
{
    m_isRecording = snapshot()->configuration().recording.enabled;
    m_stores.follow(*m_shared.limiter->limits());
    m_upstream = std::make_unique<Upstream>(Upstream::Flushing::ByOwner);
    m_admin = std::make_unique<AdminDesk>(m_shared.admin, clock());
    m_front = std::make_unique<HttpFront>(
        *this, clock(), frontLimits(snapshot()->configuration().server), m_shared.counters);
    m_reportTimer.start(HeartbeatInterval);
    return m_front->listen(address, port, reusePort);
}

void GatewayWorker::applyLimits()
{
    const auto current = snapshot();
    m_isRecording = current->configuration().recording.enabled;
    m_stores.follow(*m_shared.limiter->limits());
    if (m_front)
        m_front->setLimits(frontLimits(current->configuration().server));
    // Edited limits read differently from now on, even without a request.
    scheduleReport();
}

void GatewayWorker::stopAccepting()
{
    if (!m_front)
        return;
    m_front->stopAccepting();
    m_front->closeIdle();
}

bool GatewayWorker::isIdle() const
{
    // Nobody waits for the answers of the admin API: they may be as long in coming as a query.
    const qsizetype admin = m_admin ? m_admin->openCalls() : 0;
    return m_exchanges.empty() && (!m_front || m_front->activeRequests() <= admin);
}

void GatewayWorker::close()
{
    while (!m_exchanges.empty())
        m_exchanges.begin()->second->shutDown();
    m_admin.reset();
    m_front.reset();
    m_upstream.reset();
    m_stores.close();
    report();
    m_reportTimer.stop();
    m_shared.metrics->leave(m_tally);
}

void GatewayWorker::noteUsageRefused(const QByteArray &provider)
{
    if (m_refusingUsage.contains(provider))
        return;
    m_refusingUsage.insert(provider);
    qCWarning(lcGateway,
        "Provider %s does not take stream_options.include_usage: its streams are asked for no "
        "usage "
        "from now on and are counted where they tell none; inject-usage: false says so for good",
        provider.constData());
}

std::shared_ptr<const Snapshot> GatewayWorker::snapshot() const
{
    const std::lock_guard lock(m_shared.mutex);
    return m_shared.snapshot;
}

QDate GatewayWorker::today()
{
    const qint64 day = std::chrono::floor<std::chrono::days>(clock().wall()).count();
    if (day != m_day) {
        m_day = day;
        m_today = QDate(1970, 1, 1).addDays(day);
    }
    return m_today;
}

std::optional<Response> GatewayWorker::checkHead(const RequestHead &head, const QHostAddress &peer)
{
    const EngineTime started = clock().now();
    const auto current = snapshot();
    const auto route = findRoute(head, *current);
    const auto *found = std::get_if<Route>(&route);
    if (found != nullptr && isOperators(*found))
        return refuseOperator(*found, head, peer, started);
    if (found == nullptr || !found->isProxied() || head.method == "OPTIONS")
        return std::nullopt; // handle() gives the full answer; such a body is within its limits
    return refuseCaller(head, *found, *current, started);
}

/// The answer to a page or a key that may not use the route; nullopt if it may.
std::optional<Response> GatewayWorker::refuseCaller(
    const RequestHead &head, const Route &route, const Snapshot &current, EngineTime started)
{
    if (const auto failure = checkOrigin(head.headers, current.configuration().server))
        return rejectHead(head, *failure, route.dialect, started);
    const auto caller = authenticate(head.headers, route, current, today());
    if (const auto *failure = std::get_if<Failure>(&caller))
        return rejectHead(head, *failure, route.dialect, started);
    return std::nullopt;
}

std::optional<Response> GatewayWorker::refuseOperator(
    const Route &route, const RequestHead &head, const QHostAddress &peer, EngineTime started)
{
    const auto failure =
        route.kind == Route::Kind::Admin ? m_admin->refuse(head, peer) : refuseMetrics(head, peer);
    if (!failure)
        return std::nullopt;
    return rejectHead(head, *failure, config::Dialect::OpenAi, started);
}

/// An answer to a request that never becomes an exchange, noted all the same.
Response GatewayWorker::rejectHead(
    const RequestHead &head, const Failure &failure, config::Dialect dialect, EngineTime started)
{
    insight::RequestRecord record;
    record.id = nextRecordId();
    record.at = clock().wall();
    record.outcome = insight::Outcome::Rejected;
    record.method = head.method;
    record.path = pathOf(head.target);
    record.status = failure.status;
    record.note = failure.message;
    record.requestId = makeRequestId();
    Response response = failureResponse(failure, dialect);
    appendAnswerFields(record.requestId, headerValue(head.headers, "x-request-id"),
        clock().now() - started, response.headers);
    note(record);
    return response;
}

void GatewayWorker::handle(Request &&request, ResponseSink &sink)
{
    m_isInTurn = true;
    const EngineTime started = clock().now();
    auto current = snapshot();
    auto route = findRoute(request.head, *current);
    if (const auto *own = std::get_if<Route>(&route); own && isOperators(*own)) {
        if (const auto refusal = refuseOperator(*own, request.head, request.peer, started))
            return sink.send(*refusal);
        if (own->kind == Route::Kind::Admin)
            return m_admin->handle(request, sink, started);
    }
    if (const auto response = answerOwn(request, route, *current, started)) {
        sink.send(*response);
        return;
    }
    auto exchange = std::make_unique<Exchange>(
        *this, std::move(current), std::move(request), std::move(route), sink, started);
    Exchange &running = *exchange;
    m_exchanges.emplace(&running, std::move(exchange));
    m_tally->setInFlight(std::ssize(m_exchanges));
    running.run();
}

/// Preflights and the gateway's own routes: they ask no provider and spend nothing.
std::optional<Response> GatewayWorker::answerOwn(const Request &request,
    const std::variant<Route, Failure> &route, const Snapshot &current, EngineTime started)
{
    const RequestHead &head = request.head;
    if (auto response = preflight(head, current))
        return response;
    const auto *found = std::get_if<Route>(&route);
    if (found == nullptr || found->isProxied())
        return std::nullopt;
    // These two ask who is calling; the others are for everybody.
    const bool isCallers = found->kind == Route::Kind::Models || found->kind == Route::Kind::Me;
    if (isCallers) {
        if (auto refusal = refuseCaller(head, *found, current, started))
            return refusal;
    }
    Response response = ownAnswer(request, *found, current);
    appendAnswerFields(makeRequestId(), headerValue(head.headers, "x-request-id"),
        clock().now() - started, response.headers);
    const QByteArray origin = headerValue(head.headers, "origin");
    if (isCallers && !origin.isEmpty())
        appendCorsHeaders(origin, response.headers);
    return response;
}

Response GatewayWorker::ownAnswer(
    const Request &request, const Route &route, const Snapshot &current)
{
    if (route.kind == Route::Kind::Models)
        return modelsResponse(route, current);
    if (route.kind == Route::Kind::Ready)
        return readyResponse(m_shared.stores.problems());
    if (route.kind == Route::Kind::Metrics)
        return metrics();
    if (route.kind != Route::Kind::Me)
        return ownRouteResponse(route.kind, request.body);
    const auto caller = authenticate(request.head.headers, route, current, today());
    return ownLimitsResponse(
        request.head.headers, std::get<Caller>(caller), current, *m_shared.limiter);
}

Response GatewayWorker::metrics() const
{
    return metricsResponse({*m_shared.metrics, *m_shared.counters, *m_shared.limiter,
        m_shared.stores, m_shared.keptFigures ? m_shared.keptFigures() : KeptFigures()});
}

std::optional<Response> GatewayWorker::preflight(
    const RequestHead &head, const Snapshot &current) const
{
    const QByteArray origin = headerValue(head.headers, "origin");
    if (head.method != "OPTIONS" || origin.isEmpty()
        || headerValue(head.headers, "access-control-request-method").isEmpty())
        return std::nullopt;
    if (const auto failure = checkOrigin(head.headers, current.configuration().server))
        return failureResponse(*failure, config::Dialect::OpenAi);
    Response response{204, {}, {}, false};
    appendCorsHeaders(origin, response.headers);
    response.headers.push_back({"Access-Control-Allow-Methods",
        headerValue(head.headers, "access-control-request-method")});
    if (const QByteArray wanted = headerValue(head.headers, "access-control-request-headers");
        !wanted.isEmpty())
        response.headers.push_back({"Access-Control-Allow-Headers", wanted});
    response.headers.push_back({"Access-Control-Max-Age", "600"});
    return response;
}

void GatewayWorker::appendCorsHeaders(const QByteArray &origin, Headers &headers)
{
    headers.push_back({"Access-Control-Allow-Origin", origin});
    headers.push_back({"Access-Control-Expose-Headers", "*"});
    headers.push_back({"Vary", "Origin"});
}

std::unique_ptr<Transfer> GatewayWorker::startUpstream(
    UpstreamRequest &&request, UpstreamSink &sink)
{
    if (!m_isInTurn && !m_flushTimer.isActive())
        m_flushTimer.start(0);
    return m_upstream->start(std::move(request), sink);
}

void GatewayWorker::turnEnded()
{
    m_isInTurn = false;
    if (m_upstream)
        m_upstream->flush();
}

Response GatewayWorker::frontError(
    int status, QByteArrayView code, const QString &message, QByteArrayView target)
{
    const QByteArray type = status >= 500 ? "server_error"_ba : "invalid_request_error"_ba;
    RequestHead head;
    head.target = target.toByteArray();
    return rejectHead(
        head, {status, type, code.toByteArray(), message}, dialectOf(target), clock().now());
}

void GatewayWorker::note(const insight::RequestRecord &record)
{
    show(record);
    if (record.outcome != insight::Outcome::Streaming)
        m_finished->append(record, m_isRecording);
}

void GatewayWorker::show(const insight::RequestRecord &record)
{
    m_collector.note(record);
    m_tally->note(record);
    scheduleReport();
}

void GatewayWorker::remove(Exchange &exchange)
{
    m_exchanges.erase(&exchange);
    m_tally->setInFlight(std::ssize(m_exchanges));
}

void GatewayWorker::report()
{
    auto batch = std::make_shared<insight::ActivityBatch>(m_collector.take());
    batch->at = clock().wall();
    batch->finished = takeFinished();
    batch->counters = m_shared.limiter->takeChanges(MaxReportedCounters);
    batch->now = clock().now();
    m_shared.limiter->sweep(SweepBudget);
    m_shared.health.check(*m_shared.limiter);
    m_stores.payDues();
    // Also an empty report is news: the window tells a quiet gateway from a stuck one by it.
    Q_EMIT reported(batch);
    m_isReportDue = false;
    m_reportTimer.start(HeartbeatInterval);
    if (batch->counters.size() == MaxReportedCounters)
        scheduleReport();
}

/// Null if there are none.
insight::FinishedRequests GatewayWorker::takeFinished()
{
    const size_t count = m_finished->size();
    if (count == 0)
        return {};
    insight::FinishedRequests taken =
        std::exchange(m_finished, std::make_shared<insight::FinishedRows>());
    m_finished->reserve(count); // as many will come
    return taken;
}

void GatewayWorker::scheduleReport()
{
    if (m_isReportDue)
        return;
    m_isReportDue = true;
    m_reportTimer.start(ReportInterval);
}

} // namespace sluice::gateway
