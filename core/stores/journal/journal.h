// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the counters of a limiter in a SQLite file: memory is the authority, and what has changed
// is written a moment later. Owned by the gateway's session; has a thread of its own, and nobody
// who counts ever waits for the disk.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/limits/counterrecord.h"
#include "core/stores/journal/journalfile.h"

#include <QDeadlineTimer>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace sluice::limits {
class Limiter;
} // namespace sluice::limits

namespace sluice::stores {

class Journal final
{
public:
    struct Options
    {
        bool isStrict = false; ///< a commit survives a power cut too
        bool isContinued = false; ///< the limiter has counted all along: there is nothing to load
        std::function<bool(const limits::Limit &)> keeps; ///< which counters; empty: all of them
        std::chrono::milliseconds commitInterval{50}; ///< between two transactions
        std::chrono::milliseconds retryInterval{5'000}; ///< after a failure
    };

    /// Told on the journal's thread why counters are not kept, once for each reason; an empty
    /// sentence when they are again.
    using Reporter = std::function<void(const QString &)>;

    /// Told on the journal's thread whether all that had changed before is on the disk.
    using Done = std::function<void(bool isOnDisk)>;

    /// The file's path in a data directory.
    static QString pathIn(const QString &folder);

    /// Opens the file, and takes into the limiter what an earlier run has left there; the clock,
    /// which is the limiter's, goes on from then. Both must outlive the journal. A broken file is
    /// kept under another name with a warning, and a new one begins.
    Journal(
        QString path, limits::Limiter &limiter, Clock &clock, Reporter reporter, Options options);

    /// Writes what has changed, then ends the thread. Commits that are under way are told.
    ~Journal();
    Q_DISABLE_COPY_MOVE(Journal)

    /// Waits until the counters of the earlier run are there (true), or it is known that they
    /// cannot be read: before the first request.
    bool waitUntilLoaded();

    /// There is something new in the limiter, which says so itself. Any thread; cheap.
    void changed();

    /// Writes all that has changed until now, without the pause between two transactions; those who
    /// ask at the same time share one. Any thread; does not wait.
    void commit(Done done);

private:
    /// Shared with the limiter, which may be telling while the journal ends.
    struct Wake
    {
        void changed();

        std::mutex mutex; ///< guards the next one
        std::condition_variable condition;
        bool hasNews = true;
    };

    void run();
    bool waitForWork(QDeadlineTimer pause);
    Result<void> work();
    Result<void> open();
    Result<void> load();
    [[nodiscard]] bool hasTaken() const;
    void reportLoaded(const JournalFile::LastRun &last) const;
    void take(std::vector<limits::CounterRecord> &&records);
    Result<void> write();
    bool takeChanges();
    void report(const Result<void> &done);
    void answer(bool isOnDisk);
    Result<void> putAside(const Error &error);

    const QString m_path;
    limits::Limiter &m_limiter;
    Clock &m_clock;
    const Reporter m_reporter;
    const Options m_options;
    const std::shared_ptr<Wake> m_wake = std::make_shared<Wake>();

    // Guarded by the mutex of m_wake.
    std::vector<Done> m_commits; ///< that nobody has begun to write
    bool m_isReady = false; ///< see waitUntilLoaded()
    bool m_hasLoaded = false; ///< m_isLoaded when m_isReady was set
    bool m_isStopping = false;

    // Of the journal's thread.
    std::unique_ptr<JournalFile> m_file;
    limits::CounterRecordReader m_reader;
    limits::LoadReport m_loaded;
    std::vector<limits::CounterRecord> m_useless; ///< records to remove
    std::vector<limits::SavedCounter> m_pending; ///< taken from the limiter, not written
    std::vector<Done> m_running; ///< commits that are being written
    qint64 m_notedOpen = -1; ///< open reservations as the file has them
    bool m_isLoaded = false; ///< the limiter has what was in the file
    QString m_problem; ///< that was reported last
    std::thread m_thread;
};

} // namespace sluice::stores
