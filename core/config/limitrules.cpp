// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitrules.h"

#include "core/base/units.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 DefaultCapacity = 500; // upstream's defaults (reference A.3)
constexpr nanoseconds DefaultRefill = std::chrono::seconds(1);
constexpr nanoseconds ShortestWindow = std::chrono::seconds(1); ///< its cells are a sixtieth
constexpr qint64 MaxCapacity = std::numeric_limits<quint32>::max();

enum class Failure : quint8 { Local, Open, Closed };

const QString InvalidPropertyName =
    u"a property's name has 1 to 64 letters, digits, dashes, underscores"_s;

bool isPropertyName(const QByteArray &name)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9_-]{1,64}$"_s);
    return pattern.match(QString::fromUtf8(name)).hasMatch();
}

QString notInThisVersion(QByteArrayView key)
{
    return u"%1 is not in this version, and the limit would not hold without it"_s.arg(
        QString::fromUtf8(key));
}

/// "not in this version" for what would limit or protect (spec/config.md).
void refuseLater(MapReader &map, std::initializer_list<QByteArrayView> keys)
{
    for (const QByteArrayView key : keys)
        map.refuse(key, notInThisVersion(key));
}

QByteArray scopeName(const LimitRule &rule)
{
    switch (rule.scope) {
    case LimitScope::Global:
        return "global";
    case LimitScope::Unified:
        return "unified-api";
    case LimitScope::Router:
        return "routers/" + rule.router;
    case LimitScope::Header:
        break;
    }
    return "policy-header";
}

void checkUnit(Context &context, const Value &value)
{
    const std::optional<Unit> unit = readChoice<Unit>(context, value,
        {{"request", Unit::Request}, {"token", Unit::Token}, {"input-token", Unit::InputToken},
            {"output-token", Unit::OutputToken}, {"cents", Unit::Cents}});
    if (unit && *unit != Unit::Request) {
        context.error(value,
            u"limits in %1 are not in this version, only request"_s.arg(shown(value)),
            u"request"_s);
    }
}

void checkStoreFailure(Context &context, const Value &value)
{
    const std::optional<Failure> choice = readChoice<Failure>(context, value,
        {{"local", Failure::Local}, {"open", Failure::Open}, {"closed", Failure::Closed}});
    if (choice && *choice != Failure::Local)
        context.error(
            value, u"%1 is not in this version, only local"_s.arg(shown(value)), u"local"_s);
}

void readAmounts(Context &context, MapReader &map, LimitRule &rule)
{
    const Value capacity = map.take("capacity");
    const Value refill = map.take("refill-frequency");
    rule.capacity =
        readInteger(context, capacity, 1, MaxCapacity).value_or(DefaultCapacity) * MicroPerUnit;
    rule.refill = readDuration(context, refill).value_or(DefaultRefill);
    if (rule.refill <= nanoseconds(0)) {
        context.error(refill, u"the bucket cannot be refilled in no time"_s, u"1s"_s);
        rule.refill = DefaultRefill;
    }
    if (capacity)
        rule.place = capacity.place();
    if (static_cast<bool>(capacity) != static_cast<bool>(refill)) {
        context.hint(map.value(),
            capacity ? u"refill-frequency is not written, so it is 1s"_s
                     : u"capacity is not written, so it is 500"_s);
    }
    if (rule.refill.count() < rule.capacity / MicroPerUnit)
        context.warn(map.value(), u"more than one request a nanosecond: this limits nothing"_s);
}

/// A limit that stands alone is named by its path, one of a list by itself: the name is what its
/// counters belong to, so it must not change when another limit is put before it.
QByteArray readLimitName(
    Context &context, const Value &limit, const Value &name, const LimitRule &rule, bool isListed)
{
    const std::optional<QByteArray> given = readName(context, name);
    if (!given && !name && isListed) {
        context.error(limit, u"a limit of a list needs a name, which its counters belong to"_s);
        return {};
    }
    const QStringList tail = limit.path.mid(rule.scope == LimitScope::Router ? 3 : 2);
    QByteArray result = given.value_or(scopeName(rule) + '/' + tail.join(u'/').toUtf8());
    if (context.limitNames.contains(result))
        context.error(name ? name : limit,
            u"another limit is called %1 already"_s.arg(QString::fromUtf8(result)));
    context.limitNames.insert(result);
    return result;
}

