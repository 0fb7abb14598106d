// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/sqlite/statement.h"

#include "core/stores/sqlite/database.h"

#include <sqlite3.h>

namespace sluice::stores::sqlite {

using namespace Qt::StringLiterals;

namespace {

sqlite3_destructor_type destructor(Statement::Lifetime lifetime)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): SQLite's own macro
    return lifetime == Statement::Lifetime::Static ? SQLITE_STATIC : SQLITE_TRANSIENT;
}

/// A null pointer would be NULL, which an empty text is not.
const char *notNull(QByteArrayView bytes)
{
    return bytes.isNull() ? "" : bytes.data();
}

} // namespace

void Statement::Finalizer::operator()(sqlite3_stmt *handle) const
{
    sqlite3_finalize(handle);
}

Statement::Statement(sqlite3_stmt *prepared) : m_handle(prepared) { }

void Statement::note(int code)
{
    if (code != SQLITE_OK)
        m_bindError = code;
}

void Statement::bind(int place, qint64 value)
{
    note(sqlite3_bind_int64(m_handle.get(), place, value));
}

void Statement::bind(int place, const std::optional<qint64> &value)
{
    if (value)
        bind(place, *value);
    else
        bindNull(place);
}

void Statement::bindText(int place, QByteArrayView utf8, Lifetime lifetime)
{
    note(sqlite3_bind_text64(m_handle.get(), place, notNull(utf8),
        static_cast<sqlite3_uint64>(utf8.size()), destructor(lifetime), SQLITE_UTF8));
}

void Statement::bindBlob(int place, QByteArrayView bytes, Lifetime lifetime)
{
    note(sqlite3_bind_blob64(m_handle.get(), place, notNull(bytes),
        static_cast<sqlite3_uint64>(bytes.size()), destructor(lifetime)));
}

void Statement::bindNull(int place)
{
    note(sqlite3_bind_null(m_handle.get(), place));
}

void Statement::bindValue(int place, const QVariant &value)
{
    if (value.isNull())
        bindNull(place);
    else if (value.typeId() == QMetaType::LongLong || value.typeId() == QMetaType::Int)
        bind(place, value.toLongLong());
    else
        bindText(place, value.toString().toUtf8());
}

Result<bool> Statement::step()
{
    if (m_bindError != SQLITE_OK) {
        const int code = std::exchange(m_bindError, SQLITE_OK);
        reset();
        return Error{ErrorCode::Io,
            u"A value cannot be bound: "_s + QLatin1StringView(sqlite3_errstr(code)), {}};
    }
    const int code = sqlite3_step(m_handle.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    // reset() gives the same error again.
    const Error error = errorOf(sqlite3_db_handle(m_handle.get()));
    reset();
    return error;
}

Result<void> Statement::run()
{
    return eachRow([] {});
}

void Statement::reset()
{
    sqlite3_reset(m_handle.get());
}

int Statement::columns() const
{
    return sqlite3_column_count(m_handle.get());
}

QString Statement::columnName(int column) const
{
    return QString::fromUtf8(sqlite3_column_name(m_handle.get(), column));
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_handle.get(), column) == SQLITE_NULL;
}

qint64 Statement::number(int column) const
{
    return sqlite3_column_int64(m_handle.get(), column);
}

QByteArrayView Statement::text(int column) const
{
    const auto *bytes = sqlite3_column_text(m_handle.get(), column);
    return {bytes, bytes ? sqlite3_column_bytes(m_handle.get(), column) : 0};
}

QByteArrayView Statement::blob(int column) const
{
    const auto *bytes = static_cast<const char *>(sqlite3_column_blob(m_handle.get(), column));
    return {bytes, bytes ? sqlite3_column_bytes(m_handle.get(), column) : 0};
}

QVariant Statement::value(int column) const
{
    switch (sqlite3_column_type(m_handle.get(), column)) {
    case SQLITE_NULL:
        return {};
    case SQLITE_INTEGER:
        return number(column);
    case SQLITE_FLOAT:
        return sqlite3_column_double(m_handle.get(), column);
    case SQLITE_BLOB:
        return blob(column).toByteArray();
    default:
        return QString::fromUtf8(text(column));
    }
}

} // namespace sluice::stores::sqlite
