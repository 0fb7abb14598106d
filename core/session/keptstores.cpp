// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/keptstores.h"

#include "core/base/duration.h"
#include "core/base/logging.h"
#include "core/session/limitseeds.h"
#include "core/stores/counterstores.h"

#include <QFileInfo>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using Store = GatewaySession::Store;

namespace {

constexpr std::chrono::milliseconds LedgerLag{500};
constexpr std::chrono::milliseconds LongestStart{500}; ///< that new limits hold up a gateway for

/// The database that limits are kept in, or the one that none names: the file stays the same.
config::Store databaseOf(const config::Configuration &configuration)
{
    const auto found = std::find_if(configuration.stores.begin(), configuration.stores.end(),
        [](const config::Store &store) { return store.type == config::Store::Type::Sqlite; });
    return found == configuration.stores.end() ? config::Store() : *found;
}

/// Those that somebody may ask about: named by a limit or by the file.
QByteArrayList propertiesOf(const config::Configuration &configuration)
{
    QByteArrayList properties = configuration.recording.properties;
    for (const config::LimitRule &rule : configuration.limits) {
        if (!rule.segment.property.isEmpty() && !properties.contains(rule.segment.property))
            properties.append(rule.segment.property);
    }
    return properties;
}

QString sentenceOf(Store store)
{
    switch (store) {
    case Store::Ledger:
        return KeptStores::tr("Requests are not recorded: %1");
    case Store::Bodies:
        return KeptStores::tr("Bodies are not recorded: %1");
    case Store::Counters:
        return KeptStores::tr("Counters are in memory only: %1");
    case Store::Shared:
        break;
    }
    return KeptStores::tr(
        "%1. Until it is back each limit does what its on-store-failure says; with "
        "local, each gateway lets its whole quota pass");
}

QString sentencesOf(const gateway::StoreProblems &problems)
{
    QStringList sentences;
    for (const gateway::StoreProblem &problem : problems)
        sentences.append(problem.problem);
    return sentences.join(u"; "_s);
}

} // namespace

KeptStores::KeptStores(
    limits::Limiter &limiter, Clock &clock, Reporter reporter, std::function<void()> seeded)
    : m_limiter(limiter),
      m_clock(clock),
      m_reporter(std::move(reporter)),
      m_seeded(std::move(seeded)),
      m_seeding(limiter, [this](const QSet<QByteArray> &begun) { limitsSeeded(begun); })
{
}

KeptStores::~KeptStores()
{
    close();
}

void KeptStores::keepLedger(const QString &folder)
{
    if (m_ledgerFolder != folder)
        m_seeding.clear();
    m_ledgerFolder = folder;
}

void KeptStores::keepCounters(const QString &folder)
{
    // Those of another folder are not what has been counted so far.
    m_hasCounters = m_hasCounters && m_counterFolder == folder;
    m_counterFolder = folder;
}

void KeptStores::open(const config::Configuration &configuration, const limits::LimitSet &limits)
{
    const stores::LedgerPlace place = placeIn(configuration);
    // What begins now knows nothing of before.
    const bool isRecorded = place.isShared() || QFileInfo::exists(place.path);
    openLedger(place);
    openBodies();
    tellLedger(configuration);
    const bool hasCounters = openJournal(configuration);
    m_seeding.follow(limits, {});
    // Counters that cannot be read yet may come later: what the ledger knows would be in them too.
    if (m_ledger && isRecorded && hasCounters)
        m_seeding.add(newOnes(limits, {}), limits::Instant(m_clock));
    m_known = limitseeds::namesOf(limits);
    if (!m_ledger)
        return;
    m_seeding.start(m_ledgerPlace, {});
    m_seeding.waitFor(LongestStart); // mostly they are right from the first request on
}

/// The limits that start from the ledger: a counter that is there, also of a limit that was removed
/// and is brought back, is never added to.
std::vector<limits::LimitPtr> KeptStores::newOnes(
    const limits::LimitSet &limits, const limits::Renames &renames) const
{
    auto added = limitseeds::newOnes(m_known.value_or(QSet<QByteArray>()), limits, renames);
    if (!m_known) // other gateways, or nobody, may know what these have counted
        std::erase_if(
            added, [](const limits::LimitPtr &limit) { return limit->isShared || !limit->isKept; });
    if (added.empty())
        return added;
    QSet<QByteArray> counted;
    for (const limits::CounterReading &reading : m_limiter.readings())
        counted.insert(reading.limit->name);
    std::erase_if(
        added, [&counted](const limits::LimitPtr &limit) { return counted.contains(limit->name); });
    return added;
}

stores::LedgerPlace KeptStores::placeIn(const config::Configuration &configuration) const
{
    return stores::LedgerPlace::in(m_ledgerFolder, configuration.recording.url);
}

void KeptStores::openLedger(const stores::LedgerPlace &place)
{
    if (m_ledgerFolder.isEmpty() || m_ledger)
        return;
    m_health->isLedgerUp = true; // until it says otherwise
    m_ledgerPlace = place;
    m_ledger = std::make_unique<stores::Ledger>(
        m_ledgerPlace, m_clock, reporterOf(Store::Ledger), stores::Ledger::Options());
}

/// Always: the gateway's threads may find it wanted at any time.
void KeptStores::openBodies()
{
    if (m_ledgerFolder.isEmpty() || m_bodies)
        return;
    m_bodies = std::make_unique<stores::BodyStore>(stores::BodyStore::pathIn(m_ledgerFolder),
        m_clock, reporterOf(Store::Bodies), stores::BodyStore::Options());
}

