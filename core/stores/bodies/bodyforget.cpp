// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/bodies/bodyforget.h"

#include "core/stores/bodies/bodyfile.h"
#include "core/stores/bodies/bodyschema.h"

#include <QFileInfo>

namespace sluice::stores {

using sqlite::Database;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{10'000};
constexpr qint64 RowsRemovedAtOnce = 100; ///< so that who records waits for a moment only

Result<Database> openToForget(const QString &path)
{
    Database::Options options;
    options.durability = Database::Durability::Full;
    options.busyTimeout = BusyTimeout;
    auto database = Database::open(path, options);
    if (!database)
        return database;
    if (const auto migrated = bodyschema::migrate(*database); !migrated)
        return migrated.error();
    if (const auto set = database->execute("PRAGMA secure_delete = ON"); !set)
        return set.error();
    return database;
}

Result<qint64> removeRows(Database &database, const ForgetRequest &request)
{
    const bool isUser = request.subject == ForgetRequest::Subject::User;
    const QByteArray sql =
        QByteArray("DELETE FROM recorded_body WHERE id IN (SELECT id FROM recorded_body WHERE ")
        + (isUser ? "user" : "key") + " = ? LIMIT ?)";
    auto remove = database.prepare(sql);
    if (!remove)
        return remove.error();
    remove->bindText(1, request.name.toUtf8());
    remove->bind(2, RowsRemovedAtOnce);
    for (qint64 removed = 0;;) {
        if (const auto done = remove->run(); !done)
            return done.error();
        removed += database.changes();
        if (database.changes() == 0)
            return removed;
    }
}

} // namespace

Result<ForgottenBodies> forgetBodies(const QString &path, const ForgetRequest &request)
{
    ForgottenBodies forgotten;
    if (!QFileInfo::exists(path))
        return forgotten;
    auto database = openToForget(path);
    if (!database)
        return database.error();
    const auto removed = removeRows(*database, request);
    if (!removed)
        return removed.error();
    forgotten.requests = *removed;
    for (bool isMore = true; isMore;) {
        const auto given = giveSpaceBack(*database);
        if (!given)
            return given.error();
        isMore = *given;
    }
    const auto isWiped = database->emptyLog();
    if (!isWiped)
        return isWiped.error();
    forgotten.isWiped = *isWiped;
    return forgotten;
}

} // namespace sluice::stores
