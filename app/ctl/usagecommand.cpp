// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl usage: sums of the recorded requests.
#include "app/ctl/command.h"
#include "app/ctl/rowprinter.h"

#include "core/base/duration.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QDateTime>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;
using stores::UsageQuery;

namespace {

/// "24h" (ago), "2026-01-31" or "2026-01-31T12:00:00Z"; UTC where no zone is written.
Result<milliseconds> readTime(const QString &option, const QString &text)
{
    if (const auto ago = parseDuration(text)) {
        const milliseconds now(QDateTime::currentMSecsSinceEpoch());
        return now - std::chrono::floor<milliseconds>(*ago);
    }
    QDateTime time = QDateTime::fromString(text, Qt::ISODate);
    if (!time.isValid())
        return Error{ErrorCode::Invalid,
            u"--%1 is how long ago, like 24h, or a time, like 2026-01-31T12:00:00Z"_s.arg(option),
            {}};
    if (time.timeSpec() == Qt::LocalTime)
        time.setTimeSpec(Qt::UTC);
    return milliseconds(time.toMSecsSinceEpoch());
}

Result<std::optional<milliseconds>> readTime(
    const QCommandLineParser &parser, const QString &option)
{
    if (!parser.isSet(option))
        return std::optional<milliseconds>();
    const auto time = readTime(option, parser.value(option));
    if (!time)
        return time.error();
    return std::optional(*time);
}

Result<UsageQuery> readQuery(const QCommandLineParser &parser)
{
    UsageQuery query;
    query.by = parser.value(u"by"_s).split(u',', Qt::SkipEmptyParts);
    for (const QString &text : parser.values(u"where"_s)) {
        const qsizetype equals = text.indexOf(u'=');
        if (equals <= 0)
            return Error{ErrorCode::Invalid, u"--where is FIELD=VALUE, like key=ci"_s, {}};
        query.where.push_back({text.left(equals), text.sliced(equals + 1)});
    }
    const auto since = readTime(parser, u"since"_s);
    if (!since)
        return since.error();
    const auto until = readTime(parser, u"until"_s);
    if (!until)
        return until.error();
    query.since = *since;
    query.until = *until;
    if (parser.isSet(u"per"_s)) {
        query.bucket = stores::usageBucket(parser.value(u"per"_s));
        if (!query.bucket)
            return Error{ErrorCode::Invalid, u"--per is minute, hour, day, week or month"_s, {}};
    }
    if (const auto good = stores::check(query); !good)
        return good.error();
    return query;
}

int print(const UsageQuery &query, const stores::LedgerPlace &place, RowFormat format)
{
    const auto reader = stores::LedgerReader::open(place);
    if (!reader)
        return fail(reader.error());
    const auto table = (*reader)->usage(query);
    if (!table)
        return fail(table.error());
    printRows(*table, format);
    for (const QString &sentence : table->notes)
        printError(sentence);
    if (table->source != "rows"_L1)
        return Success;
    printError(u"no sums have these fields together: every row of the time was read"_s);
    if (const auto lost = (*reader)->lost(query); lost && *lost > 0)
        printError(u"%1 more requests of this time came too fast to be recorded"_s.arg(*lost));
    return Success;
}

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Sums up the recorded requests that were identified, refused ones too. Works while a "
        u"gateway runs; what was answered in the last moment may be missing."_s);
    parser.addOption({u"by"_s,
        u"One row for each of: key, owner, team, user, provider, model, router, status, "
        u"property:NAME; several with commas. Without it: one row."_s,
        u"FIELDS"_s});
    parser.addOption({u"per"_s,
        u"One row for each minute, hour, day, week or month (UTC); the first column is its "
        u"beginning."_s,
        u"TIME"_s});
    parser.addOption({u"since"_s,
        u"Only requests since then: 24h (ago), 2026-01-31 or 2026-01-31T12:00:00Z."_s, u"TIME"_s});
    parser.addOption({u"until"_s, u"Only requests before then."_s, u"TIME"_s});
    parser.addOption({u"where"_s,
        u"Only requests with this value, like key=ci. May be repeated: of one field any, of "
        u"different fields all must hold."_s,
        u"FIELD=VALUE"_s});
    parser.addOption({u"format"_s, u"table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    addFolderOptions(parser);
}

} // namespace

int runUsage(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const auto format = rowFormat(parser.value(u"format"_s));
    if (!format || !parser.positionalArguments().isEmpty()) {
        printError(u"usage takes options only, and --format table, json, jsonl or csv"_s);
        return Usage;
    }
    const auto query = readQuery(parser);
    if (!query) {
        printError(query.error().message);
        return Usage;
    }
    const auto place = ledgerPlace(parser);
    return place ? print(*query, *place, *format) : fail(place.error());
}

} // namespace sluice::ctl
