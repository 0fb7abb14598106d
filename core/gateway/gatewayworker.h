// SPDX-License-Identifier: GPL-3.0-or-later
// One gateway thread: an HTTP front, an upstream client and the exchanges between them. Made on the
// owner's thread, moved to its own before start(); everything else happens there unless it says so.
#pragma once

#include "core/gateway/admin/admindesk.h"
#include "core/gateway/front/httpfront.h"
#include "core/gateway/front/requesthandler.h"
#include "core/gateway/healthwatch.h"
#include "core/gateway/metrics/keptfigures.h"
#include "core/gateway/metrics/metricsboard.h"
#include "core/gateway/pipeline/reply.h"
#include "core/gateway/pipeline/route.h"
#include "core/gateway/sharedstores/storepool.h"
#include "core/gateway/snapshot.h"
#include "core/gateway/upstream/upstream.h"
#include "core/insight/activitycollector.h"
#include "core/insight/recordedbodies.h"
#include "core/limits/limiter.h"
#include "core/metering/tokens/learnedmodels.h"

#include <QDate>
#include <QObject>
#include <QRandomGenerator>
#include <QSet>
#include <QTimer>

#include <mutex>
#include <unordered_map>

namespace sluice::gateway {

class Exchange;

/// Calls back on any thread once everything that was counted before is on disk.
using CommitCounters = std::function<void(std::function<void()> done)>;

/// Records requests that have ended; calls back on any thread once they are on disk.
using CommitRows =
    std::function<void(const insight::FinishedRequests &requests, std::function<void()> done)>;
/// Takes what is recorded of one request, on any thread, without waiting.
using KeepBodies = std::function<void(insight::RecordedBodies &&)>;

/// What all workers of one gateway share. Any thread.
struct GatewayShared
{
    limits::Limiter *limiter = nullptr;
    metering::LearnedModels *learned = nullptr;
    std::shared_ptr<FrontCounters> counters = std::make_shared<FrontCounters>();
    std::shared_ptr<MetricsBoard> metrics = std::make_shared<MetricsBoard>();
    KeptFiguresSource keptFigures; ///< null: nothing is kept
    std::atomic<quint64> lastRecordId{0};
    HealthWatch health;
    StoreBoard stores;
    StoreFactory storeFactory; ///< null: everything counts in memory
    CommitCounters commitCounters; ///< null: nothing is kept
    CommitRows commitRows; ///< null: nothing is recorded, or not before it is reported
    KeepBodies keepBodies; ///< null: nobody records any
    AdminService admin; ///< as it was when the first worker started
    std::mutex mutex; ///< guards snapshot
    std::shared_ptr<const Snapshot> snapshot;
};

class GatewayWorker final : public QObject, public RequestHandler
{
    Q_OBJECT

public:
    /// seed: of the balancing draws. shared must outlive the worker.
    GatewayWorker(GatewayShared &shared, quint32 seed);
    ~GatewayWorker() override;
    Q_DISABLE_COPY_MOVE(GatewayWorker)

    /// Opens the front; see HttpFront::listen().
    Result<quint16> start(const QHostAddress &address, quint16 port, bool reusePort);

    /// Takes the front's limits, and whether requests are recorded, from the current snapshot.
    void applyLimits();

    void stopAccepting();
    [[nodiscard]] bool isIdle() const;

    /// Breaks everything off and closes the front.
    void close();

    std::optional<Response> checkHead(const RequestHead &head, const QHostAddress &peer) override;
    void handle(Request &&request, ResponseSink &sink) override;
    void turnEnded() override;
    Response frontError(
        int status, QByteArrayView code, const QString &message, QByteArrayView target) override;

    // For exchanges.
    [[nodiscard]] const Clock &clock() const { return m_shared.limiter->clock(); }

    [[nodiscard]] limits::Limiter &limiter() { return *m_shared.limiter; }

    [[nodiscard]] StorePool &stores() { return m_stores; }

    /// Whether what these limits count has to be on disk before anybody hears of it.
    [[nodiscard]] bool isStrict(const Snapshot &snapshot) const
    {
        return m_shared.commitCounters && snapshot.limits()->isStrict();
    }

