// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/journal/journalfile.h"

#include "core/limits/segmentvalue.h"
#include "core/stores/sqlite/migration.h"

#include <QFileInfo>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using limits::CounterRecord;
using limits::Instant;
using limits::Limit;
using limits::SavedCounter;
using Lifetime = sqlite::Statement::Lifetime;

namespace {

constexpr size_t RecordsPerPage = 1'000;

// The first two columns say whose record it is, and the state is all that the next run reads. The
// others are for people. Amounts are millionths of the unit.
constexpr auto CreateCounters = R"(
CREATE TABLE counters (
    limit_name TEXT NOT NULL,
    counter BLOB NOT NULL,
    state BLOB NOT NULL,
    segment TEXT NOT NULL,
    value TEXT NOT NULL,
    api_key TEXT NOT NULL,
    unit TEXT NOT NULL,
    quota INTEGER NOT NULL,
    used INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (limit_name, counter)
) WITHOUT ROWID)";

constexpr auto CreateLastRun = R"(
CREATE TABLE last_run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    engine_ns INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    open_reservations INTEGER NOT NULL
))";

constexpr auto CreateLimits = R"(
CREATE VIEW limits AS SELECT
    limit_name AS "limit", segment, value, api_key, unit,
    quota / 1e6 AS quota, used / 1e6 AS used, reserved / 1e6 AS reserved,
    strftime('%Y-%m-%dT%H:%M:%fZ', updated_ms / 1000.0, 'unixepoch') AS updated
FROM counters)";

/// steps()[n] leads from version n to n + 1. What was released is never changed.
const std::vector<sqlite::Step> &steps()
{
    static const std::vector<sqlite::Step> all{{CreateCounters, CreateLastRun, CreateLimits}};
    return all;
}

constexpr QByteArrayView Put =
    "INSERT INTO counters (limit_name, counter, state, segment, value, api_key, unit, quota, used, "
    "reserved, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (limit_name, counter) DO UPDATE SET state = excluded.state, "
    "segment = excluded.segment, value = excluded.value, api_key = excluded.api_key, "
    "unit = excluded.unit, quota = excluded.quota, used = excluded.used, "
    "reserved = excluded.reserved, updated_ms = excluded.updated_ms";

constexpr QByteArrayView Remove = "DELETE FROM counters WHERE limit_name = ? AND counter = ?";

constexpr QByteArrayView Rename = "UPDATE OR REPLACE counters SET limit_name = ?1 "
                                  "WHERE limit_name = ?2 AND substr(counter, 1, length(?3)) = ?3";

constexpr QByteArrayView Note =
    "INSERT INTO last_run VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "engine_ns = excluded.engine_ns, wall_ms = excluded.wall_ms, "
    "open_reservations = excluded.open_reservations";

limits::Usage usageOf(const SavedCounter &counter, Instant now)
{
    const auto *calendar = std::get_if<limits::CalendarState>(&counter.state);
    if (calendar == nullptr)
        return usageAt(*counter.limit, counter.state, now, {counter.reserved, 0});
    // As of its period, whichever that is: which one it is now costs more than all the rest.
    limits::Usage usage;
    usage.quota = counter.limit->quota;
    usage.reserved = std::min(counter.reserved, calendar->amount);
    usage.used = calendar->amount - usage.reserved;
    return usage;
}

} // namespace

JournalFile::JournalFile(QString path, Durability durability)
    : m_path(std::move(path)), m_durability(durability)
{
}

Result<void> JournalFile::open()
{
    sqlite::Database::Options options;
    options.durability = m_durability;
    auto opened = sqlite::Database::open(m_path, options);
    if (!opened)
        return opened.error();
    m_database = *std::move(opened);
    auto done = sqlite::migrate(m_database, steps(), u"the counters' file"_s);
    if (done)
        done = prepare();
    if (!done)
        close();
    return done;
}

Result<void> JournalFile::prepare()
{
    const std::pair<QByteArrayView, sqlite::Statement *> all[]{
        {Put, &m_put}, {Remove, &m_remove}, {Rename, &m_rename}, {Note, &m_note}};
    for (const auto &[sql, statement] : all) {
        auto prepared = m_database.prepare(sql);
        if (!prepared)
            return prepared.error();
        *statement = *std::move(prepared);
    }
    return {};
}

