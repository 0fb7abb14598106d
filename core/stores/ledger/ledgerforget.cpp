// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerforget.h"

#include "core/stores/ledger/ledgerrollups.h"
#include "core/stores/ledger/ledgerschema.h"
#include "core/stores/ledger/postgres/postgresforget.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>
#include <array>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using sqlite::Database;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{10'000};
constexpr int RowsSummedAtOnce = 20'000;
constexpr qint64 RowsSearchedAtOnce = 50'000; ///< so that who records waits for a moment only

class Forgetting
{
public:
    Forgetting(Database &database, const ForgetRequest &request)
        : m_database(database),
          m_name(request.name.toUtf8()),
          m_isUser(request.subject == ForgetRequest::Subject::User)
    {
    }

    /// Rows are summed up before they go. Gives the last one that is.
    Result<qint64> sumUp()
    {
        auto rollups = LedgerRollups::open(m_database);
        if (!rollups)
            return rollups.error();
        for (bool isBehind = true; isBehind;) {
            const auto done = m_database.transaction([&]() -> Result<void> {
                if (auto seen = rollups->refresh(); !seen)
                    return seen;
                const auto caughtUp = rollups->catchUp(RowsSummedAtOnce);
                if (!caughtUp)
                    return caughtUp.error();
                isBehind = *caughtUp;
                return {};
            });
            if (!done)
                return done.error();
        }
        return rollups->flushedTo();
    }

    Result<qint64> removeRows(qint64 last)
    {
        const auto first = m_database.number("SELECT coalesce(min(id), 1) FROM ledger");
        if (!first)
            return first.error();
        const QByteArray sql = QByteArray("DELETE FROM ledger WHERE id BETWEEN ? AND ? AND ")
            + (m_isUser ? "user" : "key") + " = ?";
        auto remove = m_database.prepare(sql);
        if (!remove)
            return remove.error();
        remove->bindText(3, m_name);
        qint64 removed = 0;
        for (qint64 id = *first; id <= last; id += RowsSearchedAtOnce) {
            remove->bind(1, id);
            remove->bind(2, std::min(last, id + RowsSearchedAtOnce - 1));
            if (const auto done = remove->run(); !done)
                return done.error();
            removed += m_database.changes();
        }
        return removed;
    }

    /// Inside of a transaction: sums go to a group without the name. Gives how many groups did.
    Result<qint64> anonymise()
    {
        if (const auto listed = listGroups(); !listed)
            return listed.error();
        for (const char *table : {"rollup_hourly", "rollup_daily"}) {
            if (const auto moved = moveSums(table); !moved)
                return moved.error();
        }
        auto count = m_database.number("SELECT count(*) FROM temp.moved");
        if (!count)
            return count;
        if (const auto done = m_database.execute(
                "DELETE FROM rollup_group WHERE id IN (SELECT old FROM temp.moved);"
                "DROP TABLE temp.moved");
            !done)
            return done.error();
        return count;
    }

private:
    /// Into temp.moved: the groups with the name, and the same ones without it.
    Result<void> listGroups()
    {
        const QByteArray kind = QByteArray::number(
            static_cast<qint64>(m_isUser ? RollupKind::User : RollupKind::Common));
        const QByteArray column = m_isUser ? "value" : "key";
        const QByteArray other = m_isUser ? "key" : "value";
        const QByteArray rest =
            "kind, property, " + other + ", owner, team, router, provider, model, status";
        const QByteArray named = " WHERE kind = " + kind + " AND " + column + " = ?1";
        const QByteArray none = QByteArray("'") + ForgottenName + '\'';
        const std::array<QByteArray, 3> statements{
            "INSERT INTO rollup_group (" + rest + ", " + column + ", last_day_ms) SELECT " + rest
                + ", " + none + ", last_day_ms FROM rollup_group" + named
                + " ON CONFLICT DO UPDATE SET last_day_ms = max(last_day_ms, excluded.last_day_ms)",
            "CREATE TEMP TABLE moved (old INTEGER PRIMARY KEY, target INTEGER NOT NULL)",
            "INSERT INTO temp.moved SELECT old.id, target.id FROM rollup_group AS old JOIN "
            "rollup_group AS target USING ("
                + rest + ") WHERE kind = " + kind + " AND old." + column + " = ?1 AND target."
                + column + " = " + none,
        };
        for (const QByteArray &sql : statements) {
            auto statement = m_database.prepare(sql);
            if (!statement)
                return statement.error();
            if (sql.contains("?1"))
                statement->bindText(1, m_name);
            if (auto done = statement->run(); !done)
                return done;
        }
        return {};
    }

