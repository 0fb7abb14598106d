// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/recordingsection.h"

#include "core/config/scalars.h"

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

void readRetention(Context &context, const Value &value)
{
    const auto retention = readDuration(context, value);
    if (!retention)
        return;
    context.config.recording.retention = std::chrono::floor<milliseconds>(*retention);
    if (context.config.recording.retention < std::chrono::minutes(1))
        context.error(
            value, u"rows are kept for a minute at least; to keep none write enabled: false"_s);
}

void checkLater(Context &context, MapReader &map)
{
    const Value rollups = map.take("rollups");
    MapReader periods(context, rollups);
    readDuration(context, periods.take("hourly"));
    readDuration(context, periods.take("daily"));
    periods.finish();
    if (rollups)
        context.warnAtKey(
            rollups, u"roll-ups are not in this version: what is older than retention is gone"_s);
    const Value properties = map.take("properties");
    readTexts(context, properties);
    if (properties)
        context.warnAtKey(properties,
            u"roll-ups by property are not in this version: every property is in the rows"_s);
    const Value bodies = map.take("bodies");
    if (readBool(context, bodies).value_or(false))
        context.warn(bodies, u"recording bodies is not in this version: none is kept"_s);
    const Value url = map.take("url");
    readText(context, url);
    if (url)
        context.warnAtKey(
            url, u"another ledger is not in this version: rows are kept in the data directory"_s);
}

} // namespace

void readRecording(Context &context, const Value &section)
{
    MapReader map(context, section);
    assign(context.config.recording.enabled, readBool(context, map.take("enabled")));
    readRetention(context, map.take("retention"));
    checkLater(context, map);
    map.finish();
}

} // namespace sluice::config
