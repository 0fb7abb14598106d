// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerreader.h"

#include "core/stores/ledgerschema.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QSqlError>
#include <QSqlQuery>
#include <QSqlRecord>

#include <limits>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

/// A read-only connection writes nothing into its file, but ATTACH, PRAGMA and VACUUM INTO reach
/// beyond it, so that only what begins like a question is let through.
bool isQuestion(const QString &sql)
{
    static const QRegularExpression pattern(
        u"^(\\s|--[^\\n]*(\\n|$)|/\\*.*?\\*/)*(SELECT|WITH|VALUES|EXPLAIN)\\b"_s,
        QRegularExpression::CaseInsensitiveOption | QRegularExpression::DotMatchesEverythingOption);
    return pattern.match(sql).hasMatch();
}

Result<Table> fetch(const QSqlDatabase &database, QSqlQuery &query, qint64 maxRows)
{
    if (!query.exec())
        return ledgerschema::errorOf(database, query.lastError());
    Table table;
    const int width = query.record().count();
    for (int i = 0; i < width; ++i)
        table.columns.append(query.record().fieldName(i));
    while (query.next()) {
        if (static_cast<qint64>(table.rows.size()) == maxRows) {
            table.isCut = true;
            return table;
        }
        QVariantList row;
        for (int i = 0; i < width; ++i)
            row.append(query.value(i));
        table.rows.push_back(std::move(row));
    }
    if (query.lastError().isValid())
        return ledgerschema::errorOf(database, query.lastError());
    return table;
}

} // namespace

LedgerReader::LedgerReader(const QString &path)
    : m_connection(
        ledgerschema::connection(path, u"QSQLITE_OPEN_READONLY;QSQLITE_BUSY_TIMEOUT=5000"_s)
            .connectionName())
{
}

LedgerReader::~LedgerReader()
{
    QSqlDatabase::database(m_connection, false).close();
    QSqlDatabase::removeDatabase(m_connection);
}

Result<std::unique_ptr<LedgerReader>> LedgerReader::open(const QString &path)
{
    if (!QFileInfo::exists(path))
        return Error{ErrorCode::NotFound,
            u"%1 is not there: nothing has been recorded in this data directory"_s.arg(path), {}};
    if (const auto checked = ledgerschema::checkDriver(); !checked)
        return checked.error();
    std::unique_ptr<LedgerReader> reader(new LedgerReader(path));
    if (const auto good = reader->check(); !good)
        return good.error();
    return reader;
}

Result<void> LedgerReader::check() const
{
    QSqlDatabase database = QSqlDatabase::database(m_connection, false);
    if (!database.open())
        return ledgerschema::errorOf(database, database.lastError());
    const auto version = ledgerschema::version(database);
    if (!version)
        return version.error();
    if (*version < ledgerschema::currentVersion())
        return Error{ErrorCode::Invalid,
            u"%1 is no ledger, or an older one that the gateway brings up to date at its start"_s
                .arg(database.databaseName()),
            {}};
    QSqlQuery query(database);
    if (!query.exec(u"PRAGMA query_only = ON"_s))
        return ledgerschema::errorOf(database, query.lastError());
    return {};
}

Result<Table> LedgerReader::usage(const UsageQuery &query) const
{
    const auto statement = toStatement(query);
    if (!statement)
        return statement.error();
    const QSqlDatabase database = QSqlDatabase::database(m_connection, false);
    QSqlQuery sums(database);
    sums.setForwardOnly(true);
    if (!sums.prepare(statement->sql))
        return ledgerschema::errorOf(database, sums.lastError());
    for (const QVariant &value : statement->values)
        sums.addBindValue(value);
    auto table = fetch(database, sums, std::numeric_limits<qint64>::max());
    if (table)
        table.value().columns = statement->columns;
    return table;
}

Result<Table> LedgerReader::select(const QString &sql, qint64 maxRows) const
{
    if (!isQuestion(sql))
        return Error{ErrorCode::Refused,
            u"only reading is possible: write one statement that begins with SELECT, WITH, VALUES "
            u"or EXPLAIN"_s,
            {}};
    const QSqlDatabase database = QSqlDatabase::database(m_connection, false);
    QSqlQuery query(database);
    query.setForwardOnly(true);
    if (!query.prepare(sql))
        return Error{ErrorCode::Invalid, ledgerschema::reasonOf(query.lastError()), {}};
    return fetch(database, query, maxRows);
}

Result<qint64> LedgerReader::lost(const UsageQuery &query) const
{
    constexpr qint64 minute = 60'000;
    const QSqlDatabase database = QSqlDatabase::database(m_connection, false);
    QSqlQuery sum(database);
    const qint64 since = query.since ? query.since->count() - minute : 0;
    const qint64 until = query.until ? query.until->count() : std::numeric_limits<qint64>::max();
    if (!sum.exec(u"SELECT coalesce(sum(requests), 0) FROM lost_requests WHERE minute_ms > %1 AND "
                  u"minute_ms < %2"_s.arg(since)
                      .arg(until))
        || !sum.next())
        return ledgerschema::errorOf(database, sum.lastError());
    return sum.value(0).toLongLong();
}

} // namespace sluice::stores
