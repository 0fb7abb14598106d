// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitseeds.h"

#include "core/insight/limitchange.h"
#include "core/limits/matching.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <QDateTime>

#include <algorithm>
#include <map>

namespace sluice::session::limitseeds {

using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::Instant;
using limits::Limit;
using limits::LimitScope;
using limits::SegmentKind;
using limits::Subject;
using std::chrono::milliseconds;
using stores::UsageBucket;

namespace {

constexpr auto PropertyPrefix = "property:"_L1;
constexpr std::chrono::hours LongestInMinutes{60}; ///< whose cells are no longer than a minute

QStringList fieldsOf(SegmentKind kind, const QByteArray &property)
{
    switch (kind) {
    case SegmentKind::ApiKey:
        return {u"key"_s};
    case SegmentKind::EndUser:
        return {u"user"_s};
    case SegmentKind::Team:
        return {u"team"_s};
    case SegmentKind::TeamMember:
        return {u"team"_s, u"owner"_s};
    case SegmentKind::Property:
        return {PropertyPrefix + QString::fromUtf8(property)};
    case SegmentKind::Shared:
        break;
    }
    return {};
}

/// All that a limit looks at, each once.
QStringList fieldsOf(const Limit &limit)
{
    QStringList fields = fieldsOf(limit.segment.kind, limit.segment.property);
    const limits::LimitMatch &match = limit.match;
    const auto add = [&fields](bool isAsked, const QString &field) {
        if (isAsked && !fields.contains(field))
            fields.append(field);
    };
    add(!match.keys.isEmpty(), u"key"_s);
    add(!match.teams.isEmpty(), u"team"_s);
    add(!match.users.isEmpty(), u"user"_s);
    add(!match.models.isEmpty() || !match.providers.isEmpty(), u"provider"_s);
    add(!match.models.isEmpty(), u"model"_s);
    for (auto it = match.properties.keyBegin(); it != match.properties.keyEnd(); ++it)
        add(true, PropertyPrefix + QString::fromUtf8(*it));
    return fields;
}

/// One row of the answer, by the names of its columns.
class Row
{
public:
    Row(const stores::Table &table, const QVariantList &cells) : m_table(table), m_cells(cells) { }

    [[nodiscard]] QVariant value(const QString &column) const
    {
        const qsizetype index = m_table.columns.indexOf(column);
        return index < 0 ? QVariant() : m_cells[index];
    }

    [[nodiscard]] QByteArray text(const QString &column) const
    {
        return value(column).toString().toUtf8();
    }

    [[nodiscard]] qint64 number(const QString &column) const { return value(column).toLongLong(); }

private:
    const stores::Table &m_table;
    const QVariantList &m_cells;
};

Subject subjectOf(const Row &row, const Limit &limit)
{
    Subject subject;
    subject.apiKey = row.text(u"key"_s);
    subject.team = row.text(u"team"_s);
    subject.member = row.text(u"owner"_s);
    subject.endUser = row.text(u"user"_s);
    const QByteArray provider = row.text(u"provider"_s);
    QByteArray model = row.text(u"model"_s); // "provider/model"
    if (model.startsWith(QByteArray(provider + '/')))
        model = model.sliced(provider.size() + 1);
    subject.model = model;
    if (!provider.isEmpty())
        subject.candidates = {{provider, model}};
    for (const QString &field : fieldsOf(limit)) {
        if (field.startsWith(PropertyPrefix))
            subject.properties.push_back(
                {field.sliced(PropertyPrefix.size()).toUtf8(), row.text(field)});
    }
    return subject;
}

MicroAmount amountOf(const Row &row, Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return row.number(u"admitted"_s) * MicroPerUnit;
    case Unit::Token:
        return (row.number(u"input_tokens"_s) + row.number(u"output_tokens"_s)) * MicroPerUnit;
    case Unit::InputToken:
        return row.number(u"input_tokens"_s) * MicroPerUnit;
    case Unit::OutputToken:
        return row.number(u"output_tokens"_s) * MicroPerUnit;
    case Unit::Cents:
        return row.number(u"micro_cents"_s);
    case Unit::ConcurrentRequest:
        break;
    }
    return 0;
}

UsageBucket bucketOf(const Limit &limit)
{
    return limit.period <= LongestInMinutes ? UsageBucket::Minute : UsageBucket::Hour;
}

/// When the time of a row has ended.
EngineTime endOf(const Row &row, std::optional<UsageBucket> bucket, Instant now)
{
    const QDateTime start = QDateTime::fromString(row.value(u"time"_s).toString(), Qt::ISODate);
    const milliseconds length = bucket == UsageBucket::Minute
        ? milliseconds(std::chrono::minutes(1))
        : milliseconds(std::chrono::hours(1));
    const milliseconds ago = now.wall - (milliseconds(start.toMSecsSinceEpoch()) + length);
    return now.engine - std::max(ago, milliseconds(0));
}

void add(limits::CounterState &state, const Limit &limit, EngineTime at, MicroAmount amount)
{
    if (auto *calendar = std::get_if<limits::CalendarState>(&state))
        calendar->amount += amount;
    else
        limits::slidingwindow::charge(
            std::get<limits::WindowState>(state), limit.period, amount, at);
}

} // namespace

