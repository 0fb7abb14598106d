// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/keptstores.h"

#include "core/base/logging.h"
#include "core/session/limitseeds.h"
#include "core/stores/counterstores.h"

#include <QTimer>

#include <algorithm>
#include <limits>

namespace sluice::session {

using namespace Qt::StringLiterals;
using Store = GatewaySession::Store;

namespace {

constexpr std::chrono::milliseconds LedgerLag{500};
constexpr std::chrono::seconds LongestQuestion{10};

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
    case Store::Counters:
        return KeptStores::tr("Counters are in memory only: %1");
    case Store::Shared:
        break;
    }
    return KeptStores::tr(
        "%1. Until it is back each limit does what its on-store-failure says; with "
        "local, each gateway lets its whole quota pass");
}

/// Adds what the ledger knows to one limit after the other.
void seed(const stores::LedgerPlace &place, const std::vector<limits::LimitPtr> &added,
    limits::Instant now, limits::Limiter &limiter, const std::atomic<bool> &isClosing)
{
    const auto reader = stores::LedgerReader::open(place);
    if (!reader)
        return; // nothing has been recorded yet, or somebody has been told already
    stores::ReadLimits most;
    most.maxRows = std::numeric_limits<qint64>::max();
    most.maxTime = LongestQuestion;
    most.progress = [&reader, &isClosing](qint64) {
        if (isClosing)
            (*reader)->interrupt();
    };
    std::optional<Error> away; // a server that does not answer one question is not asked others
    for (const limits::LimitPtr &limit : added) {
        const auto table = away ? Result<stores::Table>(*away)
                                : (*reader)->usage(limitseeds::query(*limit, now), most);
        if (!table && table.error().code == ErrorCode::NotFound)
            return;
        if (!table) {
            if (place.isShared())
                away = table.error();
            qCWarning(lcGateway, "%s starts from nothing: %ls", limit->name.constData(),
                qUtf16Printable(table.error().message));
            continue;
        }
        const auto readings = limitseeds::readings(limit, *table, now);
        limiter.restore(readings);
        qCInfo(lcGateway, "%s starts from what the ledger knows of its period: %zu counters",
            limit->name.constData(), readings.size());
    }
}

QString sentencesOf(const gateway::StoreProblems &problems)
{
    QStringList sentences;
    for (const gateway::StoreProblem &problem : problems)
        sentences.append(problem.problem);
    return sentences.join(u"; "_s);
}

} // namespace

KeptStores::KeptStores(limits::Limiter &limiter, Clock &clock, Reporter reporter)
    : m_limiter(limiter), m_clock(clock), m_reporter(std::move(reporter))
{
}

void KeptStores::keepCounters(const QString &folder)
{
    // Those of another folder are not what has been counted so far.
    m_hasCounters = m_hasCounters && m_counterFolder == folder;
    m_counterFolder = folder;
}

void KeptStores::open(const config::Configuration &configuration)
{
    openLedger(configuration);
    apply(configuration);
    openJournal(configuration);
}

stores::LedgerPlace KeptStores::placeIn(const config::Configuration &configuration) const
{
    return stores::LedgerPlace::in(m_ledgerFolder, configuration.recording.url);
}

void KeptStores::openLedger(const config::Configuration &configuration)
{
    if (m_ledgerFolder.isEmpty() || m_ledger)
        return;
    m_ledgerPlace = placeIn(configuration);
    m_ledger = std::make_unique<stores::Ledger>(
        m_ledgerPlace, m_clock, reporterOf(Store::Ledger), stores::Ledger::Options());
}

void KeptStores::openJournal(const config::Configuration &configuration)
{
    if (m_counterFolder.isEmpty() || m_journal)
        return;
    const config::Store database = databaseOf(configuration);
    stores::Journal::Options options;
    options.isStrict = database.isStrict;
    options.isContinued = std::exchange(m_hasCounters, true);
    options.keeps = [policies = m_keepsPolicies](const limits::Limit &limit) {
        return limit.scope == limits::LimitScope::Header ? policies->load() : limit.isKept;
    };
    const QString path =
        database.path.isEmpty() ? stores::Journal::pathIn(m_counterFolder) : database.path;
    m_journal = std::make_unique<stores::Journal>(
        path, m_limiter, m_clock, reporterOf(Store::Counters), options);
    m_journal->waitUntilLoaded();
}

void KeptStores::apply(const config::Configuration &configuration)
{
    m_keepsPolicies->store(configuration.stores.front().type == config::Store::Type::Sqlite);
    if (!m_ledger)
        return;
    m_ledgerPlace = placeIn(configuration);
    m_ledger->moveTo(m_ledgerPlace);
    const config::Recording &recording = configuration.recording;
    m_ledger->keep(
        {recording.retention, recording.hourly, recording.daily}, propertiesOf(configuration));
}

void KeptStores::startFromLedger(const std::vector<limits::LimitPtr> &added)
{
    if (!m_ledger || added.empty())
        return;
    const limits::Instant now(m_clock);
    // What has ended before the edit is in the file by then.
    QTimer::singleShot(LedgerLag, m_soon.get(), [this, added, now] {
        m_seeding.start([this, place = m_ledgerPlace, added, now] {
            seed(place, added, now, m_limiter, m_isClosing);
        });
    });
}

void KeptStores::close()
{
    m_soon = std::make_unique<QObject>(); // what was to begin soon does not
    m_isClosing = true;
    m_seeding.clear();
    m_seeding.waitForDone();
    m_isClosing = false;
    m_journal.reset();
    m_ledger.reset();
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
    if (m_journal)
        gateway.useJournal([this](std::function<void()> done) {
            m_journal->commit([done = std::move(done)](bool) { done(); });
        });
}

std::function<void(const QString &)> KeptStores::reporterOf(Store store) const
{
    return [report = m_reporter, store](const QString &problem) {
        report(store, problem.isEmpty() ? problem : sentenceOf(store).arg(problem));
    };
}

} // namespace sluice::session
