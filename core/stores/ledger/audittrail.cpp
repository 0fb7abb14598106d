// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/audittrail.h"

#include "core/stores/ledger/ledgerschema.h"

namespace sluice::stores {

using sqlite::Database;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{3'000};

constexpr QByteArrayView Insert =
    "INSERT INTO audit_log (time_ms, actor, action, subject, value, before, after) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT ?8 OR NOT EXISTS (SELECT 1 FROM audit_log WHERE "
    "time_ms = ?1 AND action = ?3 AND subject = ?4 AND value = ?5 AND after = ?7)";

Result<void> insert(sqlite::Statement &statement, const AuditEntry &entry, bool isOnce)
{
    statement.bind(1, static_cast<qint64>(entry.time.count()));
    int place = 1;
    for (const QString &text :
        {entry.actor, entry.action, entry.subject, entry.value, entry.before, entry.after})
        statement.bindText(++place, text.toUtf8());
    statement.bind(++place, isOnce ? qint64(1) : qint64(0));
    return statement.run();
}

} // namespace

Result<void> AuditTrail::append(const std::vector<AuditEntry> &entries) const
{
    return write(entries, false);
}

Result<void> AuditTrail::import(const std::vector<AuditEntry> &entries) const
{
    return write(entries, true);
}

Result<void> AuditTrail::write(const std::vector<AuditEntry> &entries, bool isOnce) const
{
    Database::Options options;
    options.durability = Database::Durability::Full;
    options.busyTimeout = BusyTimeout;
    auto database = Database::open(m_path, options);
    if (!database)
        return database.error();
    if (auto migrated = ledgerschema::migrate(*database); !migrated)
        return migrated;
    auto statement = database->prepare(Insert);
    if (!statement)
        return statement.error();
    return database->transaction([&]() -> Result<void> {
        for (const AuditEntry &entry : entries) {
            if (auto done = insert(*statement, entry, isOnce); !done)
                return done;
        }
        return {};
    });
}

} // namespace sluice::stores
