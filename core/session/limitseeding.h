// SPDX-License-Identifier: GPL-3.0-or-later
// New limits that wait for what the ledger knows of their period. Owned by KeptStores; main thread
// unless a member says otherwise. The ledger is read on a thread of its own.
#pragma once

#include "core/limits/limiter.h"
#include "core/session/ledgerthread.h"

#include <QMutex>
#include <QObject>
#include <QSet>
#include <QWaitCondition>

#include <functional>

namespace sluice::session {

class LimitSeeding final
{
public:
    /// Told on the ledger's thread which limits have begun where the ledger says.
    using Listener = std::function<void(const QSet<QByteArray> &begun)>;

    /// The limiter must outlive it.
    LimitSeeding(limits::Limiter &limiter, Listener listener);
    ~LimitSeeding();
    Q_DISABLE_COPY_MOVE(LimitSeeding)

    /// Limits that count since `now`: they wait from here on, until start(). One that waits already
    /// goes on with its own time.
    void add(const std::vector<limits::LimitPtr> &added, limits::Instant now);

    /// Looks at those that wait as they are after an edit. What is not there any more does not
    /// wait.
    void follow(const limits::LimitSet &limits, const limits::Renames &renames);

    /// Asks the ledger for those that wait, after that time. What cannot be asked for long starts
    /// from nothing, with a warning in the log.
    void start(const stores::LedgerPlace &ledger, std::chrono::milliseconds delay);

    /// Waits until none waits any more, but not for long.
    void waitFor(std::chrono::milliseconds time);

    /// Takes the question back and returns at once. Those that wait go on waiting, for the next
    /// start() or the next run.
    void stop();

    /// Whether a limit waits: its counters are not what the next run has to begin with. Any thread.
    [[nodiscard]] bool isWaiting(const limits::Limit &limit) const;

    /// Those that have begun are on the disk. Any thread.
    void saved(const QSet<QByteArray> &begun);

    /// Those that wait, or are not on the disk as they have begun.
    [[nodiscard]] QSet<QByteArray> unsaved() const;

    /// Nobody waits any more.
    void clear();

private:
    struct Waiting
    {
        quint64 id = 0; ///< an edit gives it another limit
        limits::LimitPtr limit;
        limits::Instant since;
    };

    void ask();
    void run(const Result<stores::LedgerReader *> &reader, bool isShared,
        const ledgerreading::Watch &watch);
    void tryAgain(const Error &error);
    [[nodiscard]] Result<void> seed(
        const Waiting &each, stores::LedgerReader &reader, const ledgerreading::Watch &watch);
    static void warn(const Waiting &each, const Error &error);
    void finish(const std::vector<Waiting> &done);
    [[nodiscard]] std::vector<Waiting> waiting() const;

    limits::Limiter &m_limiter;
    const Listener m_listener;
    stores::LedgerPlace m_ledger;
    std::atomic<int> m_triesLeft = 0;
    mutable QMutex m_mutex; ///< guards the next three
    QSet<QByteArray> m_begun; ///< and not saved
    std::vector<Waiting> m_waiting;
    quint64 m_lastId = 0;
    std::atomic<bool> m_hasWaiting = false; ///< spares who asks for each counter the mutex
    QWaitCondition m_done;
    std::unique_ptr<QObject> m_soon; ///< whom calls that are due find
    std::unique_ptr<LedgerThread> m_thread; ///< from start() to stop()
};

} // namespace sluice::session
