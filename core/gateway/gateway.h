// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway: several worker threads on one port. Made, used and destroyed on its owner's thread.
#pragma once

#include "core/gateway/gatewayworker.h"

#include <QThread>

#include <functional>

namespace sluice::gateway {

class Gateway final
{
public:
    /// Called on a worker's thread with each report.
    using Reporter = std::function<void(const insight::ActivityBatchPtr &)>;

    /// The limiter and what was learned must outlive the gateway; they are shared with the next one
    /// when the listener moves.
    Gateway(limits::Limiter &limiter, metering::LearnedModels &learned, Reporter reporter);

    /// Where counters of shared stores are asked for; before start(). Listener: told which stores
    /// cannot be reached, on the thread that noticed.
    void useStores(StoreFactory factory, StoreBoard::Listener listener);

    /// How counters get to the disk that a strict store wants there at once; before start().
    void useJournal(CommitCounters commit);

    /// What metrics say of the ledger and the journal; before start().
    void useKeptFigures(KeptFiguresSource source) { m_shared.keptFigures = std::move(source); }

    /// Where the rows of requests get to the disk for whom strict limits have let through; before
    /// start().
    void useLedger(CommitRows commit);

    /// Where bodies go that the configuration wants to have recorded; before start().
    void useBodies(KeepBodies keep) { m_shared.keepBodies = std::move(keep); }

    /// Opens the admin API; before start().
    void serveAdmin(const AdminService &service) { m_shared.admin = service; }

    /// Closes at once.
    ~Gateway();
    Q_DISABLE_COPY_MOVE(Gateway)

    /// Opens the listener and starts the threads. Gives the port. Errors name address and remedy.
    /// joinPort: another gateway of this process holds the port and is about to leave it.
    Result<quint16> start(std::shared_ptr<const Snapshot> snapshot, bool joinPort = false);

    /// Swaps in another snapshot; the next request is decided by it. Listener keys are not looked
    /// at.
    void apply(std::shared_ptr<const Snapshot> snapshot);

    /// Stops accepting; idle connections are closed, running requests go on.
    void stopAccepting();

    [[nodiscard]] bool isIdle() const;

    /// Counters of a limit were reset: its shared store hears of it now, or when it is back.
    void resetInStore(const QByteArray &limit);

    /// Breaks off what still runs and joins the threads.
    void close();

    /// Numbers records and counts metrics on from another gateway's, so that both keep growing when
    /// the listener moves; before start().
    void continueRecordsOf(const Gateway &other);

private:
    struct Running
    {
        std::unique_ptr<GatewayWorker> worker;
        std::unique_ptr<QThread> thread;
    };

    Result<quint16> startWorker(
        const QHostAddress &address, quint16 port, bool reusePort, int index);

    GatewayShared m_shared;
    Reporter m_reporter;
    std::vector<Running> m_workers;
};

} // namespace sluice::gateway