/// What every limit takes; the keys of later versions are refused one by one.
void readCommonKeys(Context &context, MapReader &map, LimitRule &rule)
{
    assign(rule.mode,
        readChoice<LimitMode>(context, map.take("mode"),
            {{"enforce", LimitMode::Enforce}, {"shadow", LimitMode::Shadow},
                {"off", LimitMode::Off}}));
    assign(rule.onMissing,
        readChoice<MissingSegment>(context, map.take("on-missing-segment"),
            {{"share", MissingSegment::Share}, {"reject", MissingSegment::Reject},
                {"skip", MissingSegment::Skip}}));
    checkStoreFailure(context, map.take("on-store-failure"));
    refuseLater(map, {"match", "overrides"});
}

/// One GCRA limit.
void readRule(Context &context, const Value &value, LimitRule rule, bool isListed)
{
    MapReader map(context, value);
    if (!map.isMap())
        return;
    rule.path = value.path;
    rule.place = value.keyPlace;
    rule.name = readLimitName(context, value, map.take("name"), rule, isListed);
    readAmounts(context, map, rule);
    checkUnit(context, map.take("unit"));
    readCommonKeys(context, map, rule);
    map.finish();
    context.config.limits.push_back(std::move(rule));
}

/// `per:` of a limit that its list does not say it of; an error if it is not written.
std::optional<Segment> readPer(Context &context, const Value &limit, const Value &per)
{
    if (!per) {
        context.error(limit, u"a limit of this list needs a per, which says what it counts"_s,
            u"per: api-key"_s);
        return std::nullopt;
    }
    const std::optional<QByteArray> text = readText(context, per);
    constexpr QByteArrayView Property = "property:";
    if (text && text->startsWith(Property)) {
        const QByteArray name = text->sliced(Property.size()).toLower();
        if (isPropertyName(name))
            return Segment{SegmentKind::Property, name};
        context.error(per, InvalidPropertyName);
        return std::nullopt;
    }
    const std::optional<SegmentKind> kind = readChoice<SegmentKind>(context, per,
        {{"api-key", SegmentKind::ApiKey}, {"end-user", SegmentKind::EndUser},
            {"team", SegmentKind::Team}, {"team-member", SegmentKind::TeamMember},
            {"shared", SegmentKind::Shared}, {"property:<name>", SegmentKind::Property}});
    if (!kind)
        return std::nullopt;
    return Segment{*kind, {}};
}

/// A rolling window; the periods of the calendar are words, and refused until they are there.
void readPeriod(Context &context, const Value &limit, const Value &period, LimitRule &rule)
{
    static const QSet<QByteArray> calendar{"hour", "day", "week", "month", "quarter", "year"};
    rule.refill = ShortestWindow;
    if (!period) {
        context.error(limit, u"a limit of this list needs a period"_s, u"period: 24h"_s);
        return;
    }
    if (period.isScalar() && calendar.contains(period.node->text)) {
        context.error(period,
            u"periods of the calendar are not in this version; a duration like 24h is a window "
            "that rolls"_s);
        return;
    }
    const std::optional<nanoseconds> length = readDuration(context, period);
    if (length && *length < ShortestWindow)
        context.error(period, u"a window is at least a second long"_s, u"1s"_s);
    else
        assign(rule.refill, length);
}

