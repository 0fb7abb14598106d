// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/postgresledger.h"

#include "core/base/logging.h"
#include "core/stores/ledger/ledgerfile.h"
#include "core/stores/ledger/ledgerinsert.h"
#include "core/stores/ledger/postgres/ledgertables.h"
#include "core/stores/ledger/postgres/ledgertexts.h"

#include <QFileInfo>

#include <array>

#include <libpq-fe.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using insight::FinishedRow;
using std::chrono::milliseconds;

namespace {

constexpr int MostTries = 5; ///< of one batch, before it waits for its next time
constexpr int RowsRemovedAtOnce = 5'000;
constexpr milliseconds WantInterval{3'600'000};
constexpr milliseconds CleanFileInterval{3'600'000};

const QByteArray Schema = QByteArray(ledgertables::SchemaName) + '.';

/// In the order of addRow().
constexpr QByteArrayView Columns =
    "time_ms, request_id, key, owner, team, \"user\", properties, router, provider, model, method, "
    "path, client, status, outcome, verdict, binding_limit, chain, retries, stream, refused, "
    "error, duration_us, first_byte_us, overhead_us, input_tokens, cached_input_tokens, "
    "cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, input_source, "
    "output_source, micro_cents, unpriced, estimated, bytes, note";

/// Whatever the server's and the role's defaults are. A gateway that stops in the middle of a
/// transaction, or is cut off, holds nobody up for long.
QByteArray settings(milliseconds timeout)
{
    return "SET statement_timeout = " + QByteArray::number(static_cast<qint64>(timeout.count()))
        + "; SET idle_in_transaction_session_timeout = '20s'"
          "; SET default_transaction_isolation = 'read committed'"
          "; SET default_transaction_read_only = off; SET search_path = pg_catalog"
          "; SET standard_conforming_strings = on; SET jit = off"
          "; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5"
          "; SET tcp_keepalives_count = 3";
}

void addRow(CopyLines &lines, const FinishedRow &row, QByteArray &properties)
{
    lines.add(row.timeMs);
    setPropertiesJson(row.properties, properties);
    properties = storableJson(properties);
    for (const QByteArrayView text :
        {row.requestId, row.key, row.owner, row.team, row.user, QByteArrayView(properties),
            row.router, row.provider, row.model, row.method, row.path, row.client})
        lines.add(text);
    lines.add(qint64(row.status));
    for (const QByteArrayView text : {row.outcome, row.verdict, row.bindingLimit})
        lines.add(text);
    lines.add(QByteArrayView(storableJson(row.chain)));
    for (const qint64 number : {qint64(row.retries), qint64(row.isStream), qint64(row.isRefused),
             qint64(row.isError), row.durationUs})
        lines.add(number);
    lines.add(row.firstByteUs);
    lines.add(row.overheadUs);
    const metering::TokenUsage &tokens = row.tokens;
    for (const std::optional<qint64> &number : {tokens.input, tokens.cachedInput, tokens.cacheWrite,
             tokens.cacheWrite1h, tokens.output, tokens.reasoning})
        lines.add(number);
    lines.add(row.inputSource);
    lines.add(row.outputSource);
    lines.add(row.cost);
    for (const qint64 number : {qint64(row.isUnpriced), qint64(row.isEstimated), row.bytes})
        lines.add(number);
    lines.add(row.note);
    lines.endLine();
}

CopyLines linesOf(const std::vector<insight::FinishedRequests> &requests)
{
    CopyLines lines;
    QByteArray properties;
    for (const insight::FinishedRequests &rows : requests) {
        for (const FinishedRow &row : *rows) {
            if (row.isKept)
                addRow(lines, row, properties);
        }
    }
    return lines;
}

/// The call of add_sums() with everything in the book.
QByteArray sumsStatement(RollupBook &book)
{
    SqlArray hours;
    SqlArray kinds;
    std::array<SqlArray, 8> names;
    SqlArray statuses;
    std::array<SqlArray, UsageSumNames.size()> sums;
    for (const RollupBook::Entry &entry : book.entries()) {
        const RollupGroup &group = *entry.group;
        hours.add(entry.hour);
        kinds.add(static_cast<qint64>(group.kind));
        const std::array<QByteArrayView, 8> texts{group.property, group.value, group.key,
            group.owner, group.team, group.router, group.provider, group.model};
        for (size_t i = 0; i < names.size(); ++i)
            names[i].add(texts[i]);
        statuses.add(group.status);
        for (size_t i = 0; i < sums.size(); ++i)
            sums[i].add(entry.sums.values[i]);
    }
    QByteArrayList parameters{hours.literal(), kinds.literal()};
    for (const SqlArray &name : names)
        parameters.append(name.literal());
    parameters.append(statuses.literal());
    for (const SqlArray &sum : sums)
        parameters.append(sum.literal());
    return "SELECT " + Schema + "add_sums(" + parameters.join(", ") + ");\n";
}

QByteArray lostStatement(const RequestsByMinute &lost)
{
    SqlArray minutes;
    SqlArray counts;
    for (const auto &[minute, requests] : lost) {
        minutes.add(minute);
        counts.add(requests);
    }
    return "SELECT " + Schema + "add_lost(" + minutes.literal() + ", " + counts.literal() + ");\n";
}

SqlArray arrayOf(const QByteArrayList &texts)
{
    SqlArray array;
    for (const QByteArray &text : texts)
        array.add(text);
    return array;
}

} // namespace

