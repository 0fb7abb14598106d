// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/recordingsection.h"

#include "core/base/duration.h"
#include "core/config/limitmatch.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"

#include <QUrl>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype MostProperties = 16;

/// How long something is kept.
void readAge(Context &context, const Value &value, milliseconds least, const QString &problem,
    milliseconds &age)
{
    const auto read = readDuration(context, value);
    if (!read)
        return;
    age = std::chrono::floor<milliseconds>(*read);
    if (age < least)
        context.error(value, problem);
}

void readRollups(Context &context, const Value &value)
{
    Recording &recording = context.config.recording;
    MapReader periods(context, value);
    readAge(context, periods.take("hourly"), std::chrono::days(1),
        u"sums by hour are kept for a day at least"_s, recording.hourly);
    const Value daily = periods.take("daily");
    readAge(context, daily, std::chrono::days(1), u"sums by day are kept for a day at least"_s,
        recording.daily);
    periods.finish();
    if (recording.daily < recording.hourly)
        context.error(daily ? daily : value,
            u"sums by day are kept as long as those by hour at least: write daily: %1 or more"_s
                .arg(formatDuration(recording.hourly)));
}

void readProperties(Context &context, const Value &value)
{
    QList<QByteArray> &properties = context.config.recording.properties;
    for (const QByteArray &text : readTexts(context, value)) {
        const QByteArray name = text.toLower();
        if (!isPropertyName(name))
            context.error(value, InvalidPropertyName);
        else if (!properties.contains(name))
            properties.append(name);
    }
    if (properties.size() > MostProperties)
        context.error(value, u"sums are kept of at most %1 properties"_s.arg(MostProperties));
}

/// Never without a word: prompts and answers are on a disk then.
void readBodies(Context &context, const Value &value)
{
    Recording &recording = context.config.recording;
    assign(recording.bodies, readBool(context, value));
    if (!recording.bodies)
        return;
    if (recording.enabled)
        context.warn(value,
            u"bodies of requests and answers are recorded: what people write and are told is kept "
            u"for %1 in bodies.sqlite in the data directory of this machine"_s.arg(
                formatDuration(recording.retention)));
    else
        context.warn(value,
            u"bodies are recorded of requests that become rows only: with enabled: false none is "
            u"kept"_s);
}

void readUrl(Context &context, const Value &value)
{
    lintPassword(context, value);
    const auto text = readText(context, value);
    if (!text)
        return;
    const QUrl url(QString::fromUtf8(*text), QUrl::StrictMode);
    const bool isPostgres = url.scheme() == "postgresql"_L1 || url.scheme() == "postgres"_L1;
    if (isPostgres && url.isValid())
        context.config.recording.url = QString::fromUtf8(*text);
    else if (text->startsWith("sqlite:"))
        context.error(value,
            u"the ledger's file is in the data directory, which --data-dir moves: remove url, or "
            u"write postgresql://user@host/database"_s);
    else
        context.error(value, u"this must be postgresql://user@host/database"_s);
}

} // namespace

void readRecording(Context &context, const Value &section)
{
    MapReader map(context, section);
    assign(context.config.recording.enabled, readBool(context, map.take("enabled")));
    readAge(context, map.take("retention"), std::chrono::minutes(1),
        u"rows are kept for a minute at least; to keep none write enabled: false"_s,
        context.config.recording.retention);
    readRollups(context, map.take("rollups"));
    readProperties(context, map.take("properties"));
    readBodies(context, map.take("bodies"));
    readUrl(context, map.take("url"));
    map.finish();
}

} // namespace sluice::config
