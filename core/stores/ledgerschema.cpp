// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerschema.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QStringList>

#include <atomic>
#include <vector>

namespace sluice::stores::ledgerschema {

using namespace Qt::StringLiterals;

namespace {

// Of SQLite; with extended codes the lowest byte.
constexpr int Corrupt = 11;
constexpr int NotADatabase = 26;

const QString CreateLedger = uR"(
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    team TEXT NOT NULL,
    user TEXT NOT NULL,
    properties TEXT NOT NULL,
    router TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    verdict TEXT NOT NULL,
    binding_limit TEXT NOT NULL,
    stream INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    error INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    overhead_us INTEGER NOT NULL,
    input_tokens INTEGER,
    cached_input_tokens INTEGER,
    cache_write_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    input_source TEXT NOT NULL,
    output_source TEXT NOT NULL,
    micro_cents INTEGER,
    unpriced INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    note TEXT NOT NULL
))"_s;

const QString CreateRequests = uR"(
CREATE VIEW requests AS SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time,
    time_ms, request_id, key, owner, team, user, properties, router, provider,
    CASE WHEN model = '' OR provider = '' THEN model ELSE provider || '/' || model END AS model,
    method, path, status, outcome, verdict, binding_limit, stream,
    CASE WHEN refused = 0 AND outcome <> 'rejected' THEN 1 ELSE 0 END AS admitted,
    refused, error, duration_us, overhead_us, input_tokens, cached_input_tokens,
    cache_write_tokens, output_tokens, reasoning_tokens, input_source, output_source,
    micro_cents, unpriced, estimated, bytes, note
FROM ledger)"_s;

/// steps()[n] leads from version n to n + 1. What was released is never changed.
const std::vector<QStringList> &steps()
{
    static const std::vector<QStringList> all{
        {CreateLedger, u"CREATE INDEX ledger_time ON ledger (time_ms)"_s,
            u"CREATE TABLE lost_requests (minute_ms INTEGER PRIMARY KEY, requests INTEGER NOT "
            u"NULL)"_s,
            CreateRequests},
    };
    return all;
}

Result<void> run(QSqlDatabase &database, const QStringList &statements)
{
    QSqlQuery query(database);
    for (const QString &statement : statements) {
        if (!query.exec(statement))
            return errorOf(database, query.lastError());
    }
    return {};
}

} // namespace

Result<void> checkDriver()
{
    if (QSqlDatabase::isDriverAvailable(u"QSQLITE"_s))
        return {};
    return Error{ErrorCode::Unsupported,
        u"Qt's driver for SQLite is missing: install libqt6sql6-sqlite"_s, {}};
}

QSqlDatabase connection(const QString &path, const QString &options)
{
    static std::atomic<quint64> s_last{0};
    QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"ledger-%1"_s.arg(++s_last));
    database.setDatabaseName(path);
    database.setConnectOptions(options);
    return database;
}

int currentVersion()
{
    return static_cast<int>(steps().size());
}

QString reasonOf(const QSqlError &error)
{
    // Qt's own objections come with SQLite's "not an error".
    return error.nativeErrorCode().toInt() == 0 ? error.driverText() : error.databaseText();
}

Error errorOf(const QSqlDatabase &database, const QSqlError &error)
{
    const int code = error.nativeErrorCode().toInt() & 0xFF;
    const bool isBroken = code == Corrupt || code == NotADatabase;
    return {isBroken ? ErrorCode::Invalid : ErrorCode::Io,
        u"%1: %2"_s.arg(database.databaseName(), reasonOf(error)), {}};
}

Result<int> version(const QSqlDatabase &database)
{
    QSqlQuery query(database);
    if (!query.exec(u"SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'"_s)
        || !query.next())
        return errorOf(database, query.lastError());
    if (query.value(0).toInt() == 0)
        return 0;
    if (!query.exec(u"SELECT version FROM schema_version"_s))
        return errorOf(database, query.lastError());
    const int found = query.next() ? query.value(0).toInt() : 0;
    if (found <= currentVersion())
        return found;
    return Error{ErrorCode::Unsupported,
        u"%1 was written by a newer version of Sluice (its schema is %2, this program knows %3): "
        u"update Sluice, or move the file away"_s.arg(database.databaseName())
            .arg(found)
            .arg(currentVersion()),
        {}};
}

Result<void> migrate(QSqlDatabase &database)
{
    const auto found = version(database);
    if (!found)
        return found.error();
    for (int next = *found; next < currentVersion(); ++next) {
        QStringList statements = steps()[static_cast<size_t>(next)];
        statements.append(
            u"CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"_s);
        statements.append(u"DELETE FROM schema_version"_s);
        statements.append(u"INSERT INTO schema_version VALUES (%1)"_s.arg(next + 1));
        statements.prepend(u"BEGIN IMMEDIATE"_s);
        statements.append(u"COMMIT"_s);
        if (auto done = run(database, statements); !done) {
            QSqlQuery(database).exec(u"ROLLBACK"_s);
            return done;
        }
    }
    return {};
}

} // namespace sluice::stores::ledgerschema