/// Whoever runs a gateway that records what people write reads it in the log.
void KeptStores::applyBodies(const config::Recording &recording)
{
    if (!m_bodies)
        return;
    m_bodies->keep(recording.keepsBodies(), recording.retention);
    if (std::exchange(m_isRecordingBodies, recording.keepsBodies()) == m_isRecordingBodies)
        return;
    const QString path = stores::BodyStore::pathIn(m_ledgerFolder);
    const QString age = formatDuration(recording.retention);
    if (m_isRecordingBodies)
        qCWarning(lcLedger,
            "bodies of requests and answers are recorded in %ls and kept for %ls; "
            "recording.bodies: false ends it",
            qUtf16Printable(path), qUtf16Printable(age));
    else
        qCInfo(lcLedger, "bodies are not recorded any more; those in %ls are removed after %ls",
            qUtf16Printable(path), qUtf16Printable(age));
}

/// Whether the counters of the last run are there, if there can be any.
bool KeptStores::openJournal(const config::Configuration &configuration)
{
    if (m_counterFolder.isEmpty())
        return m_known.has_value();
    if (m_journal)
        return true;
    const config::Store database = databaseOf(configuration);
    stores::Journal::Options options;
    options.isStrict = database.isStrict;
    options.isContinued = std::exchange(m_hasCounters, true);
    options.keeps = [this, policies = m_keepsPolicies](const limits::Limit &limit) {
        if (limit.scope == limits::LimitScope::Header)
            return policies->load();
        return limit.isKept && !m_seeding.isWaiting(limit);
    };
    const QString path =
        database.path.isEmpty() ? stores::Journal::pathIn(m_counterFolder) : database.path;
    m_health->isJournalUp = true;
    m_journal = std::make_unique<stores::Journal>(
        path, m_limiter, m_clock, reporterOf(Store::Counters), options);
    return m_journal->waitUntilLoaded();
}

void KeptStores::tellLedger(const config::Configuration &configuration)
{
    m_keepsPolicies->store(configuration.stores.front().type == config::Store::Type::Sqlite);
    applyBodies(configuration.recording);
    if (!m_ledger)
        return;
    m_ledgerPlace = placeIn(configuration);
    m_ledger->moveTo(m_ledgerPlace);
    const config::Recording &recording = configuration.recording;
    m_ledger->keep(
        {recording.retention, recording.hourly, recording.daily}, propertiesOf(configuration));
}

void KeptStores::expect(const limits::LimitSet &limits, const limits::Renames &renames)
{
    m_seeding.follow(limits, renames);
    if (m_ledger)
        m_seeding.add(newOnes(limits, renames), limits::Instant(m_clock));
    m_known = limitseeds::namesOf(limits);
}

void KeptStores::apply(const config::Configuration &configuration)
{
    tellLedger(configuration);
    if (m_ledger) // what has ended before the edit is in the file by then
        m_seeding.start(m_ledgerPlace, LedgerLag);
}

/// On the thread that reads the ledger.
void KeptStores::limitsSeeded(const QSet<QByteArray> &begun)
{
    const auto saved = [this, begun](bool isOnDisk) {
        if (!isOnDisk)
            return;
        m_seeding.saved(begun);
        m_seeded();
    };
    if (!m_journal)
        return saved(true);
    // Nothing of them was kept so far, also not what requests have counted meanwhile.
    m_limiter.saveAgain(limits::Engine::Records::There);
    m_journal->commit(saved);
}

void KeptStores::close()
{
    m_seeding.stop();
    m_journal.reset();
    m_ledger.reset();
    m_bodies.reset();
    m_isRecordingBodies = false; // the next start says it again
}

void KeptStores::append(const insight::FinishedRequests &requests)
{
    if (m_ledger)
        m_ledger->append(requests);
}

void KeptStores::equip(gateway::Gateway &gateway)
{
    gateway.useStores(
        [this](const config::Store &store, limits::CounterStore::Listener listener) {
            return stores::makeCounterStore(store, m_identity, m_clock, std::move(listener));
        },
        [report = reporterOf(Store::Shared)](
            const gateway::StoreProblems &problems) { report(sentencesOf(problems)); });
    gateway.useKeptFigures([this] { return figures(); });
    if (m_bodies)
        gateway.useBodies(
            [this](insight::RecordedBodies &&bodies) { m_bodies->append(std::move(bodies)); });
    if (m_journal)
        gateway.useJournal([this](std::function<void()> done) {
            m_journal->commit([done = std::move(done)](bool) { done(); });
        });
    if (m_ledger)
        gateway.useLedger(
            [this](const insight::FinishedRequests &requests, std::function<void()> done) {
                m_ledger->commit(requests, [done = std::move(done)](bool) { done(); });
            });
}

/// Any thread.
gateway::KeptFigures KeptStores::figures() const
{
    gateway::KeptFigures figures;
    if (m_ledger) { // outlives the gateway's threads
        const stores::Ledger::Figures rows = m_ledger->figures();
        figures.ledger = {m_health->isLedgerUp, rows.given, rows.waiting(), rows.lost};
    }
    if (m_journal)
        figures.isJournalUp = m_health->isJournalUp;
    return figures;
}

std::function<void(const QString &)> KeptStores::reporterOf(Store store) const
{
    return [report = m_reporter, store, health = m_health](const QString &problem) {
        if (store != Store::Shared)
            (store == Store::Ledger ? health->isLedgerUp : health->isJournalUp) = problem.isEmpty();
        report(store, problem.isEmpty() ? problem : sentenceOf(store).arg(problem));
    };
}

} // namespace sluice::session
