// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/journal/journal.h"

#include "core/base/logging.h"
#include "core/limits/limiter.h"
#include "core/stores/journal/journalfile.h"
#include "core/stores/sqlite/brokenfile.h"

#include <QDir>
#include <QFileInfo>

#include <pthread.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using limits::CounterRecord;
using limits::Instant;
using limits::LoadReport;
using limits::SavedCounter;
using std::chrono::milliseconds;

namespace {

constexpr int ChangesPerTransaction = 8'192;

/// A later time in a file is none that anybody has counted at. The year 2200.
constexpr EngineTime LatestRun = std::chrono::hours(24) * 84'006;

} // namespace

QString Journal::pathIn(const QString &folder)
{
    return QDir(folder).filePath(u"counters.sqlite"_s);
}

Journal::Journal(
    QString path, limits::Limiter &limiter, Clock &clock, Reporter reporter, Options options)
    : m_path(std::move(path)),
      m_limiter(limiter),
      m_clock(clock),
      m_reporter(std::move(reporter)),
      m_options(std::move(options)),
      m_isLoaded(m_options.isContinued)
{
    m_limiter.setListener([wake = m_wake] { wake->changed(); });
    m_thread = std::thread([this] { run(); });
}

Journal::~Journal()
{
    m_limiter.setListener({});
    {
        const std::scoped_lock lock(m_wake->mutex);
        m_isStopping = true;
    }
    m_wake->condition.notify_all();
    m_thread.join();
}

bool Journal::waitUntilLoaded()
{
    std::unique_lock lock(m_wake->mutex);
    m_wake->condition.wait(lock, [this] { return m_isReady; });
    return m_hasLoaded;
}

void Journal::Wake::changed()
{
    {
        const std::scoped_lock lock(mutex);
        hasNews = true;
    }
    condition.notify_all();
}

void Journal::changed()
{
    m_wake->changed();
}

void Journal::commit(Done done)
{
    {
        const std::scoped_lock lock(m_wake->mutex);
        m_commits.push_back(std::move(done));
    }
    m_wake->condition.notify_all();
}

// --- the thread ----------------------------------------------------------------------------------

void Journal::run()
{
    ::pthread_setname_np(::pthread_self(), "journal");
    m_file = std::make_unique<JournalFile>(m_path,
        m_options.isStrict ? JournalFile::Durability::Full : JournalFile::Durability::Normal);
    QDeadlineTimer pause(0);
    bool isStopping = false;
    while (!isStopping) {
        auto done = work();
        if (!done && done.error().code == ErrorCode::Invalid) {
            done = putAside(done.error());
            if (done)
                done = work();
        }
        report(done);
        answer(done.has_value());
        pause.setRemainingTime(done ? m_options.commitInterval : m_options.retryInterval);
        isStopping = waitForWork(pause);
    }
    const auto done = work();
    report(done);
    answer(done.has_value());
    m_file.reset();
}

/// Lets the pause between two transactions pass, then waits for something to do; a commit does not
/// wait for the pause. True: the journal is to stop, and what comes now is the last work.
bool Journal::waitForWork(QDeadlineTimer pause)
{
    std::unique_lock lock(m_wake->mutex);
    m_isReady = true;
    m_hasLoaded = m_isLoaded;
    m_wake->condition.notify_all();
    const bool isFailing = !m_problem.isEmpty();
    while (!m_isStopping && !pause.hasExpired() && (isFailing || m_commits.empty())) {
        if (m_commits.empty()) {
            m_wake->condition.wait_for(lock, milliseconds(pause.remainingTime()));
            continue;
        }
        m_running.swap(m_commits); // nobody waits for a disk that is not there
        lock.unlock();
        answer(false);
        lock.lock();
    }
    while (!m_isStopping && !isFailing && !m_wake->hasNews && m_commits.empty())
        m_wake->condition.wait(lock);
    m_wake->hasNews = false;
    m_running.swap(m_commits);
    return m_isStopping;
}

Result<void> Journal::work()
{
    if (!m_file->isOpen() || !QFileInfo::exists(m_path)) { // somebody may have moved it away
        m_file->close();
        if (auto opened = open(); !opened)
            return opened;
    }
    auto written = write();
    if (!written)
        m_file->close();
    return written;
}

Result<void> Journal::open()
{
    if (auto opened = m_file->open(); !opened)
        return opened;
    if (!m_isLoaded)
        return load();
    const auto isEmpty = m_file->isEmpty();
    if (!isEmpty)
        return isEmpty.error();
    if (*isEmpty) // a new file: what was in another one is not in this
        m_limiter.saveAgain(limits::Engine::Records::Gone);
    return {};
}