    /// Calls back on this thread once everything that was counted until now is on disk.
    void whenDurable(std::function<void()> done);

    /// Records a request that has ended, and calls back once that is on disk too.
    void whenRecorded(const insight::RequestRecord &record, std::function<void()> done);

    [[nodiscard]] metering::LearnedModels &learnedModels() { return *m_shared.learned; }

    /// Whether a provider has not refused to be asked for the usage of its streams.
    [[nodiscard]] bool mayAskForUsage(const QByteArray &provider) const
    {
        return !m_refusingUsage.contains(provider);
    }

    /// It has: nobody on this thread asks it again, until the gateway starts anew.
    void noteUsageRefused(const QByteArray &provider);

    /// Sends a request to its provider: with the others of this turn of the front, or soon.
    std::unique_ptr<Transfer> startUpstream(UpstreamRequest &&request, UpstreamSink &sink);

    [[nodiscard]] QRandomGenerator &random() { return m_random; }

    [[nodiscard]] QDate today();

    [[nodiscard]] quint64 nextRecordId() { return ++m_shared.lastRecordId; }

    /// Shows a request; if it has ended it is recorded, too.
    void note(const insight::RequestRecord &record);

    /// Shows a request that is recorded already.
    void show(const insight::RequestRecord &record);

    /// Whether the bodies of a request that comes now are recorded.
    [[nodiscard]] bool keepsBodies(const Snapshot &snapshot) const
    {
        return m_shared.keepBodies && snapshot.configuration().recording.keepsBodies();
    }

    void keep(insight::RecordedBodies &&bodies) { m_shared.keepBodies(std::move(bodies)); }

    void remove(Exchange &exchange);
    static void appendCorsHeaders(const QByteArray &origin, Headers &headers);

Q_SIGNALS:
    /// At most ten times a second, and at least once a second, then perhaps with nothing in it.
    void reported(const sluice::insight::ActivityBatchPtr &batch);

private:
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
    std::optional<Response> answerOwn(const Request &request,
        const std::variant<Route, Failure> &route, const Snapshot &current, EngineTime started);
    Response ownAnswer(const Request &request, const Route &route, const Snapshot &current);
    std::optional<Response> preflight(const RequestHead &head, const Snapshot &current) const;
    std::optional<Response> refuseCaller(
        const RequestHead &head, const Route &route, const Snapshot &current, EngineTime started);
    Response rejectHead(const RequestHead &head, const Failure &failure, config::Dialect dialect,
        EngineTime started);
    std::optional<Response> refuseOperator(
        const Route &route, const RequestHead &head, const QHostAddress &peer, EngineTime started);
    [[nodiscard]] Response metrics() const;
    [[nodiscard]] std::function<void()> fromOtherThreads(std::function<void()> done) const;
    insight::FinishedRequests takeFinished();
    void report();
    void scheduleReport();

    GatewayShared &m_shared;
    QRandomGenerator m_random;
    struct Gate;

    StorePool m_stores;
    std::shared_ptr<Gate> m_gate; ///< through which other threads call back
    std::unique_ptr<Upstream> m_upstream;
    std::unique_ptr<HttpFront> m_front;
    std::unique_ptr<AdminDesk> m_admin;
    std::unordered_map<const Exchange *, std::unique_ptr<Exchange>> m_exchanges;
    const std::shared_ptr<MetricsBoard::Part> m_tally;
    insight::ActivityCollector m_collector;
    QSet<QByteArray> m_refusingUsage; ///< providers
    /// Since the last report.
    std::shared_ptr<insight::FinishedRows> m_finished = std::make_shared<insight::FinishedRows>();
    bool m_isRecording = false; ///< `recording.enabled`: requests are kept as rows
    bool m_isInTurn = false; ///< the front hands requests over, and flushes at the end
    QTimer m_flushTimer; ///< for what is started outside of such a turn
    QTimer m_reportTimer;
    bool m_isReportDue = false; ///< there is something to tell, and the timer is set for it
    qint64 m_day = 0; ///< the UTC day that m_today belongs to
    QDate m_today;
};

} // namespace sluice::gateway
