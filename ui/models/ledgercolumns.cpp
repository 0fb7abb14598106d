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

} // namespace

const std::vector<LedgerColumn> &requestColumns()
{
    static const std::vector<LedgerColumn> all{
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
        {u"status"_s, tr("sent to the client; 0: it left before")},
        {u"outcome"_s, tr("completed, refused, rejected, upstream_failed, client_left")},
        {u"verdict"_s, tr("of the limits: admitted, limit_reached, blocked, …")},
        {u"binding_limit"_s, tr("that refused, else the one with the least left")},
        {u"stream"_s, tr("0 or 1")},
        {u"admitted"_s, tr("0 or 1")},
        {u"refused"_s, tr("0 or 1: by a limit or a block")},
        {u"error"_s, tr("0 or 1: the provider failed")},
        {u"duration_us"_s, tr("all of it, in microseconds")},
        {u"overhead_us"_s, tr("the gateway's own share, in microseconds")},
        {u"input_tokens"_s, tr("the cached ones included; null: unknown")},
        {u"cached_input_tokens"_s, tr("part of the input")},
        {u"cache_write_tokens"_s, tr("part of the input")},
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
    return all;
}

QStringList ledgerNames()
{
    QStringList names{u"requests"_s, u"lost_requests"_s, u"minute_ms"_s};
    for (const LedgerColumn &column : requestColumns())
        names.append(column.name);
    return names;
}

} // namespace sluice::ui