void JournalFile::close()
{
    m_put = {};
    m_remove = {};
    m_rename = {};
    m_note = {};
    m_database.close();
}

Result<bool> JournalFile::isEmpty()
{
    const auto found = m_database.number("SELECT EXISTS (SELECT 1 FROM counters)");
    if (!found)
        return found.error();
    return *found == 0;
}

Result<JournalFile::LastRun> JournalFile::lastRun()
{
    auto statement = m_database.prepare("SELECT engine_ns, open_reservations FROM last_run");
    if (!statement)
        return statement.error();
    const auto row = statement->step();
    if (!row)
        return row.error();
    return *row ? LastRun{EngineTime(statement->number(0)), statement->number(1)} : LastRun{};
}

Result<void> JournalFile::read(const std::function<void(std::vector<CounterRecord> &&)> &take)
{
    auto statement = m_database.prepare("SELECT limit_name, counter, state FROM counters");
    if (!statement)
        return statement.error();
    std::vector<CounterRecord> page;
    auto row = statement->step();
    for (; row && *row; row = statement->step()) {
        page.push_back({statement->text(0).toByteArray(), statement->blob(1).toByteArray(),
            statement->blob(2).toByteArray()});
        if (page.size() == RecordsPerPage)
            take(std::exchange(page, {}));
    }
    if (!row && row.error().code != ErrorCode::Invalid)
        return row.error();
    take(std::move(page));
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> JournalFile::remove(const std::vector<CounterRecord> &records)
{
    return m_database.transaction([&]() -> Result<void> {
        for (const CounterRecord &record : records) {
            if (auto done = removeOne(record); !done)
                return done;
        }
        return {};
    });
}

Result<void> JournalFile::write(
    const std::vector<SavedCounter> &changes, Instant now, qint64 openReservations)
{
    return m_database.transaction([&]() -> Result<void> {
        for (const SavedCounter &change : changes) {
            if (auto done = follow(change, now); !done)
                return done;
        }
        return note(now, openReservations);
    });
}

Result<void> JournalFile::follow(const SavedCounter &change, Instant now)
{
    switch (change.change) {
    case SavedCounter::Change::Counts:
        return put(change, now);
    case SavedCounter::Change::IsGone:
        return removeOne(toRecord(change));
    case SavedCounter::Change::IsRenamed:
        break;
    }
    return rename(change);
}

Result<void> JournalFile::put(const SavedCounter &change, Instant now)
{
    const CounterRecord record = toRecord(change);
    const Limit &limit = *change.limit;
    const limits::Usage usage = usageOf(change, now);
    const QByteArray segment = segmentName(limit.segment);
    const QByteArray apiKey = limit.isPolicy() ? change.owner : QByteArray();
    const QByteArray value = displayValue(limit, change.owner, change.value);
    m_put.bindText(1, record.limit, Lifetime::Static);
    m_put.bindBlob(2, record.key, Lifetime::Static);
    m_put.bindBlob(3, record.state, Lifetime::Static);
    m_put.bindText(4, segment, Lifetime::Static);
    m_put.bindText(5, value, Lifetime::Static);
    m_put.bindText(6, apiKey, Lifetime::Static);
    m_put.bindText(7, unitName(limit.unit), Lifetime::Static);
    m_put.bind(8, usage.quota);
    m_put.bind(9, usage.used);
    m_put.bind(10, usage.reserved);
    m_put.bind(11, static_cast<qint64>(now.wall.count()));
    return m_put.run();
}

Result<void> JournalFile::removeOne(const CounterRecord &record)
{
    m_remove.bindText(1, record.limit, Lifetime::Static);
    m_remove.bindBlob(2, record.key, Lifetime::Static);
    return m_remove.run();
}

Result<void> JournalFile::rename(const SavedCounter &change)
{
    const QByteArray prefix = keyPrefix(*change.limit);
    m_rename.bindText(1, change.renamedTo->name, Lifetime::Static);
    m_rename.bindText(2, change.limit->name, Lifetime::Static);
    m_rename.bindBlob(3, prefix, Lifetime::Static);
    return m_rename.run();
}

Result<void> JournalFile::note(Instant now, qint64 openReservations)
{
    m_note.bind(1, static_cast<qint64>(now.engine.count()));
    m_note.bind(2, static_cast<qint64>(now.wall.count()));
    m_note.bind(3, openReservations);
    return m_note.run();
}

} // namespace sluice::stores
