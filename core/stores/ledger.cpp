// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger.h"

#include "core/base/logging.h"

#include <QDir>
#include <QFileInfo>
#include <QThread>

#include <algorithm>
#include <numeric>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds CleanInterval{60'000};

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

void Ledger::keep(const LedgerFile::Ages &ages, const QByteArrayList &properties)
{
    {
        const QMutexLocker lock(&m_mutex);
        m_ages = ages;
        m_properties = properties;
        m_overflow.setProperties(properties);
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
        add(requests);
    }
    m_wake.wakeAll();
}

void Ledger::commit(const insight::FinishedRequests &requests, Done done)
{
    {
        const QMutexLocker lock(&m_mutex);
        add(requests);
        m_commits.push_back(std::move(done));
    }
    m_wake.wakeAll();
}

void Ledger::add(const insight::FinishedRequests &requests)
{
    const auto rows = static_cast<qint64>(requests->size());
    if (m_waitingRows + rows <= m_options.maxQueuedRows) {
        m_queue.push_back(requests);
        m_waitingRows += rows;
    } else {
        sumUp(*requests);
    }
    m_isWanted = true;
}

void Ledger::sumUp(const insight::FinishedRows &requests)
{
    for (const insight::FinishedRow &row : requests) {
        const bool hasRoom = m_overflow.size() < m_options.maxGroups;
        if (row.isKept || !hasRoom)
            ++m_lost[minuteOf(milliseconds(row.timeMs))];
        if (hasRoom)
            m_overflow.add(row);
        else
            ++m_unsummed;
    }
}

// --- the thread ----------------------------------------------------------------------------------

void Ledger::run()
{
    LedgerFile file(m_path, m_clock);
    QDeadlineTimer pause(0);
    bool isStopping = false;
    while (!isStopping) {
        isStopping = waitForWork(pause);
        auto done = work(file, isStopping);
        if (!done && done.error().code == ErrorCode::Invalid)
            done = work(file, isStopping); // the broken file is out of the way
        report(done);
        answer(done.has_value());
        pause.setRemainingTime(done ? m_options.commitInterval : m_options.retryInterval);
    }
    reportEnd();
}

/// Lets the pause between two transactions pass, then waits for something to do; a commit does not
/// wait for the pause. True: the ledger is to stop, and this is the last time.
bool Ledger::waitForWork(QDeadlineTimer pause)
{
    QMutexLocker lock(&m_mutex);
    while (!m_isStopping && !m_isWanted)
        m_wake.wait(&m_mutex);
    const bool isFailing = !m_problem.isEmpty();
    while (!m_isStopping && !pause.hasExpired() && (isFailing || m_commits.empty())) {
        if (m_commits.empty()) {
            m_wake.wait(&m_mutex, pause);
            continue;
        }
        m_running.swap(m_commits); // nobody waits for a disk that is not there
        lock.unlock();
        answer(false);
        lock.relock();
    }
    while (!m_isStopping && !hasWork() && !m_cleanAt.hasExpired() && !m_rollUpAt.hasExpired())
        m_wake.wait(&m_mutex, std::min(m_cleanAt, m_rollUpAt));
    m_pending.insert(m_pending.end(), m_queue.begin(), m_queue.end());
    m_queue.clear();
    if (m_isStopping || m_sums.size() == 0) { // else they have to be written first: room is short
        m_sums.add(m_overflow);
        m_overflow.clear();
    }
    if (m_overflow.size() == 0) // nobody is told before all that he has added is written
        m_running.swap(m_commits);
    return m_isStopping;
}

bool Ledger::hasWork() const
{
    return !m_commits.empty() || !m_queue.empty() || !m_pending.empty() || !m_lost.empty()
        || m_sums.size() > 0 || m_overflow.size() > 0 || m_properties;
}

Result<void> Ledger::work(LedgerFile &file, bool isLast)
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
        m_rollUpAt.setRemainingTime(0); // there may be rows that nobody has summed up
    }
    if (auto told = setProperties(file); !told)
        return told;
    if (auto written = write(file); !written)
        return written;
    answer(true); // what follows may take a while
    if (auto done = rollUp(file, isLast); !done)
        return done;
    return isLast ? Result<void>() : clean(file);
}

Result<void> Ledger::setProperties(LedgerFile &file)
{
    std::optional<QByteArrayList> properties;
    {
        const QMutexLocker lock(&m_mutex);
        properties.swap(m_properties);
    }
    return properties ? file.setProperties(*properties) : Result<void>();
}

Result<void> Ledger::write(LedgerFile &file)
{
    RequestsByMinute lost;
    {
        const QMutexLocker lock(&m_mutex);
        lost = m_lost;
    }
    if (m_pending.empty() && lost.empty() && m_sums.size() == 0)
        return {};
    using Durability = LedgerFile::Durability;
    if (auto set = file.setDurability(m_running.empty() ? Durability::Normal : Durability::Full);
        !set)
        return set;
    if (auto written = file.write(m_pending, lost, m_sums); !written)
        return written;
    m_sums.clear();
    if (!lost.empty())
        reportLost(sum(lost));
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

/// Sums wait a while, so that many requests become one change of the file.
Result<void> Ledger::rollUp(LedgerFile &file, bool isLast)
{
    if (m_rollUpAt.isForever() && file.hasSums())
        m_rollUpAt.setRemainingTime(m_options.rollUpInterval);
    if (!isLast && !m_rollUpAt.hasExpired())
        return {};
    const auto isBehind = file.rollUp();
    if (!isBehind)
        return isBehind.error();
    m_rollUpAt = *isBehind ? QDeadlineTimer(0) : QDeadlineTimer(QDeadlineTimer::Forever);
    return {};
}

/// A little at a time, so that what comes in does not wait.
Result<void> Ledger::clean(LedgerFile &file)
{
    if (!m_cleanAt.hasExpired())
        return {};
    LedgerFile::Ages ages;
    {
        const QMutexLocker lock(&m_mutex);
        ages = m_ages;
    }
    const auto isMore = file.clean(ages);
    if (!isMore)
        return isMore.error();
    m_cleanAt.setRemainingTime(*isMore ? milliseconds(0) : CleanInterval);
    return {};
}

/// All of them are in the file's own count, by minute.
void Ledger::reportLost(qint64 lost)
{
    qint64 unsummed = 0;
    {
        const QMutexLocker lock(&m_mutex);
        unsummed = std::exchange(m_unsummed, 0);
    }
    qCWarning(lcLedger, "%lld requests came too fast to be recorded: they are summed up only",
        static_cast<long long>(lost));
    if (unsummed > 0)
        qCWarning(lcLedger,
            "%lld of them are in no sum either: there were too many different ones at once",
            static_cast<long long>(unsummed));
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

void Ledger::answer(bool isOnDisk)
{
    for (const Done &done : std::exchange(m_running, {}))
        done(isOnDisk);
}

void Ledger::reportEnd()
{
    const QMutexLocker lock(&m_mutex);
    const qint64 missing = m_waitingRows + sum(m_lost);
    if (missing > 0)
        qCWarning(lcLedger, "%lld requests were not recorded", static_cast<long long>(missing));
}

} // namespace sluice::stores
