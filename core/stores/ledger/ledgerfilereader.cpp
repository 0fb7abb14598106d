// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerfilereader.h"

#include "core/stores/bodies/bodystore.h"
#include "core/stores/journal/journal.h"
#include "core/stores/ledger/ledgerschema.h"
#include "core/stores/ledger/sqliteusage.h"
#include "core/stores/ledger/usageanswer.h"

#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>

#include <limits>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using sqlite::Database;

namespace {

constexpr std::chrono::milliseconds BusyTimeout{5'000};
constexpr int CacheKiB = 64 * 1'024; ///< the sums of a busy month

QVariantList rowOf(const sqlite::Statement &statement, int width, qint64 &size)
{
    QVariantList row;
    row.reserve(width);
    for (int i = 0; i < width; ++i) {
        row.append(statement.value(i));
        size += statement.blob(i).size();
    }
    return row;
}

/// Another file whose views are in the reach of questions. Where it is not there, or cannot be
/// read, there are no such views.
void attach(Database &database, const QString &path, const QByteArray &name)
{
    if (!QFileInfo::exists(path))
        return;
    QByteArray quoted = QFile::encodeName(path);
    quoted.replace('\'', "''");
    static_cast<void>(database.execute("ATTACH '" + quoted + "' AS " + name));
}

/// The view `limits` is in the file of the counters, the view `bodies` in one of its own, both
/// beside the ledger.
void attachOthers(Database &database, const QString &ledger)
{
    const QString folder = QFileInfo(ledger).absolutePath();
    attach(database, Journal::pathIn(folder), "counting");
    attach(database, BodyStore::pathIn(folder), "recorded");
}

} // namespace

LedgerFileReader::LedgerFileReader(Database database) : m_database(std::move(database))
{
    m_database.watch([this] { return goesOn(); });
}

Result<std::unique_ptr<LedgerReader>> LedgerFileReader::open(const QString &path)
{
    auto database = Database::open(
        path, {Database::Access::ReadOnly, Database::Durability::Normal, BusyTimeout, CacheKiB});
    if (!database && database.error().code == ErrorCode::NotFound)
        return Error{ErrorCode::NotFound,
            u"%1 is not there: nothing has been recorded in this data directory"_s.arg(path), {}};
    if (!database)
        return database.error();
    const auto version = ledgerschema::version(*database);
    if (!version)
        return version.error();
    if (*version < ledgerschema::currentVersion())
        return Error{ErrorCode::Invalid,
            u"%1 is no ledger, or an older one that the gateway brings up to date at its start"_s
                .arg(path),
            {}};
    attachOthers(*database, path);
    return std::unique_ptr<LedgerReader>(new LedgerFileReader(std::move(*database)));
}

void LedgerFileReader::begin(const ReadLimits &limits)
{
    m_isInterrupted = false;
    m_deadline = limits.maxTime > std::chrono::milliseconds::zero()
        ? QDeadlineTimer(limits.maxTime)
        : QDeadlineTimer(QDeadlineTimer::Forever);
    m_progress = limits.progress;
    m_rows = 0;
}

bool LedgerFileReader::goesOn()
{
    if (m_progress)
        m_progress(m_rows);
    return !m_isInterrupted && !m_deadline.hasExpired();
}

void LedgerFileReader::interrupt()
{
    m_isInterrupted = true;
    m_database.interrupt(); // also where SQLite does not ask, in the middle of a long sort
}

Error LedgerFileReader::explained(const Error &error, const ReadLimits &limits) const
{
    if (error.code == ErrorCode::Refused)
        return onlyReading();
    if (error.code != ErrorCode::Cancelled)
        return error;
    return m_isInterrupted ? takenBack() : tooSlow(limits);
}

Result<Table> LedgerFileReader::fetch(sqlite::Statement &statement, const ReadLimits &limits)
{
    Table table;
    const int width = statement.columns();
    for (int i = 0; i < width; ++i)
        table.columns.append(statement.columnName(i));
    for (qint64 size = 0;;) {
        const auto row = statement.step();
        if (!row)
            return explained(row.error(), limits);
        if (!*row)
            return table;
        if (m_rows == limits.maxRows || size > LargestAnswer) {
            statement.reset();
            table.isCut = true;
            return table;
        }
        table.rows.push_back(rowOf(statement, width, size));
        ++m_rows;
    }
}

Result<Table> LedgerFileReader::usage(const UsageQuery &query, const ReadLimits &limits)
{
    if (const auto good = check(query); !good)
        return good.error();
    begin(limits);
    sqlite::SqliteUsage source(m_database);
    auto table = UsageAnswer(source, query).find();
    if (!table)
        return explained(table.error(), limits);
    if (static_cast<qint64>(table->rows.size()) > limits.maxRows) {
        table->rows.resize(static_cast<size_t>(limits.maxRows));
        table->isCut = true;
    }
    return table;
}

Result<Table> LedgerFileReader::select(const QString &sql, const ReadLimits &limits)
{
    if (!isQuestion(sql))
        return onlyReading();
    begin(limits);
    m_database.setReadingOnly(true);
    const auto restore = qScopeGuard([this] { m_database.setReadingOnly(false); });
    auto statement = m_database.prepare(sql.toUtf8());
    if (!statement)
        return explained(statement.error(), limits);
    return fetch(*statement, limits);
}

Result<qint64> LedgerFileReader::lost(const UsageQuery &query)
{
    constexpr qint64 minute = 60'000;
    begin({});
    auto sum = m_database.prepare("SELECT coalesce(sum(requests), 0) FROM lost_requests WHERE "
                                  "minute_ms > ? AND minute_ms < ?");
    if (!sum)
        return sum.error();
    sum->bind(1, query.since ? static_cast<qint64>(query.since->count()) - minute : qint64(-1));
    sum->bind(2,
        query.until ? static_cast<qint64>(query.until->count())
                    : std::numeric_limits<qint64>::max());
    const auto row = sum->step();
    if (!row)
        return row.error();
    return sum->number(0);
}

} // namespace sluice::stores
