// SPDX-License-Identifier: GPL-3.0-or-later
// The running gateway as a user interface may see it: state, address, activity. Lives on the main
// thread; owns the gateway threads and ends them in order.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/config/configuration.h"
#include "core/insight/activity.h"
#include "core/limits/rename.h"

#include <QObject>

#include <functional>
#include <memory>

namespace sluice::gateway {
class AdminHandler;
} // namespace sluice::gateway

namespace sluice::limits {
class Limiter;
} // namespace sluice::limits

namespace sluice::metering {
class LearnedModels;
} // namespace sluice::metering

namespace sluice::session {

class GatewaySession final : public QObject
{
    Q_OBJECT

public:
    enum class State : quint8 { Stopped, Starting, Running, Stopping, Failed };
    Q_ENUM(State)

    /// What is kept beside the configuration.
    enum class Store : quint8 { Ledger, Bodies, Counters, Shared };
    Q_ENUM(Store)

    /// The clock must outlive the session.
    explicit GatewaySession(Clock &clock, QObject *parent = nullptr);
    ~GatewaySession() override;
    Q_DISABLE_COPY_MOVE(GatewaySession)

    /// An address and port from the command line; they beat the file and the environment.
    void overrideListener(const QString &address, quint16 port);

    /// Runs before each start(), which fails with its error.
    void prepareWith(std::function<Result<void>()> prepare);

    /// Opens the admin API to who has the token, from the next start() on; null closes it. The
    /// handler must outlive what runs.
    void serveAdmin(gateway::AdminHandler *handler, const QByteArray &token);

    /// Goes on from what an earlier run has learned about models, as it is kept in the folder, and
    /// keeps it there every few minutes and when the gateway stops. A file that cannot be used is a
    /// warning in the log.
    void keepLearned(const QString &folder);

    /// Records requests in the folder's ledger as the configuration says, from the next start() on.
    void keepLedger(const QString &folder);

    /// Counts on from the counters that an earlier run has kept in the folder, and keeps them
    /// there, from the next start() on.
    void keepCounters(const QString &folder);

    /// Opens the listener with a configuration. On failure the state is Failed and error() says
    /// what to do. fileName names the configuration in messages to clients.
    Result<void> start(
        std::shared_ptr<const config::Configuration> configuration, const QString &fileName);

    /// Puts another configuration in force between two requests. A changed address, port or number
    /// of workers opens the new listener first; if that fails everything stays as it was.
    /// Limits in `renames` keep their counters under their new names.
    Result<void> apply(std::shared_ptr<const config::Configuration> configuration,
        const limits::Renames &renames = {});

    /// Stops accepting, lets running requests end within `shutdown-timeout`, then closes. Blocks at
    /// most that long; 0 closes at once.
    void stop(std::chrono::milliseconds grace);

    [[nodiscard]] State state() const;
    [[nodiscard]] QString error() const; ///< why the state is Failed
    [[nodiscard]] QByteArray baseUrl() const; ///< "http://127.0.0.1:8080", empty unless running
    [[nodiscard]] std::shared_ptr<const config::Configuration> configuration() const;
    [[nodiscard]] const Clock &clock() const;

    /// Empties the counters of one value of a limit in its shared store, if it has one.
    void resetInStore(const QByteArray &limit, const QByteArray &value);

    /// The counters, for LimitOperations. They outlive every listener.
    [[nodiscard]] limits::Limiter &limiter();

    /// What providers' reports have taught. It outlives every listener too.
    [[nodiscard]] metering::LearnedModels &learnedModels();

Q_SIGNALS:
    void stateChanged(sluice::session::GatewaySession::State state);
    void configurationApplied();
    /// Requests or their bodies are not recorded, counters are in memory only, or shared stores
    /// cannot be reached, and why: a whole sentence, empty when all is well again.
    void storeProblem(sluice::session::GatewaySession::Store store, const QString &problem);
    /// Limits go on under other names; comes before configurationApplied().
    void limitsRenamed(const sluice::limits::Renames &renames);
    /// One report of a gateway thread; at most ten a second from each.
    void activityReported(const sluice::insight::ActivityBatchPtr &batch);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session
