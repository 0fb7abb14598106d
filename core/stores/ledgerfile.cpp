// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerfile.h"

#include "core/base/logging.h"
#include "core/stores/ledgerschema.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSqlError>
#include <QSqlQuery>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

/// In the order of bind().
const QStringList &columns()
{
    static const QStringList names{u"time_ms"_s, u"request_id"_s, u"key"_s, u"owner"_s, u"team"_s,
        u"user"_s, u"properties"_s, u"router"_s, u"provider"_s, u"model"_s, u"method"_s, u"path"_s,
        u"status"_s, u"outcome"_s, u"verdict"_s, u"binding_limit"_s, u"stream"_s, u"refused"_s,
        u"error"_s, u"duration_us"_s, u"overhead_us"_s, u"input_tokens"_s, u"cached_input_tokens"_s,
        u"cache_write_tokens"_s, u"output_tokens"_s, u"reasoning_tokens"_s, u"input_source"_s,
        u"output_source"_s, u"micro_cents"_s, u"unpriced"_s, u"estimated"_s, u"bytes"_s, u"note"_s};
    return names;
}

/// Qt binds by name in half the time: for a position it makes up a name at each call.
const QStringList &placeholders()
{
    static const QStringList names =
        QStringList(columns()).replaceInStrings(QRegularExpression(u"^"_s), u":"_s);
    return names;
}

QString insertStatement()
{
    return u"INSERT INTO ledger (%1) VALUES (%2)"_s.arg(
        columns().join(u", "_s), placeholders().join(u", "_s));
}

/// Not null, which an empty QByteArray may be.
QVariant text(const QByteArray &utf8)
{
    return utf8.isEmpty() ? QString(""_L1) : QString::fromUtf8(utf8);
}

QVariant number(const std::optional<qint64> &value)
{
    return value ? QVariant(*value) : QVariant();
}

void bind(QSqlQuery &query, const LedgerRow &row)
{
    const QVariantList values{row.timeMs, text(row.requestId), text(row.key), text(row.owner),
        text(row.team), text(row.user), text(row.properties), text(row.router), text(row.provider),
        text(row.model), text(row.method), text(row.path), row.status, text(row.outcome),
        text(row.verdict), text(row.bindingLimit), row.isStream, row.isRefused, row.isError,
        row.durationUs, row.overheadUs, number(row.tokens.input), number(row.tokens.cachedInput),
        number(row.tokens.cacheWrite), number(row.tokens.output), number(row.tokens.reasoning),
        text(row.inputSource), text(row.outputSource), number(row.cost), row.isUnpriced,
        row.isEstimated, row.bytes, text(row.note)};
    for (int i = 0; i < values.size(); ++i)
        query.bindValue(placeholders()[i], values[i]);
}

/// Only the owner may read who asked what; SQLite gives its other files the same permissions.
void createPrivate(const QString &path)
{
    QFile file(path);
    if (!file.exists() && file.open(QIODevice::WriteOnly))
        file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
}

} // namespace

LedgerFile::LedgerFile(QString path, const Clock &clock) : m_path(std::move(path)), m_clock(clock)
{
}

LedgerFile::~LedgerFile()
{
    close();
}

Result<void> LedgerFile::open()
{
    if (auto checked = ledgerschema::checkDriver(); !checked)
        return checked;
    const QString folder = QFileInfo(m_path).absolutePath();
    if (!QDir().mkpath(folder))
        return Error{ErrorCode::Io, u"Cannot make the folder %1"_s.arg(folder), {}};
    createPrivate(m_path);
    m_database = ledgerschema::connection(m_path, u"QSQLITE_BUSY_TIMEOUT=1000"_s);
    if (!m_database.open())
        return abandon(ledgerschema::errorOf(m_database, m_database.lastError()));
    for (const QString &pragma :
        {u"PRAGMA journal_mode = WAL"_s, u"PRAGMA synchronous = NORMAL"_s}) {
        if (const auto done = execute(pragma); !done)
            return abandon(done.error());
    }
    if (const auto migrated = ledgerschema::migrate(m_database); !migrated)
        return abandon(migrated.error());
    return {};
}

void LedgerFile::close()
{
    const QString name = m_database.connectionName();
    if (name.isEmpty())
        return;
    m_database.close();
    m_database = {};
    QSqlDatabase::removeDatabase(name);
}

Result<void> LedgerFile::abandon(const Error &error)
{
    close();
    if (error.code == ErrorCode::Invalid) {
        if (auto moved = moveAside(error); !moved)
            return moved;
    }
    return error;
}

Result<void> LedgerFile::moveAside(const Error &error)
{
    const QString aside = m_path + u".broken-"_s
        + QDateTime::fromMSecsSinceEpoch(m_clock.wall().count(), Qt::UTC)
              .toString(u"yyyyMMdd-HHmmss-zzz"_s);
    if (!QFile::rename(m_path, aside))
        return Error{
            ErrorCode::Io, u"%1; it cannot be renamed to %2"_s.arg(error.message, aside), {}};
    // What belongs to the old file must not be taken for the new one's.
    QFile::rename(m_path + u"-wal"_s, aside + u"-wal"_s);
    QFile::remove(m_path + u"-shm"_s);
    qCWarning(lcLedger, "%ls; it is kept as %ls, and a new ledger begins",
        qUtf16Printable(error.message), qUtf16Printable(aside));
    return {};
}

Result<void> LedgerFile::execute(const QString &statement)
{
    QSqlQuery query(m_database);
    if (!query.exec(statement))
        return ledgerschema::errorOf(m_database, query.lastError());
    return {};
}

Result<void> LedgerFile::write(const std::vector<LedgerRow> &rows, const RequestsByMinute &lost)
{
    auto done = execute(u"BEGIN IMMEDIATE"_s);
    if (done)
        done = insert(rows);
    if (done)
        done = count(lost);
    if (done)
        done = execute(u"COMMIT"_s);
    return done ? done : abandon(done.error());
}

Result<void> LedgerFile::insert(const std::vector<LedgerRow> &rows)
{
    QSqlQuery query(m_database);
    if (!query.prepare(insertStatement()))
        return ledgerschema::errorOf(m_database, query.lastError());
    for (const LedgerRow &row : rows) {
        bind(query, row);
        if (!query.exec())
            return ledgerschema::errorOf(m_database, query.lastError());
    }
    return {};
}

Result<void> LedgerFile::count(const RequestsByMinute &lost)
{
    for (const auto &[minute, requests] : lost) {
        auto done =
            execute(u"INSERT INTO lost_requests VALUES (%1, %2) "
                    u"ON CONFLICT (minute_ms) DO UPDATE SET requests = requests + %2"_s.arg(minute)
                        .arg(requests));
        if (!done)
            return done;
    }
    return {};
}

Result<int> LedgerFile::removeBefore(std::chrono::milliseconds time, int most)
{
    QSqlQuery query(m_database);
    const bool isDone =
        query.exec(u"DELETE FROM lost_requests WHERE minute_ms < %1"_s.arg(time.count()))
        && query.exec(u"DELETE FROM ledger WHERE id IN (SELECT id FROM ledger WHERE time_ms < %1 "
                      u"ORDER BY time_ms LIMIT %2)"_s.arg(time.count())
                          .arg(most));
    if (isDone)
        return query.numRowsAffected();
    const Error error = ledgerschema::errorOf(m_database, query.lastError());
    query = QSqlQuery();
    return abandon(error).error();
}

} // namespace sluice::stores