Result<void> Journal::load()
{
    const auto last = m_file->lastRun();
    if (!last)
        return last.error();
    if (last->at < LatestRun)
        m_clock.goOnFrom(last->at);
    m_loaded = {};
    m_useless.clear();
    auto done =
        m_file->read([this](std::vector<CounterRecord> &&records) { take(std::move(records)); });
    const bool isCut = !done && (done.error().code == ErrorCode::Invalid || hasTaken());
    if (!done && !isCut)
        return done;
    m_isLoaded = true;
    m_reader = {};
    m_limiter.beginSaving();
    m_notedOpen = last->openReservations;
    reportLoaded(*last);
    if (isCut) // what could be read counts already: it must not be read again
        return Error{ErrorCode::Invalid, done.error().message, {}};
    return {};
}

bool Journal::hasTaken() const
{
    return m_loaded.loaded + m_loaded.idle + m_loaded.broken > 0;
}

void Journal::reportLoaded(const JournalFile::LastRun &last) const
{
    if (m_loaded.broken > 0)
        qCWarning(lcLimits, "%lld records of counters in %ls were damaged; these counters are lost",
            static_cast<long long>(m_loaded.broken), qUtf16Printable(m_path));
    if (last.openReservations > 0)
        qCInfo(lcLimits,
            "%lld counters go on as they were; %lld open reservations of the last run were "
            "settled at their estimate, and their slots are free",
            static_cast<long long>(m_loaded.loaded), static_cast<long long>(last.openReservations));
    else if (m_loaded.loaded > 0)
        qCInfo(
            lcLimits, "%lld counters go on as they were", static_cast<long long>(m_loaded.loaded));
}

void Journal::take(std::vector<CounterRecord> &&records)
{
    std::vector<SavedCounter> counters;
    std::vector<size_t> places; // of the counters in records
    for (size_t i = 0; i < records.size(); ++i) {
        auto counter = m_reader.read(records[i]);
        if (!counter)
            ++m_loaded.broken;
        if (!counter || (m_options.keeps && !m_options.keeps(*counter->limit))) {
            m_useless.push_back(std::move(records[i]));
            continue;
        }
        counters.push_back(std::move(*counter));
        places.push_back(i);
    }
    const LoadReport report = m_limiter.load(counters);
    m_loaded.loaded += report.loaded;
    m_loaded.broken += report.broken;
    for (const size_t dropped : report.dropped)
        m_useless.push_back(std::move(records[places[dropped]]));
}

/// Writes until the limiter has nothing more to say.
Result<void> Journal::write()
{
    if (!m_useless.empty()) {
        if (auto done = m_file->remove(m_useless); !done)
            return done;
        m_useless.clear();
    }
    bool isMore = true;
    while (isMore) {
        isMore = !m_pending.empty() || takeChanges();
        const qint64 open = m_limiter.openReservations();
        if (m_pending.empty() && open == m_notedOpen)
            continue;
        if (auto done = m_file->write(m_pending, Instant(m_clock), open); !done)
            return done;
        m_pending.clear();
        m_notedOpen = open;
    }
    return {};
}

/// True if there may be more than were taken.
bool Journal::takeChanges()
{
    m_pending = m_limiter.takeUnsaved(ChangesPerTransaction);
    const bool isMore = std::ssize(m_pending) == ChangesPerTransaction;
    if (m_options.keeps)
        std::erase_if(m_pending,
            [this](const SavedCounter &change) { return !m_options.keeps(*change.limit); });
    return isMore;
}

Result<void> Journal::putAside(const Error &error)
{
    m_file->close();
    const auto aside = sqlite::putAside(m_path, m_clock.wall());
    if (!aside)
        return Error{ErrorCode::Io, u"%1; %2"_s.arg(error.message, aside.error().message), {}};
    qCWarning(lcLimits, "%ls; it is kept as %ls, and a new file of counters begins",
        qUtf16Printable(error.message), qUtf16Printable(*aside));
    return {};
}

void Journal::report(const Result<void> &done)
{
    const QString problem = done ? QString() : done.error().message;
    if (problem == m_problem)
        return;
    m_problem = problem;
    if (done)
        qCInfo(lcLimits, "counters are kept again");
    else
        qCWarning(lcLimits, "counters are in memory only: %ls", qUtf16Printable(problem));
    if (m_reporter)
        m_reporter(problem);
}

void Journal::answer(bool isOnDisk)
{
    for (const Done &done : std::exchange(m_running, {}))
        done(isOnDisk);
}

} // namespace sluice::stores
