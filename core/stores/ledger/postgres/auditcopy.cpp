// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/auditcopy.h"

#include "core/base/ids.h"
#include "core/base/logging.h"
#include "core/stores/ledger/ledgerschema.h"
#include "core/stores/ledger/postgres/ledgertables.h"
#include "core/stores/ledger/postgres/ledgertexts.h"

#include <QFileInfo>

#include <libpq-fe.h>

#include <array>

namespace sluice::stores {

using sqlite::Database;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{1'000};
constexpr int MostAtOnce = 500;
constexpr int Texts = 6; ///< columns of an entry behind its id and time

const QByteArray Table = QByteArray(ledgertables::SchemaName) + ".audit_log";

} // namespace

/// The file has a name of its own, so that a new one does not pass for the old one.
Result<void> AuditCopy::open()
{
    if (m_database.isOpen() && QFileInfo::exists(m_path))
        return {};
    m_origin.clear();
    m_copiedTo.reset();
    Database::Options options;
    options.busyTimeout = BusyTimeout;
    auto database = Database::open(m_path, options);
    if (!database)
        return database.error();
    if (auto migrated = ledgerschema::migrate(*database); !migrated)
        return migrated;
    if (auto made =
            database->execute("CREATE TABLE IF NOT EXISTS audit_origin (name TEXT NOT NULL);"
                              "INSERT INTO audit_origin SELECT '"
                + makeSecret(128) + "' WHERE NOT EXISTS (SELECT 1 FROM audit_origin)");
        !made)
        return made;
    auto name = database->prepare("SELECT name FROM audit_origin");
    if (!name)
        return name.error();
    auto done = name->eachRow([&] { m_origin = name->text(0).toByteArray(); });
    if (done)
        m_database = std::move(*database);
    return done;
}

Result<AuditCopy::Entries> AuditCopy::read(qint64 after)
{
    const QByteArray sql = "SELECT id, time_ms, actor, action, subject, value, before, after "
                           "FROM audit_log WHERE id > "
        + QByteArray::number(after) + " ORDER BY id LIMIT " + QByteArray::number(MostAtOnce);
    auto rows = m_database.prepare(sql);
    if (!rows)
        return rows.error();
    Entries entries;
    std::array<SqlArray, 2> numbers;
    std::array<SqlArray, Texts> texts;
    const auto done = rows->eachRow([&] {
        ++entries.count;
        entries.last = rows->number(0);
        for (size_t i = 0; i < numbers.size(); ++i)
            numbers[i].add(rows->number(static_cast<int>(i)));
        for (size_t i = 0; i < texts.size(); ++i)
            texts[i].add(rows->text(static_cast<int>(i + numbers.size())));
    });
    if (!done)
        return done.error();
    for (const SqlArray &each : numbers)
        entries.columns.append(each.literal() + "::bigint[]");
    for (const SqlArray &each : texts)
        entries.columns.append(each.literal() + "::text[]");
    return entries;
}

Result<qint64> AuditCopy::askForLast(PostgresLink &link) const
{
    const auto answer = link.run("SELECT coalesce(max(origin_id), 0) FROM " + Table
        + " WHERE origin = " + sqlLiteral(m_origin));
    if (!answer)
        return answer.error();
    return QByteArray(PQgetvalue(answer->get(), 0, 0)).toLongLong();
}

void AuditCopy::warn(const Error &error)
{
    m_database.close();
    if (error.message == m_problem)
        return;
    m_problem = error.message;
    qCWarning(
        lcLedger, "the audit is not copied to PostgreSQL: %ls", qUtf16Printable(error.message));
}

Result<bool> AuditCopy::copy(PostgresLink &link)
{
    if (!QFileInfo::exists(m_path))
        return false;
    if (const auto opened = open(); !opened) {
        warn(opened.error());
        return false;
    }
    if (!m_copiedTo) {
        const auto last = askForLast(link);
        if (!last)
            return last.error();
        m_copiedTo = *last;
    }
    const auto entries = read(*m_copiedTo);
    if (!entries) {
        warn(entries.error());
        return false;
    }
    m_problem.clear();
    if (entries->count == 0)
        return false;
    const auto done = link.run("INSERT INTO " + Table
        + " (origin, origin_id, time_ms, actor, action, subject, value, before, after) SELECT "
        + sqlLiteral(m_origin) + ", * FROM unnest(" + entries->columns.join(", ")
        + ") ON CONFLICT (origin, origin_id) DO NOTHING");
    if (!done)
        return done.error();
    m_copiedTo = entries->last;
    return entries->count == MostAtOnce;
}

} // namespace sluice::stores
