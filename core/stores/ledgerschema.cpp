// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerschema.h"

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

/// steps()[n] leads from version n to n + 1. What was released is never changed.
const std::vector<sqlite::Step> &steps()
{
    static const std::vector<sqlite::Step> all{
        {CreateLedger, "CREATE INDEX ledger_time ON ledger (time_ms)",
            "CREATE TABLE lost_requests (minute_ms INTEGER PRIMARY KEY, requests INTEGER NOT NULL)",
            CreateRequests},
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
