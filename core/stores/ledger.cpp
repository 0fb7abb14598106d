// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger.h"

#include "core/base/logging.h"

#include <QDir>
#include <QFileInfo>
#include <QThread>

#include <numeric>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds CleanInterval{60'000};
constexpr int RowsCleanedAtOnce = 2'000;

qint64 minuteOf(milliseconds time)
{
    return std::chrono::floor<std::chrono::minutes>(time) / milliseconds(1);
}

qint64 sum(const RequestsByMinute &counts)
{
    return std::accumulate(counts.begin(), counts.end(), qint64{0},
        [](qint64 total, const auto &minute) { return total + minute.second; });
}

} // namespace

QString Ledger::pathIn(const QString &folder)
{
    return QDir(folder).filePath(u"ledger.sqlite"_s);
}

Ledger::Ledger(QString path, const Clock &clock, Reporter reporter, const Options &options)
    : m_path(std::move(path)),
      m_clock(clock),
      m_reporter(std::move(reporter)),
      m_options(options),
      m_thread(QThread::create([this] { run(); }))
{
    m_thread->setObjectName(u"ledger"_s);
    m_thread->start();
}

Ledger::~Ledger()
{
    {
        const QMutexLocker lock(&m_mutex);
        m_isStopping = true;
    }
    m_wake.wakeAll();
    m_thread->wait();
}

void Ledger::keepFor(milliseconds retention)
{
    {
        const QMutexLocker lock(&m_mutex);
        m_retention = retention;
        m_isWanted = true;
    }
    m_wake.wakeAll();
}

void Ledger::append(const insight::FinishedRequests &requests)
{
    if (!requests || requests->size() == 0)
        return;
    {
        const QMutexLocker lock(&m_mutex);
        const auto rows = static_cast<qint64>(requests->size());
        if (m_waitingRows + rows <= m_options.maxQueuedRows) {
            m_queue.push_back(requests);
            m_waitingRows += rows;
        } else {
            for (const insight::FinishedRow &row : *requests)
                ++m_lost[minuteOf(milliseconds(row.timeMs))];
        }
        m_isWanted = true;
    }
    m_wake.wakeAll();
}

// --- the thread ----------------------------------------------------------------------------------

void Ledger::run()
{
    LedgerFile file(m_path, m_clock);
    QDeadlineTimer pause(0);
    bool isStopping = false;
    while (!isStopping) {
        isStopping = waitForWork(pause);
        auto done = work(file);
        if (!done && done.error().code == ErrorCode::Invalid)
            done = work(file); // the broken file is out of the way
        report(done);
        pause.setRemainingTime(done ? m_options.commitInterval : m_options.retryInterval);
    }
    reportEnd();
}

/// Lets the pause between two transactions pass, then waits for something to do. True: the ledger
/// is to stop, and this is the last time.
bool Ledger::waitForWork(QDeadlineTimer pause)
{
    QMutexLocker lock(&m_mutex);
    while (!m_isStopping && !m_isWanted)
        m_wake.wait(&m_mutex);
    while (!m_isStopping && !pause.hasExpired())
        m_wake.wait(&m_mutex, pause);
    while (!m_isStopping && !hasWork() && !m_cleanAt.hasExpired())
        m_wake.wait(&m_mutex, m_cleanAt);
    m_pending.insert(m_pending.end(), m_queue.begin(), m_queue.end());
    m_queue.clear();
    return m_isStopping;
}

bool Ledger::hasWork() const
{
    return !m_queue.empty() || !m_pending.empty() || !m_lost.empty();
}

Result<void> Ledger::work(LedgerFile &file)
{
    {
        const QMutexLocker lock(&m_mutex);
        if (!m_isWanted)
            return {};
    }
    if (!file.isOpen() || !QFileInfo::exists(m_path)) { // somebody may have moved it away
        file.close();
        if (auto opened = file.open(); !opened)
            return opened;
    }
    auto written = write(file);
    return written ? clean(file) : written;
}

Result<void> Ledger::write(LedgerFile &file)
{
    RequestsByMinute lost;
    {
        const QMutexLocker lock(&m_mutex);
        lost = m_lost;
    }
    if (m_pending.empty() && lost.empty())
        return {};
    if (auto written = file.write(m_pending, lost); !written)
        return written;
    if (!lost.empty())
        qCWarning(lcLedger,
            "%lld requests came too fast to be recorded: they are counted by minute",
            static_cast<long long>(sum(lost)));
    const QMutexLocker lock(&m_mutex);
    for (const insight::FinishedRequests &requests : m_pending)
        m_waitingRows -= static_cast<qint64>(requests->size());
    m_pending.clear();
    for (const auto &[minute, requests] : lost) {
        const auto found = m_lost.find(minute);
        found->second -= requests;
        if (found->second == 0)
            m_lost.erase(found);
    }
    return {};
}

/// A few rows at a time, so that what comes in does not wait.
Result<void> Ledger::clean(LedgerFile &file)
{
    if (!m_cleanAt.hasExpired())
        return {};
    milliseconds retention{0};
    {
        const QMutexLocker lock(&m_mutex);
        retention = m_retention;
    }
    int removed = 0;
    if (retention > milliseconds::zero()) {
        const auto done = file.removeBefore(m_clock.wall() - retention, RowsCleanedAtOnce);
        if (!done)
            return done.error();
        removed = *done;
    }
    m_cleanAt.setRemainingTime(removed == RowsCleanedAtOnce ? milliseconds(0) : CleanInterval);
    return {};
}

void Ledger::report(const Result<void> &done)
{
    const QString problem = done ? QString() : done.error().message;
    if (problem == m_problem)
        return;
    m_problem = problem;
    if (done)
        qCInfo(lcLedger, "requests are recorded again");
    else
        qCWarning(lcLedger, "requests are not recorded: %ls", qUtf16Printable(problem));
    if (m_reporter)
        m_reporter(problem);
}

void Ledger::reportEnd()
{
    const QMutexLocker lock(&m_mutex);
    const qint64 missing = m_waitingRows + sum(m_lost);
    if (missing > 0)
        qCWarning(lcLedger, "%lld requests were not recorded", static_cast<long long>(missing));
}

} // namespace sluice::stores
