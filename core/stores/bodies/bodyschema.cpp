// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/bodies/bodyschema.h"

#include "core/stores/sqlite/migration.h"

namespace sluice::stores::bodyschema {

using namespace Qt::StringLiterals;

namespace {

const QString What = u"the file of recorded bodies"_s;

/// The bodies have no type of their own: texts where they are UTF-8, else bytes. They come last, so
/// that whoever looks for a name does not read them.
constexpr auto CreateTable = R"(
CREATE TABLE recorded_body (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    time_ms INTEGER NOT NULL,
    key TEXT NOT NULL,
    user TEXT NOT NULL,
    request_type TEXT NOT NULL,
    request_bytes INTEGER NOT NULL,
    answer_type TEXT,
    answer_bytes INTEGER,
    request,
    answer
);
CREATE INDEX recorded_body_time ON recorded_body (time_ms);
CREATE INDEX recorded_body_key ON recorded_body (key);
CREATE INDEX recorded_body_user ON recorded_body (user))";

constexpr auto CreateView = R"(
CREATE VIEW bodies AS SELECT
    request_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time_ms / 1000.0, 'unixepoch') AS time,
    time_ms, key, user, request_type, request, request_bytes, answer_type, answer, answer_bytes
FROM recorded_body)";

/// steps()[n] leads from version n to n + 1. What was released is never changed.
const std::vector<sqlite::Step> &steps()
{
    static const std::vector<sqlite::Step> all{{CreateTable, CreateView}};
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

} // namespace sluice::stores::bodyschema
