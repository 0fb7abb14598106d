// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledger.h"

#include "core/base/ids.h"
#include "core/base/logging.h"

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

qint64 keptIn(const insight::FinishedRows &requests)
{
    return std::count_if(requests.begin(), requests.end(),
        [](const insight::FinishedRow &row) { return row.isKept; });
}

} // namespace

QString Ledger::pathIn(const QString &folder)
{
    return LedgerPlace::in(folder).path;
}

Ledger::Ledger(LedgerPlace place, const Clock &clock, Reporter reporter, const Options &options)
    : m_clock(clock),
      m_reporter(std::move(reporter)),
      m_options(options),
      m_place(std::move(place)),
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
        if (m_writer)
            m_writer->hurry(m_options.lastWait);
    }
    m_wake.wakeAll();
    m_thread->wait();
}

void Ledger::keep(const LedgerAges &ages, const QByteArrayList &properties)
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

void Ledger::moveTo(const LedgerPlace &place)
{
    {
        const QMutexLocker lock(&m_mutex);
        if (place == m_place)
            return;
        m_place = place;
        if (m_writer)
            m_writer->hurry({}); // nobody waits for the old one any more
        m_writer.reset();
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
    m_figures.given += keptIn(*requests);
    if (m_waitingRows + rows <= m_options.maxQueuedRows) {
        m_queue.push_back(requests);
        m_waitingRows += rows;
    } else {
        sumUp(*requests);
    }
    m_isWanted = true;
}

Ledger::Figures Ledger::figures() const
{
    const QMutexLocker lock(&m_mutex);
    return m_figures;
}

void Ledger::sumUp(const insight::FinishedRows &requests)
{
    for (const insight::FinishedRow &row : requests) {
        const bool hasRoom = m_overflow.size() < m_options.maxGroups;
        m_figures.lost += row.isKept ? 1 : 0;
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
    QDeadlineTimer pause(0);
    bool isStopping = false;
    while (!isStopping) {
        isStopping = waitForWork(pause);
        Result<void> done;
        std::shared_ptr<LedgerWriter> target;
        do {
            takeBatch();
            target = writer();
            done = work(*target, isStopping);
            if (!done && done.error().code == ErrorCode::Invalid)
                done = work(*target, isStopping); // the broken file is out of the way
        } while (hasMovedFrom(target) || (isStopping && done && hasRest()));
        report(done);
        answer(done.has_value());
        pause.setRemainingTime(done ? m_options.commitInterval : m_options.retryInterval);
    }
    reportEnd();
    {
        const QMutexLocker lock(&m_mutex);
        takeCommits();
        m_writer.reset(); // where it was used
    }
    answer(false);
}

/// Lets the pause between two transactions pass, then waits for something to do; a commit does not
/// wait for the pause. True: the ledger is to stop, and this is the last time.
bool Ledger::waitForWork(QDeadlineTimer pause)
{
    QMutexLocker lock(&m_mutex);
    while (!m_isStopping && !m_isWanted)
        m_wake.wait(&m_mutex);
    const bool isFailing = !m_problem.isEmpty();
    while (!m_isStopping && m_writer // a new place is tried at once
        && !pause.hasExpired() && (isFailing || m_commits.empty())) {
        if (m_commits.empty()) {
            m_wake.wait(&m_mutex, pause);
            continue;
        }
        takeCommits(); // nobody waits for a disk that is not there
        lock.unlock();
        answer(false);
        lock.relock();
    }
    while (!m_isStopping && !hasWork() && !m_cleanAt.hasExpired() && !m_rollUpAt.hasExpired())
        m_wake.wait(&m_mutex, std::min(m_cleanAt, m_rollUpAt));
    return m_isStopping;
}

bool Ledger::hasWork() const
{
    return !m_commits.empty() || !m_queue.empty() || !m_batch.isEmpty() || !m_lost.empty()
        || m_overflow.size() > 0 || m_properties || !m_writer;
}

bool Ledger::hasRest()
{
    const QMutexLocker lock(&m_mutex);
    return !m_queue.empty();
}

bool Ledger::hasMovedFrom(const std::shared_ptr<LedgerWriter> &target)
{
    const QMutexLocker lock(&m_mutex);
    return m_writer != target;
}

void Ledger::takeBatch()
{
    const QMutexLocker lock(&m_mutex);
    if (m_batch.isEmpty())
        fillBatch();
    // Nobody is told before all that he has added is written.
    if (m_queue.empty() && m_overflow.size() == 0)
        takeCommits();
}

/// A batch that could not be written stays as it is: nobody may know whether it was.
void Ledger::fillBatch()
{
    auto end = m_queue.begin();
    for (qint64 rows = 0; end != m_queue.end() && rows < m_options.maxBatchRows; ++end)
        rows += static_cast<qint64>((*end)->size());
    m_batch.requests.assign(m_queue.begin(), end);
    m_queue.erase(m_queue.begin(), end);
    m_batch.lost.swap(m_lost);
    m_batch.sums.setProperties(m_overflow.properties());
    m_batch.sums.add(m_overflow);
    m_overflow.clear();
    if (!m_batch.isEmpty())
        m_batch.id = makeSecret(128);
}

void Ledger::takeCommits()
{
    m_running.insert(m_running.end(), std::make_move_iterator(m_commits.begin()),
        std::make_move_iterator(m_commits.end()));
    m_commits.clear();
}

/// Of the place that is wanted now.
std::shared_ptr<LedgerWriter> Ledger::writer()
{
    const QMutexLocker lock(&m_mutex);
    if (!m_writer) {
        m_writer = LedgerWriter::make(m_place, m_clock);
        if (!m_properties)
            m_properties = m_summedUp;
        if (m_isStopping)
            m_writer->hurry(m_options.lastWait);
    }
    return m_writer;
}

Result<void> Ledger::work(LedgerWriter &writer, bool isLast)
{
    {
        const QMutexLocker lock(&m_mutex);
        if (!m_isWanted)
            return {};
    }
    if (!writer.isOpen()) {
        if (auto opened = writer.open(); !opened)
            return opened;
        m_rollUpAt.setRemainingTime(0); // there may be rows that nobody has summed up
    }
    if (auto told = setProperties(writer); !told)
        return told;
    if (auto written = write(writer); !written)
        return written;
    answer(true); // what follows may take a while
    if (auto done = rollUp(writer, isLast); !done)
        return done;
    return isLast ? Result<void>() : clean(writer);
}

Result<void> Ledger::setProperties(LedgerWriter &writer)
{
    std::optional<QByteArrayList> properties;
    {
        const QMutexLocker lock(&m_mutex);
        properties.swap(m_properties);
    }
    if (!properties)
        return {};
    m_summedUp = *properties;
    return writer.setProperties(*properties);
}

Result<void> Ledger::write(LedgerWriter &writer)
{
    if (m_batch.isEmpty())
        return {};
    m_batch.isDurable = !m_running.empty();
    if (auto written = writer.write(m_batch); !written)
        return written;
    if (!m_batch.lost.empty())
        reportLost();
    const QMutexLocker lock(&m_mutex);
    for (const insight::FinishedRequests &requests : m_batch.requests) {
        m_waitingRows -= static_cast<qint64>(requests->size());
        m_figures.written += keptIn(*requests);
    }
    m_batch = {};
    return {};
}

/// Sums wait a while, so that many requests become one change of the writer.
Result<void> Ledger::rollUp(LedgerWriter &writer, bool isLast)
{
    if (m_rollUpAt.isForever() && writer.hasSums())
        m_rollUpAt.setRemainingTime(m_options.rollUpInterval);
    if (!isLast && !m_rollUpAt.hasExpired())
        return {};
    const auto isBehind = writer.rollUp();
    if (!isBehind)
        return isBehind.error();
    if (*isBehind)
        m_rollUpAt.setRemainingTime(0);
    else if (writer.hasSums())
        m_rollUpAt.setRemainingTime(m_options.rollUpInterval);
    else
        m_rollUpAt = QDeadlineTimer(QDeadlineTimer::Forever);
    return {};
}

/// A little at a time, so that what comes in does not wait.
Result<void> Ledger::clean(LedgerWriter &writer)
{
    if (!m_cleanAt.hasExpired())
        return {};
    LedgerAges ages;
    {
        const QMutexLocker lock(&m_mutex);
        ages = m_ages;
    }
    const auto isMore = writer.clean(ages);
    if (!isMore)
        return isMore.error();
    m_cleanAt.setRemainingTime(*isMore ? milliseconds(0) : CleanInterval);
    return {};
}

/// All of them are in the ledger's own count, by minute.
void Ledger::reportLost()
{
    qint64 unsummed = 0;
    {
        const QMutexLocker lock(&m_mutex);
        unsummed = std::exchange(m_unsummed, 0);
    }
    qCWarning(lcLedger, "%lld requests came too fast to be recorded: they are summed up only",
        static_cast<long long>(sum(m_batch.lost)));
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
    const qint64 missing = m_waitingRows + sum(m_lost) + sum(m_batch.lost);
    if (missing > 0)
        qCWarning(lcLedger, "%lld requests were not recorded", static_cast<long long>(missing));
}

} // namespace sluice::stores
