// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/postgresledgerreader.h"

#include "core/stores/ledger/postgres/foreignsql.h"
#include "core/stores/ledger/postgres/ledgertables.h"
#include "core/stores/ledger/usageanswer.h"

#include <QVariant>

#include <algorithm>
#include <array>
#include <limits>

#include <libpq-fe.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds LongestConnecting{8'000};
constexpr qint64 ServerSlack = 1'000; ///< milliseconds: our own sentence comes first

/// Types of the server, from its catalogue.
enum Oid : quint32 {
    Bool = 16,
    Bytea = 17,
    Int8 = 20,
    Int2 = 21,
    Int4 = 23,
    OidType = 26,
    Float4 = 700,
    Float8 = 701,
    Numeric = 1700
};

/// A whole number that is too large for 64 bits stops at the largest one.
qint64 wholeNumber(const char *text)
{
    bool isGood = false;
    const QByteArray digits = QByteArray::fromRawData(text, qsizetype(qstrlen(text)));
    const qint64 number = digits.toLongLong(&isGood);
    if (isGood || digits.isEmpty())
        return number;
    return digits.startsWith('-') ? std::numeric_limits<qint64>::min()
                                  : std::numeric_limits<qint64>::max();
}

/// Hexadecimal digits behind two letters, as settings() wants them.
QVariant bytesOf(const char *text)
{
    return QByteArray::fromHex(QByteArray(text).mid(2));
}

QVariant numericOf(const QByteArray &text)
{
    bool isWhole = false;
    const qint64 number = text.toLongLong(&isWhole);
    return isWhole ? QVariant(number) : QVariant(text.toDouble());
}

QVariant valueOf(const PGresult &row, int column)
{
    if (PQgetisnull(&row, 0, column) != 0)
        return {};
    const char *text = PQgetvalue(&row, 0, column);
    switch (PQftype(&row, column)) {
    case Bool:
        return qint64(*text == 't');
    case Int2:
    case Int4:
    case Int8:
    case OidType:
        return wholeNumber(text);
    case Float4:
    case Float8:
        return QByteArray(text).toDouble();
    case Numeric:
        return numericOf(text);
    case Bytea:
        return bytesOf(text);
    default:
        return QString::fromUtf8(text);
    }
}

class Row final : public UsageRow
{
public:
    const PGresult *result = nullptr;

    [[nodiscard]] qint64 number(int column) const override
    {
        return wholeNumber(PQgetvalue(result, 0, column));
    }

    [[nodiscard]] QByteArrayView text(int column) const override
    {
        return {PQgetvalue(result, 0, column), PQgetlength(result, 0, column)};
    }
};

/// `?` as the server wants it: $1, $2. There is none in a text of ours.
QByteArray numbered(const QByteArray &sql)
{
    QByteArray all;
    int place = 0;
    for (const char c : sql) {
        if (c == '?')
            all += '$' + QByteArray::number(++place);
        else
            all += c;
    }
    return all;
}

/// A connection that is closed ends what it has asked for, as soon as the server looks.
QByteArray settings()
{
    return "SET default_transaction_read_only = on; SET search_path = pg_catalog"
           "; SET standard_conforming_strings = on; SET bytea_output = hex; SET TimeZone = 'UTC'"
           "; SET idle_in_transaction_session_timeout = '60s'"
           "; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5"
           "; SET tcp_keepalives_count = 3"
           "; SELECT set_config(name, '500', false) FROM pg_settings"
           " WHERE name = 'client_connection_check_interval'";
}

} // namespace

Result<std::unique_ptr<LedgerReader>> PostgresLedgerReader::open(const QString &url)
{
    auto place = ledgertables::placeOf(url);
    if (!place)
        return place.error();
    return std::unique_ptr<LedgerReader>(new PostgresLedgerReader(std::move(*place)));
}

void PostgresLedgerReader::limitTo(const ReadLimits &limits)
{
    m_isInterrupted = false;
    m_deadline = limits.maxTime > milliseconds::zero() ? QDeadlineTimer(limits.maxTime)
                                                       : QDeadlineTimer(QDeadlineTimer::Forever);
    m_progress = limits.progress;
    m_rows = 0;
}

bool PostgresLedgerReader::goesOn()
{
    if (m_progress)
        m_progress(m_rows);
    return !m_isInterrupted;
}

Error PostgresLedgerReader::explained(const Error &error, const ReadLimits &limits) const
{
    if (m_isInterrupted)
        return takenBack();
    const QByteArray &state = m_link.state();
    const bool isOurs = state.isEmpty();
    // The link counts in milliseconds.
    const bool isOver = m_deadline.deadline() <= QDeadlineTimer::current().deadline();
    if (isOurs && error.code == ErrorCode::Timeout && isOver)
        return tooSlow(limits);
    if (isOurs || error.code != ErrorCode::Io)
        return error;
    if (state == "57014")
        return tooSlow(limits);
    if (state == "25006")
        return onlyReading();
    for (const char *kind : {"08", "28", "53", "57", "58", "XX", "42501"}) { // of the server
        if (state.startsWith(kind))
            return error;
    }
    return {ErrorCode::Invalid, u"PostgreSQL does not understand it: "_s + m_link.words(), {}};
}

// --- connecting ----------------------------------------------------------------------------------

