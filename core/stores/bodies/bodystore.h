// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies of requests and answers, in a SQLite file of their own, where the configuration asks for
// them. Owned by the gateway's session; has a thread of its own, and nobody who appends ever waits
// for the disk.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/insight/recordedbodies.h"

#include <QDeadlineTimer>
#include <QMutex>
#include <QWaitCondition>

#include <functional>
#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace sluice::stores {

class BodyFile;

class BodyStore final
{
public:
    /// What tests make smaller.
    struct Options
    {
        qint64 maxQueuedBytes = 64 * 1'024 * 1'024; ///< more are dropped
        std::chrono::milliseconds commitInterval{50}; ///< between two transactions
        std::chrono::milliseconds retryInterval{5'000}; ///< after a failure
        std::chrono::milliseconds tellInterval{60'000}; ///< between two words about dropped ones
    };

    /// Told on the store's thread why nothing is recorded, once for each reason; an empty sentence
    /// when recording goes on.
    using Reporter = std::function<void(const QString &)>;

    /// The file's path in a data directory.
    static QString pathIn(const QString &folder);

    /// The clock must outlive the store. There is neither a thread nor a file before keep().
    BodyStore(QString path, const Clock &clock, Reporter reporter, const Options &options);

    /// Writes what was appended, then ends the thread.
    ~BodyStore();
    Q_DISABLE_COPY_MOVE(BodyStore)

    /// Whether bodies are recorded from now on, and how long (0: for ever). What an earlier run has
    /// recorded is removed at its age either way; where nothing is recorded no file is made. The
    /// owner's thread.
    void keep(bool isRecording, std::chrono::milliseconds age);

    /// Any thread; never blocks for the disk. What finds the queue full, or is not to be recorded,
    /// is dropped.
    void append(insight::RecordedBodies &&bodies);

private:
    void run();
    bool waitForWork(QDeadlineTimer pause);
    [[nodiscard]] bool hasWork() const;
    [[nodiscard]] bool isWanted() const;
    Result<void> work(BodyFile &file, bool isLast);
    Result<void> write(BodyFile &file);
    Result<void> clean(BodyFile &file);
    void tellDropped();
    void report(const Result<void> &done);
    void reportEnd();

    const QString m_path;
    const Clock &m_clock;
    const Reporter m_reporter;
    const Options m_options;

    mutable QMutex m_mutex; ///< guards the next seven
    QWaitCondition m_wake;
    std::vector<insight::RecordedBodies> m_queue;
    qint64 m_waitingBytes = 0; ///< in m_queue and in m_pending
    qint64 m_dropped = 0; ///< requests, since somebody was told of them
    std::chrono::milliseconds m_age{0};
    bool m_isRecording = false;
    bool m_isStopping = false;
    bool m_isToClean = false; ///< now: the age may be another one

    // Of the store's thread.
    std::vector<insight::RecordedBodies> m_pending; ///< taken from the queue, not written
    QString m_problem; ///< that was logged last
    QString m_told; ///< that was reported last
    QDeadlineTimer m_cleanAt{0};
    QDeadlineTimer m_tellAt{0};
    std::unique_ptr<QThread> m_thread; ///< null before keep()
};

} // namespace sluice::stores