PostgresLedger::PostgresLedger(const LedgerPlace &place, const Clock &clock, const Options &options)
    : m_path(place.path), m_clock(clock), m_options(options), m_audit(place.path)
{
    auto address = ledgertables::placeOf(place.url);
    if (address)
        m_link = std::make_unique<PostgresLink>(std::move(*address));
    else
        m_problem = address.error().message;
}

PostgresLedger::~PostgresLedger() = default;

bool PostgresLedger::isOpen() const
{
    return m_link && m_link->isOpen();
}

void PostgresLedger::allowTime()
{
    m_link->allow(QDeadlineTimer(m_options.timeout));
}

qint64 PostgresLedger::now() const
{
    return static_cast<qint64>(m_clock.wall().count());
}

Error PostgresLedger::abandon(const Error &error)
{
    close();
    return error;
}

Result<void> PostgresLedger::open()
{
    if (!m_link)
        return Error{ErrorCode::Refused, m_problem, {}};
    allowTime();
    if (const auto opened = m_link->open(settings(m_options.timeout)); !opened)
        return abandon(opened.error());
    if (const auto migrated = ledgertables::migrate(*m_link); !migrated)
        return abandon(migrated.error());
    m_audit.forgetWhatIsCopied();
    return wantProperties();
}

void PostgresLedger::close()
{
    if (m_link)
        m_link->close();
}

void PostgresLedger::hurry(milliseconds most)
{
    if (m_link)
        m_link->hurry(most);
}

Result<void> PostgresLedger::setProperties(const QByteArrayList &names)
{
    m_wanted = names;
    if (!isOpen())
        return {};
    allowTime();
    return wantProperties();
}

/// Says what this gateway sums up, and hears what all do.
Result<void> PostgresLedger::wantProperties()
{
    const QByteArray names = arrayOf(m_wanted.value_or(QByteArrayList())).literal();
    const auto answer = m_link->run("SELECT unnest(" + Schema + "want_properties(" + names + ", "
        + QByteArray::number(now()) + "))");
    if (!answer)
        return abandon(answer.error());
    m_properties.clear();
    for (int i = 0; i < PQntuples(answer->get()); ++i)
        m_properties.append(PQgetvalue(answer->get(), i, 0));
    m_wantedAt = now();
    return {};
}

/// Those that nobody wants any more are forgotten.
Result<void> PostgresLedger::wantPropertiesStill()
{
    allowTime();
    const bool isSaid = now() - m_wantedAt < static_cast<qint64>(WantInterval.count());
    return isSaid ? Result<void>() : wantProperties();
}

// --- batches -------------------------------------------------------------------------------------

Result<void> PostgresLedger::write(const LedgerBatch &batch)
{
    allowTime();
    for (int tries = 1;; ++tries) {
        const auto written = tryToWrite(batch);
        if (!written)
            return abandon(written.error());
        if (*written == Written::Done)
            return {};
        if (tries == MostTries)
            return abandon({ErrorCode::Busy,
                u"PostgreSQL at %1 lets others write first again and again"_s.arg(
                    m_link->place().address.where()),
                {}});
    }
}

