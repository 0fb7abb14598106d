// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitadditions.h"

#include "core/base/duration.h"
#include "core/session/limitshape.h"
#include "core/session/textpatch.h"

#include <QSet>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::LimitRule;
using config::LimitScope;
using config::SegmentKind;
using config::YamlPath;
using limitshape::Kind;
namespace yamlpatch = config::yamlpatch;

namespace {

YamlPath blockPath(const LimitPlace &place)
{
    switch (place.scope) {
    case LimitScope::Unified:
        return {u"unified-api"_s, u"rate-limit"_s};
    case LimitScope::Router:
        return {u"routers"_s, QString::fromUtf8(place.router), u"rate-limit"_s};
    default:
        return {u"global"_s, u"rate-limit"_s};
    }
}

/// "global/per-api-key", "routers/prod/per-property/tenant": what a bucket that stands alone is
/// called.
QString nameOfPath(const LimitPlace &place, const YamlPath &path)
{
    const YamlPath block = blockPath(place);
    return YamlPath(block.first(block.size() - 1) + path.mid(block.size())).join(u'/');
}

/// The key of the buckets of a place as it is written, or would be.
YamlPath bucketPath(const QByteArray &text, const LimitPlace &place)
{
    YamlPath path = child(blockPath(place), segmentKey(place.segment));
    if (place.segment.kind != SegmentKind::Property)
        return path;
    QString name = QString::fromUtf8(place.segment.property);
    for (const QString &key : limitshape::keysAt(text, path)) {
        if (key.toLower() == name)
            name = key;
    }
    return child(path, name);
}

QString listKey(LimitKind kind)
{
    switch (kind) {
    case LimitKind::Usage:
        return u"usage-limits"_s;
    case LimitKind::Spend:
        return u"spend-limits"_s;
    case LimitKind::Concurrency:
        return u"concurrency"_s;
    case LimitKind::Policy:
    case LimitKind::Bucket:
        break;
    }
    return u"policies"_s;
}

QString bucketText(const NewLimit &limit)
{
    QString text = u"capacity: "_s + limit.amount + u", refill-frequency: "_s + limit.period;
    if (limit.unit != Unit::Request)
        text += u", unit: "_s + QString::fromLatin1(unitName(limit.unit));
    return text;
}

/// The keys of an item of a list but its name.
QString itemText(const NewLimit &limit)
{
    if (limit.kind == LimitKind::Bucket)
        return bucketText(limit);
    const QString per = u"per: "_s + QString::fromUtf8(config::segmentName(limit.place.segment));
    const QString period = u", period: "_s + limit.period;
    switch (limit.kind) {
    case LimitKind::Spend:
        return per + u", cents: "_s + limit.amount + period;
    case LimitKind::Concurrency:
        return per + u", max: "_s + limit.amount;
    default:
        break;
    }
    if (limit.unit == Unit::Request)
        return per + u", requests: "_s + limit.amount + period;
    QString text = per + u", tokens: "_s + limit.amount + period;
    if (limit.unit == Unit::InputToken)
        text += u", count: input"_s;
    else if (limit.unit == Unit::OutputToken)
        text += u", count: output"_s;
    return text;
}

QString namedItem(const NewLimit &limit)
{
    const QString name = u"name: "_s + quoted(QString::fromUtf8(limit.name));
    return u'{' + name + u", "_s + itemText(limit) + u'}';
}

Result<config::Policy> policyFor(const NewLimit &limit)
{
    const Result<MicroAmount> quota = parseAmount(limit.amount.toUtf8());
    const Result<std::chrono::nanoseconds> window = parseDuration(limit.period);
    if (!quota)
        return quota.error();
    if (!window)
        return window.error();
    return config::Policy{*quota, std::chrono::duration_cast<std::chrono::seconds>(*window),
        limit.unit, limit.place.segment};
}

void append(TextPatch &patch, const YamlPath &list, const QString &item)
{
    patch.apply([&](const QByteArray &text) { return yamlpatch::appendItem(text, list, item); });
}

/// A place that has a bucket becomes a list; the first keeps the name that its counters have.
void addBucket(TextPatch &patch, const NewLimit &limit)
{
    const YamlPath path = bucketPath(patch.text(), limit.place);
    const YamlPath map = path.first(path.size() - 1);
    Kind kind = limitshape::kindAt(patch.text(), path);
    const bool isEmptied = kind == Kind::List && limitshape::countAt(patch.text(), path) == 0;
    if (kind == Kind::Null || isEmptied) {
        patch.drop(map, path.last());
        kind = Kind::Absent;
    }
    if (kind == Kind::Absent) {
        const bool isNamed = !limit.name.isEmpty();
        patch.set(map, path.last(),
            isNamed ? namedItem(limit) : QString(u'{' + bucketText(limit) + u'}'));
        return;
    }
    if (limit.name.isEmpty()) {
        patch.fail({ErrorCode::Conflict,
            u"There is already a limit of this kind here; a second one needs a name"_s, {}});
        return;
    }
    if (kind == Kind::Map) {
        const QString first = nameOfPath(limit.place, path);
        patch.apply(
            [&](const QByteArray &text) { return limitshape::wrapInList(text, path, first); });
    }
    append(patch, path, namedItem(limit));
}

void addPolicy(TextPatch &patch, const NewLimit &limit)
{
    const Result<config::Policy> policy = policyFor(limit);
    if (!policy) {
        patch.fail(policy.error());
        return;
    }
    const QString text = u'"' + QString::fromUtf8(config::canonical(*policy)) + u'"';
    const QString name = quoted(QString::fromUtf8(limit.name));
    append(patch, child(blockPath(limit.place), u"policies"_s),
        limit.name.isEmpty() ? text : QString(u"{name: "_s + name + u", policy: "_s + text + u'}'));
}

/// Who is counted, in a name: "key", "user", "tenant"; of a router with it in front.
QByteArray whoOf(const LimitPlace &place)
{
    static const QHash<SegmentKind, QByteArray> names{{SegmentKind::Shared, "all"},
        {SegmentKind::ApiKey, "key"}, {SegmentKind::EndUser, "user"}, {SegmentKind::Team, "team"},
        {SegmentKind::TeamMember, "member"}};
    const QByteArray who = names.value(place.segment.kind, place.segment.property);
    if (place.scope == LimitScope::Router)
        return place.router + '-' + who;
    return place.scope == LimitScope::Unified ? "unified-" + who : who;
}

/// How long it counts, in a name: "month" of a calendar, "24h" of a window that rolls.
QByteArray whenOf(const NewLimit &limit)
{
    if (limit.kind == LimitKind::Concurrency)
        return "at-once";
    QByteArray period = QString(limit.period).remove(u' ').toUtf8();
    if (limit.kind != LimitKind::Bucket)
        return period;
    static const QHash<QByteArray, QByteArray> words{
        {"1s", "second"}, {"1m", "minute"}, {"1h", "hour"}, {"24h", "day"}, {"1d", "day"}};
    return words.value(period, period);
}

QByteArray whatOf(const NewLimit &limit)
{
    switch (limit.unit) {
    case Unit::Cents:
        return limit.kind == LimitKind::Spend ? QByteArray() : QByteArray("-cents");
    case Unit::Token:
        return "-tokens";
    case Unit::InputToken:
        return "-input";
    case Unit::OutputToken:
        return "-output";
    case Unit::Request:
    case Unit::ConcurrentRequest:
        break;
    }
    return {};
}

/// Whether the place or the text of a new limit names it.
bool isNamedByItself(const config::Configuration &configuration, const NewLimit &limit)
{
    const auto isSame = [&limit](const LimitRule &rule) {
        if (rule.scope != limit.place.scope || rule.router != limit.place.router
            || rule.segment != limit.place.segment || kindOf(rule) != limit.kind)
            return false;
        if (limit.kind == LimitKind::Bucket)
            return true;
        const Result<std::chrono::nanoseconds> window = parseDuration(limit.period);
        return rule.unit == limit.unit && window && rule.refill == *window;
    };
    const bool isPossible = limit.kind == LimitKind::Bucket || limit.kind == LimitKind::Policy;
    return isPossible
        && std::none_of(configuration.limits.begin(), configuration.limits.end(), isSame);
}

} // namespace

QByteArray nameForNew(const config::Configuration &configuration, const NewLimit &limit)
{
    if (isNamedByItself(configuration, limit))
        return {};
    QSet<QByteArray> taken;
    for (const LimitRule &rule : configuration.limits)
        taken.insert(rule.name);
    const QByteArray base = whoOf(limit.place) + whatOf(limit) + '-' + whenOf(limit);
    QByteArray name = base;
    for (int i = 2; taken.contains(name); ++i)
        name = base + '-' + QByteArray::number(i);
    return name;
}

ConfigDraft::Change addLimit(const NewLimit &limit)
{
    return [limit](const QByteArray &text) {
        TextPatch patch(text);
        if (limit.kind == LimitKind::Bucket)
            addBucket(patch, limit);
        else if (limit.kind == LimitKind::Policy)
            addPolicy(patch, limit);
        else
            append(patch, child(blockPath(limit.place), listKey(limit.kind)), namedItem(limit));
        return patch.result();
    };
}

ConfigDraft::Change addLimit(const LimitPlace &place, const QString &units, const QString &duration)
{
    return addLimit(NewLimit{place, LimitKind::Bucket, Unit::Request, units, duration, {}});
}

} // namespace sluice::session
