// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerinsert.h"

#include "core/insight/jsontext.h"

namespace sluice::stores {

using insight::FinishedRow;
using sqlite::Statement;

namespace {

/// In the order of run().
constexpr QByteArrayView Columns =
    "id, time_ms, request_id, key, owner, team, user, properties, router, provider, model, method, "
    "path, status, outcome, verdict, binding_limit, stream, refused, error, duration_us, "
    "overhead_us, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, "
    "reasoning_tokens, input_source, output_source, micro_cents, unpriced, estimated, bytes, note, "
    "first_byte_us, "
    "retries, client, chain, cache_write_1h_tokens";

QByteArray insertStatement()
{
    const auto places = static_cast<int>(Columns.toByteArray().count(',')) + 1;
    QByteArray marks = QByteArray("?, ").repeated(places);
    marks.chop(2);
    return "INSERT INTO ledger (" + Columns.toByteArray() + ") VALUES (" + marks + ')';
}

} // namespace

void setPropertiesJson(std::span<const insight::RowProperty> properties, QByteArray &out)
{
    out.resize(0); // keeps its room
    out += '{';
    for (const insight::RowProperty &property : properties) {
        if (out.size() > 1)
            out += ',';
        insight::appendJsonText(out, property.name);
        out += ':';
        insight::appendJsonText(out, property.value);
    }
    out += '}';
}

LedgerInsert::LedgerInsert(Statement statement) : m_statement(std::move(statement)) { }

Result<LedgerInsert> LedgerInsert::prepare(sqlite::Database &database)
{
    auto statement = database.prepare(insertStatement());
    if (!statement)
        return statement.error();
    return LedgerInsert(std::move(*statement));
}

void LedgerInsert::text(QByteArrayView utf8)
{
    m_statement.bindText(++m_place, utf8, Statement::Lifetime::Static);
}

void LedgerInsert::number(qint64 value)
{
    m_statement.bind(++m_place, value);
}

void LedgerInsert::number(const std::optional<qint64> &value)
{
    m_statement.bind(++m_place, value);
}

Result<void> LedgerInsert::run(qint64 id, const FinishedRow &row)
{
    setPropertiesJson(row.properties, m_properties);
    m_place = 0;
    number(id);
    number(row.timeMs);
    for (const QByteArrayView value :
        {row.requestId, row.key, row.owner, row.team, row.user, QByteArrayView(m_properties),
            row.router, row.provider, row.model, row.method, row.path})
        text(value);
    number(row.status);
    for (const QByteArrayView value : {row.outcome, row.verdict, row.bindingLimit})
        text(value);
    for (const qint64 value : {qint64(row.isStream), qint64(row.isRefused), qint64(row.isError),
             row.durationUs, row.overheadUs})
        number(value);
    const metering::TokenUsage &tokens = row.tokens;
    for (const std::optional<qint64> &value :
        {tokens.input, tokens.cachedInput, tokens.cacheWrite, tokens.output, tokens.reasoning})
        number(value);
    text(row.inputSource);
    text(row.outputSource);
    number(row.cost);
    for (const qint64 value : {qint64(row.isUnpriced), qint64(row.isEstimated), row.bytes})
        number(value);
    text(row.note);
    number(row.firstByteUs);
    number(qint64(row.retries));
    text(row.client);
    text(row.chain);
    number(tokens.cacheWrite1h);
    return m_statement.run();
}

} // namespace sluice::stores
