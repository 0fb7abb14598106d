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
constexpr int StepsBetweenQuestions = 10'000; ///< of SQLite's machine, a millisecond at most
constexpr int LargestForeignValue = 16 * 1'024 * 1'024; ///< bytes

/// Pragmas that look at the file; as tables (`pragma_table_info`) they may be part of a question.
bool isReadingPragma(QByteArrayView name)
{
    static const QByteArrayList names{"compile_options", "database_list", "foreign_key_list",
        "function_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "quick_check", "table_info", "table_list", "table_xinfo"};
    return names.contains(name.toByteArray().toLower());
}

int allowReading(void * /*context*/, int action, const char *first, const char *second,
    const char * /*database*/, const char * /*cause*/)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return qstricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return isReadingPragma(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_UPDATE:
        // Asked when such a pragma is looked at as a table; nobody can write this one.
        return qstrcmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

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
    case SQLITE_AUTH:
        return ErrorCode::Refused;
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
    const QByteArray cache = "PRAGMA cache_size = -" + QByteArray::number(options.cacheKiB) + ';';
    if (options.access == Database::Access::ReadOnly)
        return cache + "PRAGMA query_only = ON";
    const bool isFull = options.durability == Database::Durability::Full;
    // Before anything is in the file; later it has no effect.
    const QByteArray vacuum = options.givesSpaceBack ? "PRAGMA auto_vacuum = INCREMENTAL; " : "";
    return cache + vacuum
        + "PRAGMA journal_mode = WAL; PRAGMA synchronous = " + (isFull ? "FULL" : "NORMAL");
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
    // A statement may outlive what would be asked.
    sqlite3_progress_handler(handle, 0, nullptr, nullptr);
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
        // What is wrong with a statement is not the file's fault.
        if ((code & PrimaryCode) == SQLITE_ERROR || (code & PrimaryCode) == SQLITE_AUTH)
            return Error{code == SQLITE_AUTH ? ErrorCode::Refused : ErrorCode::Invalid,
                reasonOf(m_handle.get()), {}};
        return error;
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

Result<bool> Database::emptyLog()
{
    const auto isBusy = number("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!isBusy)
        return isBusy.error();
    return *isBusy == 0;
}

qint64 Database::changes() const
{
    return sqlite3_changes64(m_handle.get());
}

void Database::interrupt()
{
    sqlite3_interrupt(m_handle.get());
}

void Database::watch(std::function<bool()> goesOn)
{
    m_goesOn = std::make_unique<std::function<bool()>>(std::move(goesOn));
    const auto ask = [](void *context) {
        return (*static_cast<std::function<bool()> *>(context))() ? 0 : 1;
    };
    sqlite3_progress_handler(m_handle.get(), StepsBetweenQuestions, ask, m_goesOn.get());
}

void Database::setReadingOnly(bool isOn)
{
    constexpr int mostPossible = 1'000'000'000;
    sqlite3_limit(m_handle.get(), SQLITE_LIMIT_LENGTH, isOn ? LargestForeignValue : mostPossible);
    sqlite3_set_authorizer(m_handle.get(), isOn ? allowReading : nullptr, nullptr);
}

void Database::rollBack()
{
    // Some errors have rolled it back already.
    if (sqlite3_get_autocommit(m_handle.get()) == 0)
        static_cast<void>(execute("ROLLBACK"));
}

} // namespace sluice::stores::sqlite
