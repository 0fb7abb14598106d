// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/sqlite/database.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <sqlite3.h>

namespace sluice::stores::sqlite {

using namespace Qt::StringLiterals;

namespace {

constexpr int PrimaryCode = 0xFF; ///< of an extended one

QString pathOf(sqlite3 *connection)
{
    return QString::fromUtf8(sqlite3_db_filename(connection, "main"));
}

QString reasonOf(sqlite3 *connection)
{
    return QString::fromUtf8(sqlite3_errmsg(connection));
}

ErrorCode codeOf(int code)
{
    switch (code & PrimaryCode) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::Invalid;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorCode::Busy;
    case SQLITE_INTERRUPT:
        return ErrorCode::Cancelled;
    default:
        return ErrorCode::Io;
    }
}

/// SQLite gives the files beside it the same permissions.
Result<void> makeFile(const QString &path)
{
    if (QFileInfo::exists(path))
        return {};
    const QString folder = QFileInfo(path).absolutePath();
    if (!QDir().mkpath(folder))
        return Error{ErrorCode::Io, u"Cannot make the folder %1"_s.arg(folder), {}};
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly,
            QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        && !QFileInfo::exists(path)) // unless another program was faster
        return Error{
            ErrorCode::Io, u"Cannot make the file %1: %2"_s.arg(path, file.errorString()), {}};
    return {};
}

QByteArray pragmas(const Database::Options &options)
{
    if (options.access == Database::Access::ReadOnly)
        return "PRAGMA query_only = ON";
    return options.durability == Database::Durability::Full
        ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
        : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
}

/// Whether there is nothing more to run in it: spaces, comments and semicolons.
bool isBlank(sqlite3 *connection, const char *sql, const char *end)
{
    while (sql < end) {
        sqlite3_stmt *next = nullptr;
        const char *rest = end;
        const int code =
            sqlite3_prepare_v2(connection, sql, static_cast<int>(end - sql), &next, &rest);
        if (code != SQLITE_OK || next != nullptr) {
            sqlite3_finalize(next);
            return false;
        }
        sql = rest;
    }
    return true;
}

} // namespace

Error errorOf(sqlite3 *connection)
{
    return {codeOf(sqlite3_extended_errcode(connection)),
        u"%1: %2"_s.arg(pathOf(connection), reasonOf(connection)), {}};
}

void Database::Closer::operator()(sqlite3 *handle) const
{
    sqlite3_close_v2(handle);
}

Result<Database> Database::open(const QString &path, const Options &options)
{
    const bool isReading = options.access == Access::ReadOnly;
    if (isReading && !QFileInfo::exists(path))
        return Error{ErrorCode::NotFound, u"%1 is not there"_s.arg(path), {}};
    if (!isReading) {
        if (const auto made = makeFile(path); !made)
            return made.error();
    }
    // Each connection is used by one thread at a time: no mutex of SQLite's own is needed.
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        | (isReading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3 *handle = nullptr;
    const int code = sqlite3_open_v2(QFile::encodeName(path).constData(), &handle, flags, nullptr);
    Database database;
    database.m_handle.reset(handle);
    if (code != SQLITE_OK)
        return Error{
            codeOf(code), u"%1: %2"_s.arg(path, QLatin1StringView(sqlite3_errstr(code))), {}};
    sqlite3_busy_timeout(handle, static_cast<int>(options.busyTimeout.count()));
    if (const auto set = database.execute(pragmas(options)); !set)
        return set.error();
    if (const auto read = database.number("SELECT count(*) FROM sqlite_master"); !read)
        return read.error();
    return database;
}

QString Database::path() const
{
    return pathOf(m_handle.get());
}

Result<Statement> Database::prepare(QByteArrayView sql)
{
    sqlite3_stmt *prepared = nullptr;
    const char *rest = nullptr;
    const int code = sqlite3_prepare_v3(m_handle.get(), sql.data(), static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT, &prepared, &rest);
    if (code != SQLITE_OK) {
        const Error error = errorOf(m_handle.get());
        return code == SQLITE_ERROR ? Error{ErrorCode::Invalid, reasonOf(m_handle.get()), {}}
                                    : error;
    }
    if (!prepared)
        return Error{ErrorCode::Invalid, u"there is no statement"_s, {}};
    Statement statement(prepared);
    if (!isBlank(m_handle.get(), rest, sql.data() + sql.size()))
        return Error{ErrorCode::Invalid, u"only one statement at a time is possible"_s, {}};
    return statement;
}

Result<void> Database::execute(const QByteArray &sql)
{
    if (sqlite3_exec(m_handle.get(), sql.constData(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return errorOf(m_handle.get());
    return {};
}

Result<qint64> Database::number(QByteArrayView sql)
{
    auto statement = prepare(sql);
    if (!statement)
        return statement.error();
    const auto row = statement->step();
    if (!row)
        return row.error();
    if (!*row)
        return Error{ErrorCode::NotFound, u"%1: there is no row"_s.arg(path()), {}};
    return statement->number(0);
}

qint64 Database::changes() const
{
    return sqlite3_changes64(m_handle.get());
}

void Database::interrupt()
{
    sqlite3_interrupt(m_handle.get());
}

void Database::rollBack()
{
    // Some errors have rolled it back already.
    if (sqlite3_get_autocommit(m_handle.get()) == 0)
        static_cast<void>(execute("ROLLBACK"));
}

} // namespace sluice::stores::sqlite
