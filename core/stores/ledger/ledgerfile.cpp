// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerfile.h"

#include "core/stores/ledger/ledgerschema.h"
#include "core/stores/sqlite/brokenfile.h"

#include <QFileInfo>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr int CacheKiB = 16 * 1'024; ///< the sums of the last hours and the ends of the rows
constexpr int RowsRemovedAtOnce = 2'000;
constexpr int RowsSummedAtOnce = 20'000;
constexpr qint64 MostWaitingRows = 50'000; ///< that readers have to look at besides the sums

} // namespace

LedgerFile::LedgerFile(QString path, const Clock &clock) : m_path(std::move(path)), m_clock(clock)
{
}

bool LedgerFile::isOpen() const
{
    return m_database.isOpen() && QFileInfo::exists(m_path);
}

Result<void> LedgerFile::open()
{
    close();
    sqlite::Database::Options options;
    options.cacheKiB = CacheKiB;
    auto database = sqlite::Database::open(m_path, options);
    if (!database)
        return abandon(database.error());
    m_database = std::move(*database);
    m_durability = options.durability;
    if (const auto prepared = prepare(); !prepared)
        return abandon(prepared.error());
    return {};
}

Result<void> LedgerFile::prepare()
{
    if (auto migrated = ledgerschema::migrate(m_database); !migrated)
        return migrated;
    auto insert = LedgerInsert::prepare(m_database);
    if (!insert)
        return insert.error();
    m_insert = std::move(*insert);
    // What is removed leaves no traces behind.
    if (auto set = m_database.execute("PRAGMA secure_delete = ON"); !set)
        return set;
    auto rollups = LedgerRollups::open(m_database);
    if (!rollups)
        return rollups.error();
    m_rollups = std::move(*rollups);
    return m_properties ? putProperties() : Result<void>();
}

void LedgerFile::close()
{
    m_insert.reset();
    m_rollups.reset();
    m_database.close();
}

Result<void> LedgerFile::abandon(const Error &error)
{
    close();
    return sqlite::putAsideIfBroken(error, m_path, m_clock.wall(), "a new ledger");
}

Result<void> LedgerFile::setDurability(Durability durability)
{
    if (m_durability == durability)
        return {};
    const bool isFull = durability == Durability::Full;
    if (const auto set = m_database.execute(
            isFull ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        !set)
        return abandon(set.error());
    m_durability = durability;
    return {};
}

Result<void> LedgerFile::write(const LedgerBatch &batch)
{
    if (auto set = setDurability(batch.isDurable ? Durability::Full : Durability::Normal); !set)
        return set;
    return write(batch.requests, batch.lost, batch.sums);
}

Result<void> LedgerFile::write(const std::vector<insight::FinishedRequests> &requests,
    const RequestsByMinute &lost, const RollupBook &sums)
{
    const auto done = m_database.transaction([&]() -> Result<void> {
        if (auto seen = m_rollups->refresh(); !seen)
            return seen;
        auto written = insert(requests, sums);
        return written ? count(lost) : written;
    });
    return done ? done : abandon(done.error());
}

Result<void> LedgerFile::insert(
    const std::vector<insight::FinishedRequests> &requests, const RollupBook &sums)
{
    bool isUnkept = sums.size() > 0;
    m_rollups->addUnkept(sums);
    for (const insight::FinishedRequests &rows : requests) {
        for (const insight::FinishedRow &row : *rows) {
            if (!row.isKept) {
                isUnkept = true;
                m_rollups->addUnkept(row);
                continue;
            }
            if (auto done = m_insert->run(m_rollups->nextId(), row); !done)
                return done;
            m_rollups->addKept(row);
        }
    }
    return isUnkept || m_rollups->waitingRows() > MostWaitingRows ? m_rollups->flush()
                                                                  : Result<void>();
}

Result<void> LedgerFile::setProperties(const QByteArrayList &names)
{
    m_properties = names;
    if (!m_database.isOpen())
        return {};
    const auto done = putProperties();
    return done ? done : abandon(done.error());
}

Result<void> LedgerFile::putProperties()
{
    return m_database.transaction([this]() -> Result<void> {
        if (auto seen = m_rollups->refresh(); !seen)
            return seen;
        return m_rollups->setProperties(
            *m_properties, m_clock.wall() / std::chrono::milliseconds(1));
    });
}

Result<bool> LedgerFile::rollUp()
{
    bool isBehind = false;
    const auto done = m_database.transaction([&]() -> Result<void> {
        if (auto seen = m_rollups->refresh(); !seen)
            return seen;
        if (!m_rollups->isBehind())
            return m_rollups->flush();
        const auto caughtUp = m_rollups->catchUp(RowsSummedAtOnce);
        if (!caughtUp)
            return caughtUp.error();
        isBehind = *caughtUp;
        return {};
    });
    if (!done)
        return abandon(done.error()).error();
    return isBehind;
}

Result<void> LedgerFile::count(const RequestsByMinute &lost)
{
    if (lost.empty())
        return {};
    auto add = m_database.prepare("INSERT INTO lost_requests VALUES (?1, ?2) "
                                  "ON CONFLICT (minute_ms) DO UPDATE SET requests = requests + ?2");
    if (!add)
        return add.error();
    for (const auto &[minute, requests] : lost) {
        add->bind(1, minute);
        add->bind(2, requests);
        if (auto done = add->run(); !done)
            return done;
    }
    return {};
}

Result<bool> LedgerFile::clean(const LedgerAges &ages)
{
    bool isMore = false;
    const auto done = m_database.transaction([&]() -> Result<void> {
        if (auto seen = m_rollups->refresh(); !seen)
            return seen;
        const auto removed = remove(ages);
        if (!removed)
            return removed.error();
        isMore = *removed;
        return {};
    });
    if (!done)
        return abandon(done.error()).error();
    return isMore;
}

Result<bool> LedgerFile::remove(const LedgerAges &ages)
{
    const auto before = [this](std::chrono::milliseconds age) -> qint64 {
        const bool isForEver = age <= std::chrono::milliseconds::zero();
        return isForEver ? 0 : static_cast<qint64>((m_clock.wall() - age).count());
    };
    const auto sums = m_rollups->removeBefore(before(ages.hourly), before(ages.daily));
    if (!sums)
        return sums.error();
    const QByteArray rows = QByteArray::number(before(ages.rows));
    if (const auto done = m_database.execute("DELETE FROM lost_requests WHERE minute_ms < " + rows);
        !done)
        return done.error();
    // What nobody has summed up stays until somebody has.
    if (const auto done = m_database.execute(
            "DELETE FROM ledger WHERE id IN (SELECT id FROM ledger WHERE time_ms < " + rows
            + " AND id <= " + QByteArray::number(m_rollups->flushedTo())
            + " ORDER BY time_ms LIMIT " + QByteArray::number(RowsRemovedAtOnce) + ')');
        !done)
        return done.error();
    return *sums > 0 || m_database.changes() == RowsRemovedAtOnce;
}

} // namespace sluice::stores
