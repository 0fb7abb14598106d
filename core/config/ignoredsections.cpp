// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/ignoredsections.h"

#include "core/config/scalars.h"

#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 MaxInteger = std::numeric_limits<quint32>::max();

void checkHealth(Context &context, const Value &section)
{
    MapReader map(context, section);
    readDecimal(context, map.take("ratio"));
    readDuration(context, map.take("window"));
    for (const QByteArrayView key :
        {QByteArrayView("grace_period"), QByteArrayView("grace-period")}) {
        MapReader grace(context, map.take(key));
        readInteger(context, grace.take("min_requests"), 0, MaxInteger);
        readInteger(context, grace.take("min-requests"), 0, MaxInteger);
        grace.finish();
    }
    for (const QByteArrayView key :
        {QByteArrayView("type"), QByteArrayView("buckets"), QByteArrayView("interval")})
        map.ignore(key, u"accepted without effect"_s);
    map.finish();
}

void checkDiscover(Context &context, const Value &section)
{
    MapReader map(context, section);
    // Upstream spells these in kebab case, its documentation in both.
    for (const QByteArrayView key :
        {QByteArrayView("discover-decay"), QByteArrayView("discover_decay"),
            QByteArrayView("default-rtt"), QByteArrayView("default_rtt")})
        readDuration(context, map.take(key));
    MapReader monitor(context, map.take("monitor"));
    checkHealth(context, monitor.take("health"));
    monitor.finish();
    map.finish();
    if (section) {
        context.warnAtKey(section,
            u"balancing by latency and health is not in this version: weights alone decide"_s);
    }
}

void checkAlerts(Context &context, const Value &section)
{
    for (const Value &item : itemsOf(context, section)) {
        MapReader map(context, item);
        readName(context, map.take("name"));
        readName(context, map.take("limit"));
        for (const Value &threshold : itemsOf(context, map.take("thresholds")))
            readDecimal(context, threshold);
        map.finish();
    }
    if (section)
        context.warnAtKey(section, u"alerts are not in this version: none is raised"_s);
}

} // namespace

void ignoreUpstreamKeys(Context &context, MapReader &map)
{
    Q_UNUSED(context)
    for (const QByteArrayView key : {QByteArrayView("cache"), QByteArrayView("cache-store"),
             QByteArrayView("telemetry"), QByteArrayView("minio"), QByteArrayView("database"),
             QByteArrayView("control-plane"), QByteArrayView("deployment-target"),
             QByteArrayView("cleanup-interval"), QByteArrayView("helicone-observability")})
        map.ignore(key, u"accepted without effect"_s);
}

void checkRetries(Context &context, const Value &section)
{
    MapReader map(context, section);
    const Value enabled = map.take("enabled");
    const bool isOff = enabled && !readBool(context, enabled).value_or(true);
    readChoice<int>(context, map.take("strategy"), {{"constant", 0}, {"exponential", 1}});
    for (const QByteArrayView key :
        {QByteArrayView("delay"), QByteArrayView("min-delay"), QByteArrayView("max-delay")})
        readDuration(context, map.take(key));
    const Value maximum = map.take("max-retries");
    const bool isNone = maximum && readInteger(context, maximum, 0, 255).value_or(1) == 0;
    readDecimal(context, map.take("factor"));
    map.finish();
    if (section && !isOff && !isNone)
        context.warnAtKey(section, u"retries are not in this version: no request is repeated"_s);
}

void checkModelMappings(Context &context, const Value &section)
{
    for (const Value &entry : entriesOf(context, section)) {
        const QList<QByteArray> models = readOneOrMoreTexts(context, entry);
        if (entry.isSequence() && models.isEmpty() && entry.node->items.empty())
            context.error(entry, u"this list must not be empty"_s);
    }
    if (section) {
        context.warnAtKey(section,
            u"model mappings are not in this version: model names are passed on unchanged"_s);
    }
}

void checkLaterSections(Context &context, MapReader &root)
{
    checkDiscover(context, root.take("discover"));
    checkModelMappings(context, root.take("default-model-mapping"));
    checkAlerts(context, root.take("alerts"));
}

} // namespace sluice::config
