// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/sqlite/migration.h"

namespace sluice::stores::sqlite {

using namespace Qt::StringLiterals;

namespace {

/// Another program may have taken the step meanwhile: the version is read with the lock held.
Result<void> take(Database &database, const std::vector<Step> &steps, int from, const QString &what)
{
    return database.transaction([&]() -> Result<void> {
        const auto found = version(database, static_cast<int>(steps.size()), what);
        if (!found)
            return found.error();
        if (*found != from)
            return {};
        Step statements = steps[static_cast<size_t>(from)];
        statements.append("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        statements.append("DELETE FROM schema_version");
        statements.append(
            "INSERT INTO schema_version VALUES (" + QByteArray::number(from + 1) + ')');
        for (const QByteArray &statement : std::as_const(statements)) {
            if (auto done = database.execute(statement); !done)
                return done;
        }
        return {};
    });
}

} // namespace

Result<int> version(Database &database, int known, const QString &what)
{
    const auto tables =
        database.number("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'");
    if (!tables)
        return tables.error();
    if (*tables == 0)
        return 0;
    const auto found = database.number("SELECT coalesce(max(version), 0) FROM schema_version");
    if (!found)
        return found.error();
    if (*found <= known)
        return static_cast<int>(*found);
    return Error{ErrorCode::Unsupported,
        u"%1: %2 was written by a newer version of Sluice (its schema is %3, this program knows "
        u"%4): update Sluice, or move the file away"_s.arg(database.path(), what)
            .arg(*found)
            .arg(known),
        {}};
}

Result<void> migrate(Database &database, const std::vector<Step> &steps, const QString &what)
{
    const int known = static_cast<int>(steps.size());
    const auto found = version(database, known, what);
    if (!found)
        return found.error();
    for (int next = *found; next < known; ++next) {
        if (auto done = take(database, steps, next, what); !done)
            return done;
    }
    return {};
}

} // namespace sluice::stores::sqlite
