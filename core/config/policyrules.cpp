// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/policyrules.h"

#include "core/config/limitkeys.h"
#include "core/config/policyheader.h"
#include "core/config/scalars.h"

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// Reports at the column of the text that the grammar stopped at, if the file holds that text as
/// it is read.
void reportPolicy(
    Context &context, const Value &value, const QByteArray &text, const PolicyError &error)
{
    const bool isVerbatim =
        !value.node->isLiteral && value.node->textOffset >= 0 && value.node->text == text;
    Place place = value.place();
    if (isVerbatim)
        place.column += value.node->textOffset + error.column - 1;
    context.add({Severity::Error, place, value.name(),
        u"column %1 of the policy: %2"_s.arg(error.column).arg(error.message), {}});
}

std::optional<Policy> readPolicy(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    const auto parsed = parsePolicies(*text);
    if (const auto *error = std::get_if<PolicyError>(&parsed)) {
        reportPolicy(context, value, *text, *error);
        return std::nullopt;
    }
    const auto &policies = std::get<std::vector<Policy>>(parsed);
    if (policies.size() == 1)
        return policies.front();
    context.error(value,
        policies.empty()
            ? u"a policy must not be empty"_s
            : u"these are %1 policies; each needs an item of its own"_s.arg(policies.size()));
    return std::nullopt;
}

/// A policy of the file counts as if every client had sent it, so by the header's rules.
void apply(const Policy &policy, const PolicyHeader &header, LimitRule &rule)
{
    const bool isBucket = header.algorithm == PolicyHeader::Algorithm::TokenBucket;
    rule.algorithm = isBucket ? Algorithm::Gcra : Algorithm::SlidingWindow;
    rule.segment = policy.segment;
    rule.unit = policy.unit;
    rule.capacity = policy.quota;
    rule.refill = policy.window;
    rule.policy = canonical(policy);
}

AmountKeys keysOf(const std::optional<Policy> &policy)
{
    if (!policy)
        return {};
    switch (policy->unit) {
    case Unit::Cents:
        return {"cents", {}};
    case Unit::Token:
        return {"tokens", {}};
    default:
        return {"requests", {}};
    }
}

/// The path and what tells policies apart: everything but the quota, so that raising it keeps the
/// counters.
QByteArray nameOf(const LimitRule &rule)
{
    return scopeName(rule) + "/policies/" + rule.policy.mid(rule.policy.indexOf(';') + 1);
}

void readPolicyName(Context &context, const Value &item, const Value &name, LimitRule &rule)
{
    const QByteArray otherwise = nameOf(rule);
    if (name || !context.limitNames.contains(otherwise)) {
        rule.name = readLimitName(context, item, name, otherwise);
        return;
    }
    context.error(item,
        u"another limit is called %1 already; give this one a name: {name: ..., policy: ...}"_s.arg(
            QString::fromUtf8(otherwise)));
}

void readPolicyRule(Context &context, const Value &item, LimitRule rule)
{
    const bool isText = item.isScalar();
    MapReader map(context, isText ? Value() : item);
    if (!isText && !map.isMap())
        return;
    const Value text = isText ? item : map.take("policy");
    if (!text)
        context.error(item, u"an item of policies needs a policy"_s, u"policy: 1000;w=3600"_s);
    const std::optional<Policy> policy = readPolicy(context, text);
    const Value name = map.take("name");
    rule.path = item.path;
    rule.place = text ? text.place() : item.place();
    if (policy) {
        apply(*policy, context.config.policyHeader, rule);
        readPolicyName(context, item, name, rule);
    } else {
        readName(context, name);
    }
    readCommonKeys(context, map, keysOf(policy), rule);
    map.finish();
    if (policy)
        context.config.limits.push_back(std::move(rule));
}

} // namespace

void readPolicies(Context &context, const Value &list, const LimitRule &pattern)
{
    LimitRule rule = pattern;
    rule.onMissing = context.config.policyHeader.shareMissingSegment ? MissingSegment::Share
                                                                     : MissingSegment::Reject;
    for (const Value &item : itemsOf(context, list))
        readPolicyRule(context, item, rule);
}

} // namespace sluice::config