Result<void> PostgresLedgerReader::connect()
{
    if (m_link.isOpen())
        return {};
    m_link.allow(
        std::min(m_deadline, QDeadlineTimer(LongestConnecting)), [this] { return goesOn(); });
    if (auto opened = m_link.open(settings()); !opened)
        return opened;
    const auto version = ledgertables::version(m_link);
    if (!version) {
        m_link.close();
        return version.error();
    }
    if (*version == ledgertables::Version)
        return {};
    m_link.close();
    return Error{ErrorCode::NotFound,
        u"PostgreSQL at %1 has no ledger, or an older one that a gateway brings up to date at its "
        u"start: nothing has been recorded there"_s.arg(m_link.place().address.where()),
        {}};
}

/// One state of the ledger, that nothing in the same transaction can change: it may not write, and
/// once it has read it cannot be allowed to.
Result<void> PostgresLedgerReader::openSnapshot()
{
    if (auto connected = connect(); !connected)
        return connected;
    m_link.allow(m_deadline, [this] { return goesOn(); });
    const QByteArray schema = ledgertables::SchemaName;
    const qint64 left = m_deadline.isForever() ? 0 : m_deadline.remainingTime() + ServerSlack;
    const auto begun = m_link.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                  "; SET LOCAL search_path = "
        + schema + "; SET LOCAL statement_timeout = " + QByteArray::number(left)
        + "; SELECT version FROM meta");
    return begun ? Result<void>() : begun.error();
}

Result<void> PostgresLedgerReader::begin()
{
    return openSnapshot();
}

Result<void> PostgresLedgerReader::end()
{
    if (!m_link.isOpen())
        return {};
    const auto ended = m_link.run("ROLLBACK");
    return ended ? Result<void>() : ended.error();
}

// --- usage ---------------------------------------------------------------------------------------

Result<void> PostgresLedgerReader::each(const QByteArray &sql, const QStringList &values,
    const std::function<void(const UsageRow &)> &row)
{
    if (auto started = m_link.start(numbered(sql), values); !started)
        return started;
    Row seen;
    for (;;) {
        const auto answer = m_link.next();
        if (!answer)
            return answer.error();
        if (!*answer)
            return {};
        if (PQresultStatus(answer->get()) != PGRES_SINGLE_TUPLE)
            continue;
        seen.result = answer->get();
        row(seen);
    }
}

Result<qint64> PostgresLedgerReader::summedTo()
{
    return std::numeric_limits<qint64>::max(); // rows and their sums come in one transaction
}

QByteArray PostgresLedgerReader::propertyField(const QString &name, QStringList &values) const
{
    values.append(name);
    return "coalesce(properties::json ->> CAST(? AS text), '')";
}

Result<Table> PostgresLedgerReader::usage(const UsageQuery &query, const ReadLimits &limits)
{
    if (const auto good = check(query); !good)
        return good.error();
    limitTo(limits);
    auto table = UsageAnswer(*this, query).find();
    if (!table) {
        m_link.close(); // whatever is left of it
        return explained(table.error(), limits);
    }
    if (static_cast<qint64>(table->rows.size()) > limits.maxRows) {
        table->rows.resize(static_cast<size_t>(limits.maxRows));
        table->isCut = true;
    }
    return table;
}

Result<qint64> PostgresLedgerReader::lost(const UsageQuery &query)
{
    constexpr qint64 minute = 60'000;
    const ReadLimits limits;
    limitTo(limits);
    if (const auto begun = openSnapshot(); !begun)
        return explained(begun.error(), limits);
    QByteArray sql = "SELECT coalesce(sum(requests), 0) FROM lost_requests WHERE true";
    if (query.since)
        sql += " AND minute_ms > "
            + QByteArray::number(static_cast<qint64>(query.since->count()) - minute);
    if (query.until)
        sql += " AND minute_ms < " + QByteArray::number(static_cast<qint64>(query.until->count()));
    const auto sum = number(sql);
    if (!sum) {
        m_link.close();
        return explained(sum.error(), limits);
    }
    if (const auto ended = end(); !ended)
        return explained(ended.error(), limits);
    return *sum;
}

// --- statements of strangers ---------------------------------------------------------------------

Result<Table> PostgresLedgerReader::select(const QString &sql, const ReadLimits &limits)
{
    if (!isQuestion(sql))
        return onlyReading();
    if (const auto refusal = foreignsql::refusal(sql))
        return Error{ErrorCode::Refused, *refusal, {}};
    limitTo(limits);
    if (const auto begun = openSnapshot(); !begun)
        return explained(begun.error(), limits);
    if (const auto started = m_link.start(sql.toUtf8(), {}); !started)
        return explained(started.error(), limits);
    auto table = fetch(limits);
    // Nobody knows what a statement that was not read to its end has set.
    if (!table || table->isCut)
        m_link.close();
    else if (const auto ended = end(); !ended)
        return explained(ended.error(), limits);
    return table;
}

Result<Table> PostgresLedgerReader::fetch(const ReadLimits &limits)
{
    Table table;
    for (qint64 size = 0;;) {
        const auto answer = m_link.next();
        if (!answer)
            return explained(answer.error(), limits);
        if (!*answer)
            return table;
        const PGresult &result = **answer;
        const int width = PQnfields(&result);
        for (int i = static_cast<int>(table.columns.size()); i < width; ++i)
            table.columns.append(QString::fromUtf8(PQfname(&result, i)));
        if (PQresultStatus(&result) != PGRES_SINGLE_TUPLE)
            continue;
        if (m_rows == limits.maxRows || size > LargestAnswer) {
            table.isCut = true;
            return table;
        }
        QVariantList row;
        for (int i = 0; i < width; ++i) {
            row.append(valueOf(result, i));
            size += PQgetlength(&result, 0, i);
        }
        table.rows.push_back(std::move(row));
        ++m_rows;
    }
}

} // namespace sluice::stores