std::vector<limits::LimitPtr> newOnes(
    const QSet<QByteArray> &known, const limits::LimitSet &after, const limits::Renames &renames)
{
    std::vector<limits::LimitPtr> added;
    for (const limits::LimitPtr &limit : after.all()) {
        const bool isRenamed = std::any_of(renames.begin(), renames.end(),
            [&limit](const limits::Rename &rename) { return rename.to == limit->name; });
        if (insight::startsFromLedger(*limit) && !isRenamed && !known.contains(limit->name))
            added.push_back(limit);
    }
    return added;
}

QSet<QByteArray> namesOf(const limits::LimitSet &limits)
{
    QSet<QByteArray> names;
    for (const limits::LimitPtr &limit : limits.all())
        names.insert(limit->name);
    return names;
}

stores::UsageQuery query(const Limit &limit, Instant now)
{
    stores::UsageQuery query;
    query.by = fieldsOf(limit);
    if (limit.scope == LimitScope::Unified)
        query.where.push_back({u"router"_s, u"unified"_s});
    else if (limit.scope == LimitScope::Router)
        query.where.push_back({u"router"_s, QString::fromUtf8(limit.router)});
    query.until = now.wall;
    if (limit.algorithm == Algorithm::CalendarWindow) {
        query.since = limits::periodAt(limit.calendar, now.wall).start;
        return query;
    }
    query.since = now.wall - std::chrono::floor<milliseconds>(limit.period);
    query.bucket = bucketOf(limit);
    return query;
}

qint64 requestsOf(const stores::Table &table)
{
    qint64 requests = 0;
    for (const QVariantList &cells : table.rows)
        requests += Row(table, cells).number(u"requests"_s);
    return requests;
}

std::vector<limits::CounterReading> readings(const limits::LimitPtr &limit,
    const stores::Table &table, std::optional<UsageBucket> bucket, Instant now)
{
    std::map<QByteArray, limits::CounterState> states; // rows are in the order of time
    for (const QVariantList &cells : table.rows) {
        const Row row(table, cells);
        const Subject subject = subjectOf(row, *limit);
        const limits::SegmentValue segment = limits::segmentValue(*limit, subject);
        const MicroAmount amount = amountOf(row, limit->unit);
        if (amount <= 0 || !limits::matches(limit->match, subject)
            || (segment.isMissing && limit->onMissing != limits::MissingSegment::Share))
            continue;
        const QByteArray value = limits::displayValue(*limit, segment.owner, segment.value);
        const auto state = states.try_emplace(value, limits::freshState(*limit, now)).first;
        add(state->second, *limit, endOf(row, bucket, now), amount);
    }
    std::vector<limits::CounterReading> readings;
    for (auto &[value, state] : states) {
        limits::CounterReading reading;
        reading.limit = limit;
        reading.value = value;
        reading.state = std::move(state);
        readings.push_back(std::move(reading));
    }
    return readings;
}

} // namespace sluice::session::limitseeds
