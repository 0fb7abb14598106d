// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerschema.h"

#include "core/stores/ledger/rollupbook.h"
#include "core/stores/sqlite/migration.h"

namespace sluice::stores::ledgerschema {

using namespace Qt::StringLiterals;

namespace {

const QString What = u"the ledger"_s;

constexpr auto CreateLedger = R"(
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
))";

constexpr auto CreateRequests = R"(
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
FROM ledger)";

/// The same with what the second version keeps besides.
constexpr auto CreateRequests2 = R"(
CREATE VIEW requests AS SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time,
    time_ms, request_id, key, owner, team, user, properties, router, provider,
    CASE WHEN model = '' OR provider = '' THEN model ELSE provider || '/' || model END AS model,
    method, path, client, status, outcome, verdict, binding_limit, chain, retries, stream,
    CASE WHEN refused = 0 AND outcome <> 'rejected' THEN 1 ELSE 0 END AS admitted,
    refused, error, duration_us, first_byte_us, overhead_us, input_tokens, cached_input_tokens,
    cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, input_source,
    output_source, micro_cents, unpriced, estimated, bytes, note
FROM ledger)";

/// What sums are of: see RollupKind for the kinds.
constexpr auto CreateGroups = R"(
CREATE TABLE rollup_group (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    property TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    team TEXT NOT NULL,
    router TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    status INTEGER NOT NULL,
    last_day_ms INTEGER NOT NULL,
    UNIQUE (kind, property, value, key, owner, team, router, provider, model, status)
))";

QByteArray createSums(const QByteArray &table)
{
    QByteArray columns;
    for (const QLatin1StringView name : UsageSumNames)
        columns += QByteArray(name.data(), name.size()) + " INTEGER NOT NULL, ";
    return "CREATE TABLE " + table
        + " (kind INTEGER NOT NULL, time_ms INTEGER NOT NULL, "
          "grp INTEGER NOT NULL, "
        + columns + "PRIMARY KEY (kind, time_ms, grp)) WITHOUT ROWID";
}

QByteArray createSumsView(
    const QByteArray &name, const QByteArray &table, RollupKind kind, const QByteArray &fields)
{
    QByteArray columns;
    for (const QLatin1StringView sum : UsageSumNames)
        columns += ", " + QByteArray(sum.data(), sum.size());
    return "CREATE VIEW " + name
        + " AS SELECT strftime('%Y-%m-%dT%H:%M:%SZ', time_ms / 1000, 'unixepoch') AS time, "
          "time_ms, "
        + fields + columns + " FROM " + table
        + " AS sums JOIN rollup_group AS names ON names.id = sums.grp WHERE sums.kind = "
        + QByteArray::number(static_cast<qint64>(kind));
}

/// The rows that are there already are summed up little by little, see LedgerRollups.
constexpr auto CreateState = R"(
CREATE TABLE rollup_state (id INTEGER PRIMARY KEY CHECK (id = 1), rolled_up_to INTEGER NOT NULL);
INSERT INTO rollup_state VALUES (1, 0);
CREATE TABLE rollup_property (name TEXT PRIMARY KEY, since_ms INTEGER NOT NULL))";

constexpr auto CreateAudit = R"(
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    value TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_unchanged BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE VIEW audit AS SELECT
    id, strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time,
    time_ms, actor, action, subject, value, before, after
FROM audit_log)";

constexpr auto AddColumns = R"(
ALTER TABLE ledger ADD COLUMN first_byte_us INTEGER;
ALTER TABLE ledger ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN chain TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN cache_write_1h_tokens INTEGER;
DROP VIEW requests)";

sqlite::Step secondStep()
{
    const QByteArray common =
        QByteArray("key, owner, team, router, provider, CASE WHEN model = '' OR provider = '' THEN "
                   "model ELSE provider || '/' || model END AS model, status");
    return {AddColumns, CreateRequests2, CreateGroups, createSums("rollup_hourly"),
        createSums("rollup_daily"), CreateState, CreateAudit,
        createSumsView("usage_hourly", "rollup_hourly", RollupKind::Common, common),
        createSumsView("usage_daily", "rollup_daily", RollupKind::Common, common),
        createSumsView("usage_hourly_by_user", "rollup_hourly", RollupKind::User, "value AS user"),
        createSumsView(
            "usage_hourly_by_property", "rollup_hourly", RollupKind::Property, "property, value")};
}

/// steps()[n] leads from version n to n + 1. What was released is never changed.
const std::vector<sqlite::Step> &steps()
{
    static const std::vector<sqlite::Step> all{
        {CreateLedger, "CREATE INDEX ledger_time ON ledger (time_ms)",
            "CREATE TABLE lost_requests (minute_ms INTEGER PRIMARY KEY, requests INTEGER NOT NULL)",
            CreateRequests},
        secondStep(),
    };
    return all;
}

} // namespace

int currentVersion()
{
    return static_cast<int>(steps().size());
}

Result<int> version(sqlite::Database &database)
{
    return sqlite::version(database, currentVersion(), What);
}

Result<void> migrate(sqlite::Database &database)
{
    return sqlite::migrate(database, steps(), What);
}

} // namespace sluice::stores::ledgerschema