Result<PostgresLedger::Written> PostgresLedger::tryToWrite(const LedgerBatch &batch)
{
    const CopyLines lines = linesOf(batch.requests);
    const auto done = m_link->run(statementOf(batch, !lines.text().isEmpty()), lines.text());
    if (done)
        return Written::Done;
    const QByteArray state = m_link->state();
    const bool isThereAlready = state == "SL002";
    const bool hasOtherProperties = state == "SL001";
    const bool isInTheWay = state == "40001" || state == "40P01"; // of another gateway
    if (!m_link->isOpen() || !(isThereAlready || hasOtherProperties || isInTheWay))
        return done.error();
    if (const auto ended = m_link->run("ROLLBACK"); !ended)
        return ended.error();
    if (isThereAlready)
        return Written::Done; // the answer to the last try was lost
    if (hasOtherProperties) {
        if (const auto told = wantProperties(); !told)
            return told.error();
    }
    return Written::Again;
}

/// All of it is one message: the server has it at once, and works it off without us.
QByteArray PostgresLedger::statementOf(const LedgerBatch &batch, bool hasRows) const
{
    RollupBook book;
    book.setProperties(m_properties);
    book.add(batch.sums);
    for (const insight::FinishedRequests &rows : batch.requests) {
        for (const FinishedRow &row : *rows)
            book.add(row);
    }
    const QByteArray time = QByteArray::number(now());
    QByteArray sql = "BEGIN;\nSELECT " + Schema + "begin_batch('" + batch.id + "', " + time + ", "
        + arrayOf(m_properties).literal() + ");\n";
    if (hasRows)
        sql += "COPY " + Schema + "ledger (" + Columns.toByteArray() + ") FROM STDIN;\n";
    if (book.size() > 0)
        sql += sumsStatement(book);
    if (batch.sums.size() > 0)
        sql += "SELECT " + Schema + "break_properties(" + arrayOf(batch.sums.properties()).literal()
            + ", " + time + ");\n";
    if (!batch.lost.empty())
        sql += lostStatement(batch.lost);
    return sql + "COMMIT";
}

// --- the rest ------------------------------------------------------------------------------------

Result<bool> PostgresLedger::rollUp()
{
    if (const auto told = wantPropertiesStill(); !told)
        return told.error();
    const auto isMore = m_audit.copy(*m_link);
    if (!isMore)
        return abandon(isMore.error());
    return *isMore;
}

Result<bool> PostgresLedger::clean(const LedgerAges &ages)
{
    const auto before = [this](milliseconds age) -> QByteArray {
        const bool isForEver = age <= milliseconds::zero();
        return QByteArray::number(isForEver ? 0 : now() - static_cast<qint64>(age.count()));
    };
    if (const auto told = wantPropertiesStill(); !told)
        return told.error();
    const auto answer = m_link->run("SELECT " + Schema + "clean(" + before(ages.rows) + ", "
        + before(ages.hourly) + ", " + before(ages.daily) + ", " + QByteArray::number(now()) + ", "
        + QByteArray::number(RowsRemovedAtOnce) + ')');
    if (!answer) {
        if (m_link->isOpen() && m_link->state().startsWith("40"))
            return true; // somebody was in the way
        return abandon(answer.error());
    }
    const bool isMore = PQntuples(answer->get()) == 1 && *PQgetvalue(answer->get(), 0, 0) == 't';
    return isMore || cleanFile(ages);
}

/// True: there is more.
bool PostgresLedger::cleanFile(const LedgerAges &ages)
{
    if (!m_cleanFileAt.hasExpired() || !QFileInfo::exists(m_path))
        return false;
    LedgerFile file(m_path, m_clock);
    Result<void> opened = file.open();
    Result<bool> isMore = opened ? file.rollUp() : Result<bool>(opened.error());
    if (isMore && !*isMore)
        isMore = file.clean(ages);
    if (!isMore)
        qCWarning(lcLedger, "the ledger of the data directory is not cleaned: %ls",
            qUtf16Printable(isMore.error().message));
    if (isMore && *isMore)
        return true;
    m_cleanFileAt.setRemainingTime(CleanFileInterval);
    return false;
}

} // namespace sluice::stores
