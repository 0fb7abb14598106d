// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/ledgercolumns.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("LedgerColumns", text);
}

std::vector<LedgerColumn> requestColumns()
{
    return {
        {u"id"_s, tr("order of the end of the requests")},
        {u"time"_s, tr("of arrival, UTC: 2026-01-31T12:00:00.000Z")},
        {u"time_ms"_s, tr("the same in milliseconds since 1970; indexed")},
        {u"request_id"_s, tr("the helicone-id of the answer")},
        {u"key"_s, tr("name of the API key; empty: turned away before it was known")},
        {u"owner"_s, tr("of the key")},
        {u"team"_s, tr("of the key")},
        {u"user"_s, tr("end user")},
        {u"properties"_s, tr("JSON: json_extract(properties, '$.tenant')")},
        {u"router"_s, tr("\"unified\", or the provider of a direct request")},
        {u"provider"_s, tr("chosen to serve it")},
        {u"model"_s, tr("\"provider/model\"")},
        {u"method"_s, tr("of HTTP")},
        {u"path"_s, tr("without the query")},
        {u"client"_s, tr("address of the client")},
        {u"status"_s, tr("sent to the client; 0: it left before")},
        {u"outcome"_s, tr("completed, refused, rejected, upstream_failed, client_left")},
        {u"verdict"_s, tr("of the limits: admitted, limit_reached, blocked, …")},
        {u"binding_limit"_s, tr("that refused, else the one with the least left")},
        {u"chain"_s, tr("JSON: each limit that was asked, its value, what it said, the cost")},
        {u"retries"_s, tr("further attempts with the provider")},
        {u"stream"_s, tr("0 or 1")},
        {u"admitted"_s, tr("0 or 1")},
        {u"refused"_s, tr("0 or 1: by a limit or a block")},
        {u"error"_s, tr("0 or 1: the provider failed")},
        {u"duration_us"_s, tr("all of it, in microseconds")},
        {u"first_byte_us"_s, tr("until the first byte of the answer; null: there was none")},
        {u"overhead_us"_s, tr("the gateway's own share, in microseconds")},
        {u"input_tokens"_s, tr("the cached ones included; null: unknown")},
        {u"cached_input_tokens"_s, tr("part of the input")},
        {u"cache_write_tokens"_s, tr("part of the input")},
        {u"cache_write_1h_tokens"_s, tr("part of the cache writes")},
        {u"output_tokens"_s, tr("null: unknown")},
        {u"reasoning_tokens"_s, tr("part of the output")},
        {u"input_source"_s, tr("reported, counted, estimated")},
        {u"output_source"_s, tr("reported, counted, estimated")},
        {u"micro_cents"_s, tr("millionths of a cent; / 1e8 for dollars")},
        {u"unpriced"_s, tr("0 or 1: used tokens without a known price")},
        {u"estimated"_s, tr("0 or 1: has a figure that nobody reported")},
        {u"bytes"_s, tr("of the answer's body")},
        {u"note"_s, tr("one sentence for what was turned away or failed")},
    };
}

std::vector<LedgerColumn> timeColumns(const QString &what)
{
    return {{u"time"_s, tr("%1, UTC: 2026-01-31T12:00:00Z").arg(what)},
        {u"time_ms"_s, tr("the same in milliseconds since 1970")}};
}

std::vector<LedgerColumn> sumColumns()
{
    return {{u"requests"_s, tr("that were identified, refused ones too")},
        {u"admitted"_s, tr("let through to a provider")},
        {u"refused"_s, tr("by a limit or a block")}, {u"errors"_s, tr("of the provider")},
        {u"input_tokens"_s, tr("the cached ones included")},
        {u"cached_input_tokens"_s, tr("part of the input")},
        {u"cache_write_tokens"_s, tr("part of the input")}, {u"output_tokens"_s, {}},
        {u"reasoning_tokens"_s, tr("part of the output")},
        {u"micro_cents"_s, tr("millionths of a cent; / 1e8 for dollars")},
        {u"unpriced_requests"_s, tr("used tokens without a known price")},
        {u"estimated_requests"_s, tr("have a figure that nobody reported")}};
}

/// A view of sums: time, what they are of, the sums.
LedgerView sumsOf(const QString &name, const QString &what, const QStringList &fields)
{
    LedgerView view{name, timeColumns(what)};
    for (const QString &field : fields)
        view.columns.push_back({field, {}});
    for (const LedgerColumn &column : sumColumns())
        view.columns.push_back(column);
    return view;
}

LedgerView auditView()
{
    LedgerView view{u"audit"_s, timeColumns(tr("of the change"))};
    for (const LedgerColumn &column :
        std::vector<LedgerColumn>{{u"actor"_s, tr("who changed something")},
            {u"action"_s, tr("what was done")}, {u"subject"_s, tr("to which limit, key or file")},
            {u"value"_s, tr("of the limit: whose counter")}, {u"before"_s, {}}, {u"after"_s, {}}})
        view.columns.push_back(column);
    return view;
}

LedgerView bodiesView()
{
    return {u"bodies"_s,
        {{u"request_id"_s, tr("the helicone-id; only if recording.bodies keeps bodies")},
            {u"time"_s, tr("of arrival, UTC: 2026-01-31T12:00:00.000Z")},
            {u"time_ms"_s, tr("the same in milliseconds since 1970; indexed")},
            {u"key"_s, tr("name of the API key")}, {u"user"_s, tr("end user")},
            {u"request_type"_s, tr("content-type")},
            {u"request"_s, tr("its body, 256 KiB at most; text where it is UTF-8")},
            {u"request_bytes"_s, tr("of the whole body")},
            {u"answer_type"_s, tr("content-type; null: nothing of an answer went out")},
            {u"answer"_s, tr("its body, 256 KiB at most; text where it is UTF-8")},
            {u"answer_bytes"_s, tr("of the whole body")}}};
}

} // namespace

const std::vector<LedgerView> &ledgerViews()
{
    static const QStringList common{
        u"key"_s, u"owner"_s, u"team"_s, u"router"_s, u"provider"_s, u"model"_s, u"status"_s};
    static const std::vector<LedgerView> all{{u"requests"_s, requestColumns()},
        sumsOf(u"usage_hourly"_s, tr("of the hour"), common),
        sumsOf(u"usage_daily"_s, tr("of the day"), common),
        sumsOf(u"usage_hourly_by_user"_s, tr("of the hour"), {u"user"_s}),
        sumsOf(u"usage_hourly_by_property"_s, tr("of the hour"), {u"property"_s, u"value"_s}),
        auditView(), bodiesView(),
        {u"lost_requests"_s,
            {{u"minute_ms"_s, tr("of the minute, in milliseconds since 1970")},
                {u"requests"_s, tr("that came too fast to be recorded")}}}};
    return all;
}

QStringList ledgerNames()
{
    QStringList names;
    for (const LedgerView &view : ledgerViews()) {
        names.append(view.name);
        for (const LedgerColumn &column : view.columns)
            names.append(column.name);
    }
    names.removeDuplicates();
    return names;
}

} // namespace sluice::ui
