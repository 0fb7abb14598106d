// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitseeding.h"

#include "core/base/logging.h"
#include "core/session/limitseeds.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <algorithm>
#include <limits>

namespace sluice::session {

using namespace Qt::StringLiterals;
using limits::LimitPtr;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds LongestQuestion{10};
constexpr int MostTries = 50; ///< at a file that is being brought up to date
constexpr milliseconds RetryInterval{200};

} // namespace

LimitSeeding::LimitSeeding(limits::Limiter &limiter, Listener listener)
    : m_limiter(limiter), m_listener(std::move(listener))
{
}

LimitSeeding::~LimitSeeding()
{
    stop();
}

void LimitSeeding::add(const std::vector<LimitPtr> &added, limits::Instant now)
{
    const QMutexLocker lock(&m_mutex);
    for (const LimitPtr &limit : added) {
        const bool isThere = std::any_of(m_waiting.begin(), m_waiting.end(),
            [&limit](const Waiting &each) { return each.limit->name == limit->name; });
        if (!isThere)
            m_waiting.push_back({++m_lastId, limit, now});
    }
    m_hasWaiting = !m_waiting.empty();
}

void LimitSeeding::follow(const limits::LimitSet &limits, const limits::Renames &renames)
{
    const QMutexLocker lock(&m_mutex);
    for (Waiting &each : m_waiting) {
        const auto renamed = std::find_if(renames.begin(), renames.end(),
            [&each](const limits::Rename &rename) { return rename.from == each.limit->name; });
        each.limit = limits.find(renamed == renames.end() ? each.limit->name : renamed->to);
    }
    std::erase_if(m_waiting, [](const Waiting &each) { return !each.limit; });
    m_hasWaiting = !m_waiting.empty();
}

void LimitSeeding::start(const stores::LedgerPlace &ledger, milliseconds delay)
{
    if (!m_hasWaiting)
        return;
    m_ledger = ledger;
    m_triesLeft = MostTries;
    if (!m_soon)
        m_soon = std::make_unique<QObject>();
    if (!m_thread)
        m_thread = std::make_unique<LedgerThread>();
    if (delay == milliseconds::zero())
        ask();
    else
        QTimer::singleShot(delay, m_soon.get(), [this] { ask(); });
}

void LimitSeeding::waitFor(milliseconds time)
{
    const QDeadlineTimer deadline(time);
    const QMutexLocker lock(&m_mutex);
    while (!m_waiting.empty() && m_done.wait(&m_mutex, deadline)) { }
}

void LimitSeeding::stop()
{
    m_thread.reset();
    m_soon.reset(); // what was to begin soon does not
}

bool LimitSeeding::isWaiting(const limits::Limit &limit) const
{
    if (!m_hasWaiting)
        return false;
    const QMutexLocker lock(&m_mutex);
    return std::any_of(m_waiting.begin(), m_waiting.end(),
        [&limit](const Waiting &each) { return each.limit->name == limit.name; });
}

void LimitSeeding::saved(const QSet<QByteArray> &begun)
{
    const QMutexLocker lock(&m_mutex);
    m_begun -= begun;
}

QSet<QByteArray> LimitSeeding::unsaved() const
{
    const QMutexLocker lock(&m_mutex);
    QSet<QByteArray> names = m_begun;
    for (const Waiting &each : m_waiting)
        names.insert(each.limit->name);
    return names;
}

void LimitSeeding::clear()
{
    const QMutexLocker lock(&m_mutex);
    m_waiting.clear();
    m_begun.clear();
    m_hasWaiting = false;
}

std::vector<LimitSeeding::Waiting> LimitSeeding::waiting() const
{
    const QMutexLocker lock(&m_mutex);
    return m_waiting;
}

/// A question that still runs is taken back: this one asks for what it has not answered, too.
void LimitSeeding::ask()
{
    m_thread->start(m_ledger,
        [this, isShared = m_ledger.isShared()](const Result<stores::LedgerReader *> &reader,
            const ledgerreading::Watch &watch) { run(reader, isShared, watch); });
}

// --- the ledger's thread -------------------------------------------------------------------------

void LimitSeeding::run(
    const Result<stores::LedgerReader *> &reader, bool isShared, const ledgerreading::Watch &watch)
{
    const std::vector<Waiting> all = waiting();
    if (watch.isStopped())
        return;
    if (!reader && reader.error().code != ErrorCode::NotFound)
        return tryAgain(reader.error());
    std::vector<Waiting> done;
    Result<void> asked; // a server that does not answer one question is not asked others
    for (const Waiting &each : all) {
        if (reader && (asked || !isShared))
            asked = seed(each, **reader, watch);
        if (watch.isStopped())
            break;
        if (!asked)
            warn(each, asked.error());
        done.push_back(each); // without a ledger nothing has been recorded yet
    }
    finish(done);
}

/// The gateway may be bringing the file up to date.
void LimitSeeding::tryAgain(const Error &error)
{
    if (--m_triesLeft > 0) {
        QMetaObject::invokeMethod(
            m_soon.get(),
            [this] { QTimer::singleShot(RetryInterval, m_soon.get(), [this] { ask(); }); },
            Qt::QueuedConnection);
        return;
    }
    const std::vector<Waiting> all = waiting();
    for (const Waiting &each : all)
        warn(each, error);
    finish(all);
}

void LimitSeeding::warn(const Waiting &each, const Error &error)
{
    qCWarning(lcGateway, "%s starts from nothing: %ls", each.limit->name.constData(),
        qUtf16Printable(error.message));
}

/// Adds what the ledger knows to one limit, unless the question was taken back.
Result<void> LimitSeeding::seed(
    const Waiting &each, stores::LedgerReader &reader, const ledgerreading::Watch &watch)
{
    stores::ReadLimits most;
    most.maxRows = std::numeric_limits<qint64>::max();
    most.maxTime = LongestQuestion;
    most.progress = [&](qint64) {
        if (watch.isStopped())
            reader.interrupt();
    };
    stores::UsageQuery query = limitseeds::query(*each.limit, each.since);
    auto table = reader.usage(query, most);
    if (table && query.bucket == stores::UsageBucket::Minute) {
        stores::UsageQuery byHour = query;
        byHour.bucket = stores::UsageBucket::Hour;
        auto hours = reader.usage(byHour, most);
        if (hours && limitseeds::requestsOf(*hours) > limitseeds::requestsOf(*table)) {
            table = std::move(hours);
            query = byHour;
        }
    }
    if (!table && table.error().code == ErrorCode::NotFound)
        return {}; // nothing has been recorded yet
    if (!table)
        return table.error();
    if (watch.isStopped())
        return {};
    const auto readings = limitseeds::readings(each.limit, *table, query.bucket, each.since);
    m_limiter.restore(readings);
    qCInfo(lcGateway, "%s starts from what the ledger knows of its period: %zu counters",
        each.limit->name.constData(), readings.size());
    return {};
}

void LimitSeeding::finish(const std::vector<Waiting> &done)
{
    if (done.empty())
        return;
    QSet<QByteArray> names;
    for (const Waiting &each : done)
        names.insert(each.limit->name);
    {
        const QMutexLocker lock(&m_mutex);
        std::erase_if(m_waiting, [&done](const Waiting &each) {
            return std::any_of(done.begin(), done.end(),
                [&each](const Waiting &one) { return one.id == each.id; });
        });
        m_hasWaiting = !m_waiting.empty();
        m_begun += names;
    }
    m_listener(names);
    m_done.wakeAll();
}

} // namespace sluice::session
