// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/bodies/bodyfile.h"

#include "core/stores/bodies/bodyschema.h"
#include "core/stores/sqlite/brokenfile.h"

namespace sluice::stores {

using insight::RecordedBody;
using sqlite::Database;
using sqlite::Statement;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 BytesRemovedAtOnce = 16 * 1'024 * 1'024;
constexpr int RowsRemovedAtOnce = 1'000;
constexpr int PagesGivenBackAtOnce = 4'096; ///< 16 MB
constexpr auto LogLimit = "8388608"; ///< bytes of the write-ahead log that stay on the disk

constexpr auto Insert =
    "INSERT OR IGNORE INTO recorded_body (request_id, time_ms, key, user, request_type, "
    "request_bytes, answer_type, answer_bytes, request, answer) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Of what clients send: bytes that are no UTF-8 would be no text for whoever reads it.
QByteArray asText(const QByteArray &text)
{
    return text.isValidUtf8() ? text : QString::fromUtf8(text).toUtf8();
}

/// The size of a text without the beginning of a character that a cut has left at its end.
qsizetype wholeCharacters(const QByteArray &text)
{
    constexpr qsizetype longest = 4; // bytes of a character
    const auto byteAt = [&text](qsizetype at) { return static_cast<uchar>(text[at]); };
    for (qsizetype back = 1; back <= std::min(longest, text.size()); ++back) {
        const uchar byte = byteAt(text.size() - back);
        if ((byte & 0xC0U) == 0x80U)
            continue; // in the middle of one
        const qsizetype wanted = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return wanted > back ? text.size() - back : text.size();
    }
    return text.size();
}

/// A text where it is one, so that SQL can look into it.
void bindBody(Statement &statement, int place, const RecordedBody &body)
{
    const QByteArrayView whole(
        body.bytes.constData(), body.isCut() ? wholeCharacters(body.bytes) : body.bytes.size());
    if (whole.isValidUtf8() && !whole.contains('\0'))
        statement.bindText(place, whole, Statement::Lifetime::Static);
    else
        statement.bindBlob(place, body.bytes, Statement::Lifetime::Static);
}

} // namespace

BodyFile::BodyFile(QString path, const Clock &clock) : m_path(std::move(path)), m_clock(clock) { }

Result<void> BodyFile::open()
{
    Database::Options options;
    options.givesSpaceBack = true;
    auto database = Database::open(m_path, options);
    if (!database)
        return abandon(database.error());
    m_database = std::move(*database);
    if (const auto prepared = prepare(); !prepared)
        return abandon(prepared.error());
    return {};
}

Result<void> BodyFile::prepare()
{
    if (auto migrated = bodyschema::migrate(m_database); !migrated)
        return migrated;
    auto statement = m_database.prepare(Insert);
    if (!statement)
        return statement.error();
    m_insert = std::move(*statement);
    // What is removed leaves no traces behind.
    return m_database.execute(
        QByteArray("PRAGMA secure_delete = ON; PRAGMA journal_size_limit = ") + LogLimit);
}

void BodyFile::close()
{
    m_insert.reset();
    m_database.close();
}

Result<void> BodyFile::abandon(const Error &error)
{
    close();
    return sqlite::putAsideIfBroken(error, m_path, m_clock.wall(), "a new file of bodies");
}

Result<void> BodyFile::write(const std::vector<insight::RecordedBodies> &bodies)
{
    const auto done = m_database.transaction([&]() -> Result<void> {
        for (const insight::RecordedBodies &each : bodies) {
            if (auto inserted = insert(each); !inserted)
                return inserted;
        }
        return {};
    });
    return done ? done : abandon(done.error());
}

Result<void> BodyFile::insert(const insight::RecordedBodies &bodies)
{
    m_insert->bindText(1, bodies.requestId);
    m_insert->bind(2, static_cast<qint64>(bodies.at.count()));
    m_insert->bindText(3, asText(bodies.key));
    m_insert->bindText(4, asText(bodies.user));
    m_insert->bindText(5, asText(bodies.request.type));
    m_insert->bind(6, bodies.request.size);
    bindBody(*m_insert, 9, bodies.request);
    if (bodies.answer) {
        m_insert->bindText(7, asText(bodies.answer->type));
        m_insert->bind(8, bodies.answer->size);
        bindBody(*m_insert, 10, *bodies.answer);
    } else {
        for (const int place : {7, 8, 10})
            m_insert->bindNull(place);
    }
    return m_insert->run();
}

Result<bool> BodyFile::clean(std::chrono::milliseconds age)
{
    bool isMore = false;
    if (age > std::chrono::milliseconds::zero()) {
        const auto done = m_database.transaction([&]() -> Result<void> {
            const auto removed = remove(static_cast<qint64>((m_clock.wall() - age).count()));
            if (!removed)
                return removed.error();
            isMore = *removed;
            return {};
        });
        if (!done)
            return abandon(done.error()).error();
    }
    const auto hasMorePages = giveSpaceBack(m_database);
    if (!hasMorePages)
        return abandon(hasMorePages.error()).error();
    return isMore || *hasMorePages;
}

/// The oldest ones: some thousand small ones, or a few large ones.
Result<bool> BodyFile::remove(qint64 before)
{
    auto oldest = m_database.prepare(
        "SELECT id, time_ms, request_bytes, coalesce(answer_bytes, 0) FROM recorded_body "
        "WHERE time_ms < ? ORDER BY time_ms, id LIMIT ?");
    if (!oldest)
        return oldest.error();
    oldest->bind(1, before);
    oldest->bind(2, static_cast<qint64>(RowsRemovedAtOnce));
    qint64 lastId = 0;
    qint64 lastTime = 0;
    qint64 rows = 0;
    for (qint64 bytes = 0; bytes < BytesRemovedAtOnce; ++rows) {
        const auto row = oldest->step();
        if (!row)
            return row.error();
        if (!*row)
            break;
        lastId = oldest->number(0);
        lastTime = oldest->number(1);
        for (const int column : {2, 3})
            bytes += std::min<qint64>(oldest->number(column), insight::MostKeptBytes);
    }
    oldest->reset();
    if (rows == 0)
        return false;
    auto remove = m_database.prepare("DELETE FROM recorded_body WHERE (time_ms, id) <= (?, ?)");
    if (!remove)
        return remove.error();
    remove->bind(1, lastTime);
    remove->bind(2, lastId);
    if (const auto done = remove->run(); !done)
        return done.error();
    return true; // whether that were all is seen the next time
}

Result<bool> giveSpaceBack(Database &database)
{
    const auto pages = database.number("PRAGMA freelist_count");
    if (!pages || *pages == 0)
        return pages ? Result<bool>(false) : Result<bool>(pages.error());
    if (const auto done = database.execute(
            "PRAGMA incremental_vacuum(" + QByteArray::number(PagesGivenBackAtOnce) + ')');
        !done)
        return done.error();
    // One that was made without this keeps its pages: it is not asked again and again.
    const auto left = database.number("PRAGMA freelist_count");
    if (!left)
        return left.error();
    return *left > 0 && *left < *pages;
}

} // namespace sluice::stores
