// SPDX-License-Identifier: GPL-3.0-or-later
// Every request that has ended becomes a row of a SQLite file or of PostgreSQL. Owned by the
// gateway's session; has a thread of its own, and nobody who appends ever waits for the disk.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/stores/ledger/ledgerwriter.h"

#include <QDeadlineTimer>
#include <QMutex>
#include <QWaitCondition>

#include <functional>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace sluice::stores {

class Ledger final
{
public:
    /// What tests make smaller.
    struct Options
    {
        qint64 maxQueuedRows = 50'000; ///< more are summed up instead
        std::chrono::milliseconds commitInterval{50}; ///< between two transactions
        std::chrono::milliseconds retryInterval{5'000}; ///< after a failure
        std::chrono::milliseconds rollUpInterval{10'000}; ///< until sums are in the file
        std::chrono::milliseconds lastWait{8'000}; ///< at the end, for a server
        qsizetype maxGroups = 100'000; ///< that are summed up instead of rows: 50 MB
        qint64 maxBatchRows = 10'000; ///< in one transaction, if there is more than one report
    };

    /// Told on the ledger's thread why nothing is recorded, once for each reason; an empty sentence
    /// when recording goes on.
    using Reporter = std::function<void(const QString &)>;

    /// Told on the ledger's thread whether what was to be recorded is on the disk, power cuts
    /// included.
    using Done = std::function<void(bool isOnDisk)>;

    /// Rows since it began.
    struct Figures
    {
        qint64 given = 0;
        qint64 written = 0;
        qint64 lost = 0; ///< that found the queue full

        [[nodiscard]] qint64 waiting() const { return given - written - lost; }
    };

    /// The file's path in a data directory.
    static QString pathIn(const QString &folder);

    /// The clock must outlive the ledger. Nothing is opened before keep() or append().
    Ledger(LedgerPlace place, const Clock &clock, Reporter reporter, const Options &options);

    /// Writes what was appended, then ends the thread.
    ~Ledger();
    Q_DISABLE_COPY_MOVE(Ledger)

    /// Opens the ledger, and from now on removes what is older and sums up these properties. Any
    /// thread.
    void keep(const LedgerAges &ages, const QByteArrayList &properties);

    /// Goes on in another place, also with what is not written yet. Any thread.
    void moveTo(const LedgerPlace &place);

    /// Any thread; never blocks for the disk. Requests that find the queue full are summed up
    /// without a row.
    void append(const insight::FinishedRequests &requests);

    /// The same without the pause between two transactions; those who ask at the same time share
    /// one. While nothing can be written they are told so at once.
    void commit(const insight::FinishedRequests &requests, Done done);

    /// Any thread.
    [[nodiscard]] Figures figures() const;

private:
    void run();
    bool waitForWork(QDeadlineTimer pause);
    void takeBatch();
    void fillBatch();
    void takeCommits();
    bool hasWork() const;
    bool hasRest();
    bool hasMovedFrom(const std::shared_ptr<LedgerWriter> &target);
    std::shared_ptr<LedgerWriter> writer();
    void add(const insight::FinishedRequests &requests);
    void sumUp(const insight::FinishedRows &requests);
    Result<void> work(LedgerWriter &writer, bool isLast);
    Result<void> write(LedgerWriter &writer);
    Result<void> setProperties(LedgerWriter &writer);
    Result<void> rollUp(LedgerWriter &writer, bool isLast);
    Result<void> clean(LedgerWriter &writer);
    void reportLost();
    void report(const Result<void> &done);
    void answer(bool isOnDisk);
    void reportEnd();

    const Clock &m_clock;
    const Reporter m_reporter;
    const Options m_options;

    mutable QMutex m_mutex; ///< guards all that follows but what is the thread's
    QWaitCondition m_wake;
    LedgerPlace m_place;
    std::shared_ptr<LedgerWriter> m_writer; ///< for m_place; null: to be made. Used on the thread
    std::vector<insight::FinishedRequests> m_queue;
    qint64 m_waitingRows = 0; ///< in m_queue and in m_batch
    RequestsByMinute m_lost; ///< that found the queue full, since the last batch
    qint64 m_unsummed = 0; ///< that found the sums full too, since that was last said
    RollupBook m_overflow; ///< sums of them
    Figures m_figures;
    LedgerAges m_ages;
    std::optional<QByteArrayList> m_properties; ///< that the thread has not been told of
    std::vector<Done> m_commits; ///< that nobody has begun to write
    bool m_isWanted = false;
    bool m_isStopping = false;

    // Of the ledger's thread.
    LedgerBatch m_batch; ///< taken from the queue, not written
    std::vector<Done> m_running; ///< commits that are being written
    std::optional<QByteArrayList> m_summedUp; ///< properties that were asked for last
    QString m_problem; ///< that was reported last
    QDeadlineTimer m_cleanAt{0};
    QDeadlineTimer m_rollUpAt{QDeadlineTimer::Forever};
    std::unique_ptr<QThread> m_thread;
};

} // namespace sluice::stores