/// One item of `usage-limits`: requests in any period.
void readUsageLimit(Context &context, const Value &item, LimitRule rule)
{
    MapReader map(context, item);
    if (!map.isMap())
        return;
    rule.algorithm = Algorithm::SlidingWindow;
    rule.path = item.path;
    rule.place = item.keyPlace;
    rule.name = readLimitName(context, item, map.take("name"), rule, true);
    const std::optional<Segment> segment = readPer(context, item, map.take("per"));
    refuseLater(map, {"count", "timezone", "week-starts"});
    const Value requests = map.take("requests");
    if (const Value tokens = map.take("tokens"))
        context.errorAtKey(tokens, notInThisVersion("tokens"));
    else if (!requests)
        context.error(item, u"a limit of this list needs an amount"_s, u"requests: 1000"_s);
    rule.capacity = readInteger(context, requests, 1, MaxCapacity).value_or(1) * MicroPerUnit;
    if (requests)
        rule.place = requests.place();
    readPeriod(context, item, map.take("period"), rule);
    readCommonKeys(context, map, rule);
    map.finish();
    if (!segment)
        return;
    rule.segment = *segment;
    context.config.limits.push_back(std::move(rule));
}

/// One limit, or a list of several of the same kind.
void readRuleOrList(Context &context, const Value &value, const LimitRule &rule)
{
    if (!value.isSequence()) {
        readRule(context, value, rule, false);
        return;
    }
    for (const Value &item : itemsOf(context, value))
        readRule(context, item, rule, true);
}

void readPropertyRules(Context &context, const Value &section, LimitRule rule)
{
    QSet<QByteArray> names;
    for (const Value &entry : entriesOf(context, section)) {
        const QByteArray name = entry.key.toLower();
        if (!isPropertyName(name)) {
            context.errorAtKey(entry, InvalidPropertyName);
            continue;
        }
        if (names.contains(name)) {
            context.errorAtKey(
                entry, u"this property stands here twice; capital letters make no difference"_s);
            continue;
        }
        names.insert(name);
        rule.segment = {SegmentKind::Property, name};
        readRuleOrList(context, entry, rule);
    }
}

/// Why a limit cannot tell apart what it is to count apart; empty if it can.
QString oddityOf(const LimitRule &rule, const Configuration &config)
{
    switch (rule.segment.kind) {
    case SegmentKind::ApiKey:
        return config.authentication
            ? QString()
            : u"authentication is off, so everyone counts as the one key \"anonymous\""_s;
    case SegmentKind::Team:
    case SegmentKind::TeamMember:
        if (!config.authentication)
            return u"authentication is off, so no request belongs to a team"_s;
        return config.teams.empty() ? u"there are no teams, so no request belongs to one"_s
                                    : QString();
    default:
        return {};
    }
}

} // namespace

void readLimitRules(Context &context, MapReader &map, const LimitRule &pattern)
{
    struct Kind
    {
        QByteArrayView key;
        SegmentKind segment;
    };

    for (const Kind &kind :
        {Kind{"per-api-key", SegmentKind::ApiKey}, Kind{"per-end-user", SegmentKind::EndUser},
            Kind{"per-team", SegmentKind::Team}, Kind{"per-team-member", SegmentKind::TeamMember},
            Kind{"shared", SegmentKind::Shared}}) {
        const Value value = map.take(kind.key);
        LimitRule rule = pattern;
        rule.segment = {kind.segment, {}};
        if (value)
            readRuleOrList(context, value, rule);
    }
    readPropertyRules(context, map.take("per-property"), pattern);
    for (const Value &item : itemsOf(context, map.take("usage-limits")))
        readUsageLimit(context, item, pattern);
    refuseLater(map, {"concurrency", "spend-limits", "policies"});
}

void lintLimits(Context &context)
{
    for (const LimitRule &rule : context.config.limits) {
        const QString oddity = oddityOf(rule, context.config);
        if (rule.mode != LimitMode::Off && !oddity.isEmpty())
            context.add({Severity::Warning, rule.place, rule.path.join(u'.'), oddity, {}});
    }
}

} // namespace sluice::config
