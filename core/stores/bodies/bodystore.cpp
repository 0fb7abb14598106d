// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/bodies/bodystore.h"

#include "core/base/logging.h"
#include "core/stores/bodies/bodyfile.h"

#include <QDir>
#include <QFileInfo>
#include <QThread>

#include <algorithm>
#include <iterator>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using insight::RecordedBodies;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds CleanInterval{60'000};
constexpr qint64 SizeWithoutBodies = 512; ///< bytes of names, ids and the values themselves

qint64 sizeOf(const RecordedBodies &bodies)
{
    return SizeWithoutBodies + bodies.request.bytes.size()
        + (bodies.answer ? bodies.answer->bytes.size() : 0);
}

qint64 sizeOf(const std::vector<RecordedBodies> &many)
{
    qint64 size = 0;
    for (const RecordedBodies &each : many)
        size += sizeOf(each);
    return size;
}

} // namespace

QString BodyStore::pathIn(const QString &folder)
{
    return QDir(folder).filePath(u"bodies.sqlite"_s);
}

BodyStore::BodyStore(QString path, const Clock &clock, Reporter reporter, const Options &options)
    : m_path(std::move(path)), m_clock(clock), m_reporter(std::move(reporter)), m_options(options)
{
}

BodyStore::~BodyStore()
{
    {
        const QMutexLocker lock(&m_mutex);
        m_isStopping = true;
    }
    m_wake.wakeAll();
    if (m_thread)
        m_thread->wait();
}

void BodyStore::keep(bool isRecording, milliseconds age)
{
    {
        const QMutexLocker lock(&m_mutex);
        m_isRecording = isRecording;
        m_age = age;
        m_isToClean = true;
    }
    m_wake.wakeAll();
    if (m_thread || (!isRecording && !QFileInfo::exists(m_path)))
        return;
    m_thread.reset(QThread::create([this] { run(); }));
    m_thread->setObjectName(u"bodies"_s);
    m_thread->start();
}

void BodyStore::append(RecordedBodies &&bodies)
{
    const qint64 size = sizeOf(bodies);
    const QMutexLocker lock(&m_mutex);
    if (!m_isRecording)
        return;
    if (m_waitingBytes + size > m_options.maxQueuedBytes) {
        ++m_dropped;
        return;
    }
    m_waitingBytes += size;
    m_queue.push_back(std::move(bodies));
    if (m_queue.size() == 1)
        m_wake.wakeAll();
}

// --- the thread ----------------------------------------------------------------------------------

void BodyStore::run()
{
    BodyFile file(m_path, m_clock);
    QDeadlineTimer pause(0);
    bool isStopping = false;
    while (!isStopping) {
        isStopping = waitForWork(pause);
        auto done = work(file, isStopping);
        if (!done && done.error().code == ErrorCode::Invalid)
            done = work(file, isStopping); // the broken file is out of the way
        report(done);
        tellDropped();
        pause.setRemainingTime(done ? m_options.commitInterval : m_options.retryInterval);
    }
    reportEnd();
}

/// Lets the pause between two transactions pass, then waits for something to do. True: the store is
/// to stop, and this is the last time.
bool BodyStore::waitForWork(QDeadlineTimer pause)
{
    QMutexLocker lock(&m_mutex);
    while (!m_isStopping && !pause.hasExpired())
        m_wake.wait(&m_mutex, pause);
    while (!m_isStopping && !hasWork() && !m_cleanAt.hasExpired())
        m_wake.wait(&m_mutex, m_cleanAt);
    std::move(m_queue.begin(), m_queue.end(), std::back_inserter(m_pending));
    m_queue.clear();
    if (std::exchange(m_isToClean, false))
        m_cleanAt.setRemainingTime(0);
    return m_isStopping;
}

bool BodyStore::hasWork() const
{
    return !m_queue.empty() || !m_pending.empty() || m_isToClean;
}

/// Where nothing is recorded, a file that is there is cleaned, and none is made.
bool BodyStore::isWanted() const
{
    const QMutexLocker lock(&m_mutex);
    return m_isRecording || !m_pending.empty() || QFileInfo::exists(m_path);
}

Result<void> BodyStore::work(BodyFile &file, bool isLast)
{
    const bool isThere = QFileInfo::exists(m_path); // somebody may have removed it
    if (!isThere)
        file.close();
    if (!isWanted()) {
        m_cleanAt.setRemainingTime(CleanInterval);
        return {};
    }
    if (!file.isOpen()) {
        if (auto opened = file.open(); !opened)
            return opened;
    }
    if (auto written = write(file); !written)
        return written;
    return isLast ? Result<void>() : clean(file);
}

Result<void> BodyStore::write(BodyFile &file)
{
    if (m_pending.empty())
        return {};
    if (auto written = file.write(m_pending); !written)
        return written;
    const qint64 size = sizeOf(m_pending);
    m_pending.clear();
    const QMutexLocker lock(&m_mutex);
    m_waitingBytes -= size;
    return {};
}

/// A little at a time, so that what comes in does not wait.
Result<void> BodyStore::clean(BodyFile &file)
{
    if (!m_cleanAt.hasExpired())
        return {};
    milliseconds age{0};
    {
        const QMutexLocker lock(&m_mutex);
        age = m_age;
    }
    const auto isMore = file.clean(age);
    if (!isMore)
        return isMore.error();
    m_cleanAt.setRemainingTime(*isMore ? milliseconds(0) : CleanInterval);
    return {};
}

/// The loop comes by at least once a minute, for the cleaning.
void BodyStore::tellDropped()
{
    if (!m_tellAt.hasExpired())
        return;
    qint64 dropped = 0;
    {
        const QMutexLocker lock(&m_mutex);
        dropped = std::exchange(m_dropped, 0);
    }
    if (dropped == 0)
        return;
    m_tellAt.setRemainingTime(m_options.tellInterval);
    qCWarning(lcLedger, "bodies of %lld requests came too fast to be recorded",
        static_cast<long long>(dropped));
}

void BodyStore::report(const Result<void> &done)
{
    bool isRecording = false;
    {
        const QMutexLocker lock(&m_mutex);
        isRecording = m_isRecording;
    }
    const QString problem = done ? QString() : done.error().message;
    if (std::exchange(m_problem, problem) != problem) {
        const char *what =
            isRecording ? "bodies are not recorded" : "recorded bodies are not removed";
        if (done)
            qCInfo(lcLedger, "bodies are recorded or removed again");
        else
            qCWarning(lcLedger, "%s: %ls", what, qUtf16Printable(problem));
    }
    const QString told = isRecording ? problem : QString();
    if (std::exchange(m_told, told) != told && m_reporter)
        m_reporter(told);
}

void BodyStore::reportEnd()
{
    const QMutexLocker lock(&m_mutex);
    const qint64 missing = static_cast<qint64>(m_pending.size()) + m_dropped;
    if (missing > 0)
        qCWarning(
            lcLedger, "bodies of %lld requests were not recorded", static_cast<long long>(missing));
}

} // namespace sluice::stores