    Result<void> moveSums(const QByteArray &table)
    {
        QByteArray columns;
        QByteArray updates;
        for (const QLatin1StringView name : UsageSumNames) {
            const QByteArray column(name.data(), name.size());
            columns += ", " + column;
            updates +=
                (updates.isEmpty() ? "" : ", ") + column + " = " + column + " + excluded." + column;
        }
        const QByteArray kind = QByteArray::number(
            static_cast<qint64>(m_isUser ? RollupKind::User : RollupKind::Common));
        const QByteArray all = "INSERT INTO " + table + " SELECT kind, time_ms, target" + columns
            + " FROM " + table + " JOIN temp.moved ON old = grp WHERE kind = " + kind
            + " ON CONFLICT (kind, time_ms, grp) DO UPDATE SET " + updates + ";DELETE FROM " + table
            + " WHERE kind = " + kind + " AND grp IN (SELECT old FROM temp.moved)";
        return m_database.execute(all);
    }

    Database &m_database;
    QByteArray m_name;
    bool m_isUser;
};

Result<void> audit(Database &database, const ForgetRequest &request, const Forgotten &forgotten)
{
    auto insert = database.prepare(
        "INSERT INTO audit_log (time_ms, actor, action, subject, value, before, after) VALUES (?, "
        "?, 'forget', ?, ?, '', ?)");
    if (!insert)
        return insert.error();
    insert->bind(1, static_cast<qint64>(request.now.count()));
    insert->bindText(2, request.actor.toUtf8());
    insert->bindText(3, request.subject == ForgetRequest::Subject::User ? "user" : "key");
    insert->bindText(4, hashOfForgotten(request.name));
    insert->bindText(5, QByteArray("{\"rows\":" + QByteArray::number(forgotten.rows) + '}'));
    return insert->run();
}

Result<Database> openToForget(const QString &path)
{
    if (!QFileInfo::exists(path))
        return Error{ErrorCode::NotFound,
            u"%1 is not there: nothing has been recorded in this data directory"_s.arg(path), {}};
    Database::Options options;
    options.durability = Database::Durability::Full;
    options.busyTimeout = BusyTimeout;
    auto database = Database::open(path, options);
    if (!database)
        return database;
    if (const auto migrated = ledgerschema::migrate(*database); !migrated)
        return migrated.error();
    if (const auto set = database->execute("PRAGMA secure_delete = ON"); !set)
        return set.error();
    return database;
}

/// Whether a file has rows or sums of the subject.
Result<bool> knows(const QString &path, const ForgetRequest &request)
{
    if (!QFileInfo::exists(path))
        return false;
    auto database = openToForget(path);
    if (!database)
        return database.error();
    const QByteArray column = request.subject == ForgetRequest::Subject::User ? "user" : "key";
    const QByteArray group = request.subject == ForgetRequest::Subject::User ? "value" : "key";
    const QByteArray sql = "SELECT EXISTS (SELECT 1 FROM ledger WHERE " + column
        + " = ?1) OR EXISTS (SELECT 1 FROM rollup_group WHERE " + group + " = ?1)";
    auto found = database->prepare(sql);
    if (!found)
        return found.error();
    found->bindText(1, request.name.toUtf8());
    const auto row = found->step();
    if (!row)
        return row.error();
    return found->number(0) != 0;
}

Result<Forgotten> forgetInFile(const QString &path, const ForgetRequest &request)
{
    auto database = openToForget(path);
    if (!database)
        return database.error();
    Forgetting forgetting(*database, request);
    const auto last = forgetting.sumUp();
    if (!last)
        return last.error();
    const auto rows = forgetting.removeRows(*last);
    if (!rows)
        return rows.error();
    Forgotten forgotten;
    forgotten.rows = *rows;
    const auto done = database->transaction([&]() -> Result<void> {
        const auto groups = forgetting.anonymise();
        if (!groups)
            return groups.error();
        forgotten.groups = *groups;
        return audit(*database, request, forgotten);
    });
    if (!done)
        return done.error();
    const auto isWiped = database->emptyLog();
    if (!isWiped)
        return isWiped.error();
    forgotten.isWiped = *isWiped;
    return forgotten;
}

} // namespace

QByteArray hashOfForgotten(const QString &name)
{
    return "sha256:"
        + QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256).toHex().first(16);
}

Result<Forgotten> forget(const LedgerPlace &place, const ForgetRequest &request)
{
    if (!place.isShared())
        return forgetInFile(place.path, request);
    auto forgotten = forgetInPostgres(place.url, request);
    if (!forgotten)
        return forgotten;
    // From before the ledger was shared.
    const auto isThereToo = knows(place.path, request);
    if (!isThereToo)
        return isThereToo.error();
    if (!*isThereToo)
        return forgotten;
    auto here = forgetInFile(place.path, request);
    if (!here)
        return here;
    return Forgotten{forgotten->rows + here->rows, forgotten->groups + here->groups,
        forgotten->isWiped && here->isWiped};
}

} // namespace sluice::stores
