// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitrules.h"

#include "core/config/limitkeys.h"
#include "core/config/limitmatch.h"
#include "core/config/limitperiods.h"
#include "core/config/policyrules.h"
#include "core/config/scalars.h"

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// A limit that stands alone is named by its path, one of a list by itself: the name is what its
/// counters belong to, so it must not change when another limit is put before it.
QByteArray pathName(const LimitRule &rule, bool isListed)
{
    if (isListed)
        return {};
    const QStringList tail = rule.path.mid(rule.scope == LimitScope::Router ? 3 : 2);
    return scopeName(rule) + '/' + tail.join(u'/').toUtf8();
}

/// One GCRA limit.
void readRule(Context &context, const Value &value, LimitRule rule, bool isListed)
{
    MapReader map(context, value);
    if (!map.isMap())
        return;
    rule.path = value.path;
    rule.place = value.keyPlace;
    rule.name = readLimitName(context, value, map.take("name"), pathName(rule, isListed));
    readBucket(context, map, rule);
    readCommonKeys(context, map, {"capacity", "refill-frequency"}, rule);
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

/// `tokens` with `count`, or `requests`: sets unit and amount; the key that has the amount.
AmountKeys readUsage(Context &context, MapReader &map, LimitRule &rule)
{
    const Value tokens = map.take("tokens");
    const Value requests = map.take("requests");
    const Value count = map.take("count");
    const std::optional<Unit> counted = readChoice<Unit>(context, count,
        {{"total", Unit::Token}, {"input", Unit::InputToken}, {"output", Unit::OutputToken}});
    if (tokens && requests)
        context.errorAtKey(requests, u"a limit counts tokens or requests, not both"_s);
    else if (requests && count)
        context.warnAtKey(count, u"count has no effect: this limit counts requests"_s);
    if (!tokens && !requests) {
        context.error(map.value(), u"a limit of this list needs an amount: tokens or requests"_s,
            u"requests: 1000"_s);
        return {};
    }
    const Value amount = tokens ? tokens : requests;
    rule.unit = tokens ? counted.value_or(Unit::Token) : Unit::Request;
    rule.capacity = readAmount(context, amount, rule.unit).value_or(MicroPerUnit);
    rule.place = amount.place();
    return {tokens ? QByteArrayView("tokens") : QByteArrayView("requests"), {}};
}

/// `cents`: sets unit and amount.
AmountKeys readSpending(Context &context, MapReader &map, LimitRule &rule)
{
    const Value cents = map.take("cents");
    rule.unit = Unit::Cents;
    if (!cents) {
        context.error(
            map.value(), u"a limit of this list needs an amount: cents"_s, u"cents: 1000"_s);
        return {};
    }
    rule.capacity = readAmount(context, cents, rule.unit).value_or(MicroPerUnit);
    rule.place = cents.place();
    return {"cents", {}};
}

/// `max`: sets unit, algorithm and amount.
AmountKeys readConcurrency(Context &context, MapReader &map, LimitRule &rule)
{
    const Value maximum = map.take("max");
    rule.algorithm = Algorithm::Concurrency;
    rule.unit = Unit::ConcurrentRequest;
    rule.refill = nanoseconds(0);
    if (!maximum) {
        context.error(map.value(), u"a limit of this list needs an amount: max"_s, u"max: 8"_s);
        return {};
    }
    rule.capacity = readAmount(context, maximum, rule.unit).value_or(MicroPerUnit);
    rule.place = maximum.place();
    return {"max", {}};
}

using AmountReader = AmountKeys (*)(Context &, MapReader &, LimitRule &);

/// One item of `usage-limits`, `spend-limits` or `concurrency`.
void readListed(Context &context, const Value &item, LimitRule rule, AmountReader readKeys)
{
    MapReader map(context, item);
    if (!map.isMap())
        return;
    rule.path = item.path;
    rule.place = item.keyPlace;
    rule.name = readLimitName(context, item, map.take("name"), {});
    const std::optional<Segment> segment = readPer(context, item, map.take("per"));
    AmountKeys keys = readKeys(context, map, rule);
    if (rule.algorithm != Algorithm::Concurrency)
        readPeriod(context, map, rule);
    if (segment)
        rule.segment = *segment;
    else
        keys = {}; // whether there is a value to override is not known
    readCommonKeys(context, map, keys, rule);
    map.finish();
    if (segment)
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
        readListed(context, item, pattern, readUsage);
    for (const Value &item : itemsOf(context, map.take("spend-limits")))
        readListed(context, item, pattern, readSpending);
    for (const Value &item : itemsOf(context, map.take("concurrency")))
        readListed(context, item, pattern, readConcurrency);
    readPolicies(context, map.take("policies"), pattern);
}

} // namespace sluice::config
