// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/limitheaders.h"

#include <algorithm>

namespace sluice::gateway {

namespace {

using limits::ChainLink;
using limits::Decision;
using limits::LinkVerdict;
using std::chrono::nanoseconds;

constexpr std::chrono::seconds LongestRetry{120}; ///< what SDKs are willing to wait

bool isHeaderPolicy(const ChainLink &link)
{
    return link.limit->scope == limits::LimitScope::Header;
}

bool isVisible(const ChainLink &link)
{
    return link.limit->mode == limits::LimitMode::Enforce && link.verdict != LinkVerdict::Skipped;
}

/// The binding limit of one family: the refusing one with the longest wait, else the one with the
/// least remaining share.
template <typename Predicate> const ChainLink *bindingOf(const Decision &decision, Predicate family)
{
    const ChainLink *best = nullptr;
    const auto isTighter = [](const ChainLink &a, const ChainLink &b) {
        const bool aRefuses = a.verdict == LinkVerdict::Refuses;
        const bool bRefuses = b.verdict == LinkVerdict::Refuses;
        if (aRefuses != bRefuses)
            return aRefuses;
        if (aRefuses)
            return a.wait > b.wait;
        return static_cast<limits::Int128>(a.usage.remaining) * b.usage.quota
            < static_cast<limits::Int128>(b.usage.remaining) * a.usage.quota;
    };
    for (const ChainLink &link : decision.chain) {
        if (isVisible(link) && family(link) && (best == nullptr || isTighter(link, *best)))
            best = &link;
    }
    return best;
}

QByteArray wholeUnits(MicroAmount amount)
{
    return QByteArray::number(std::max<MicroAmount>(amount, 0) / MicroPerUnit);
}

qint64 ceilSeconds(nanoseconds duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

/// A refused answer never tells of anything left in the family that refused.
MicroAmount remainingOf(const ChainLink &link)
{
    return link.verdict == LinkVerdict::Refuses ? 0 : link.usage.remaining;
}

void appendPolicyFamily(const ChainLink &link, Headers &headers)
{
    headers.push_back({"Helicone-RateLimit-Limit", formatAmount(link.usage.quota)});
    headers.push_back({"Helicone-RateLimit-Remaining", wholeUnits(remainingOf(link))});
    headers.push_back({"Helicone-RateLimit-Policy", link.limit->policy});
    if (link.usage.fullIn > nanoseconds::zero())
        headers.push_back(
            {"Helicone-RateLimit-Reset", QByteArray::number(ceilSeconds(link.usage.fullIn))});
}

/// An RFC 9651 string: printable ASCII with quotes and backslashes escaped.
QByteArray sfString(const QByteArray &text)
{
    QByteArray quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return quoted + '"';
}

QByteArray ietfName(const ChainLink &link)
{
    return sfString(isHeaderPolicy(link) ? link.limit->policy : link.limit->name);
}

void appendIetf(const Decision &decision, const ChainLink &binding, Headers &headers)
{
    QByteArray policies;
    for (const ChainLink &link : decision.chain) {
        if (!isVisible(link))
            continue;
        if (!policies.isEmpty())
            policies += ", ";
        policies += ietfName(link) + ";q=" + wholeUnits(link.usage.quota)
            + ";w=" + QByteArray::number(ceilSeconds(link.limit->period));
    }
    headers.push_back({"RateLimit-Policy", policies});
    QByteArray state = ietfName(binding) + ";r=" + wholeUnits(remainingOf(binding));
    // t: until more quota is available, so for GCRA the next unit, not the full bucket.
    const nanoseconds next =
        binding.verdict == LinkVerdict::Refuses ? binding.wait : binding.usage.nextIn;
    if (next > nanoseconds::zero())
        state += ";t=" + QByteArray::number(ceilSeconds(next));
    headers.push_back({"RateLimit", state});
}

void appendRetry(const Decision &decision, Headers &headers)
{
    const qint64 milliseconds =
        std::max<qint64>(std::chrono::ceil<std::chrono::milliseconds>(decision.wait).count(), 1);
    const QByteArray seconds = QByteArray::number(std::max<qint64>(ceilSeconds(decision.wait), 1));
    headers.push_back({"Retry-After", seconds});
    headers.push_back({"retry-after-ms", QByteArray::number(milliseconds)});
    headers.push_back({"x-ratelimit-after", seconds});
    headers.push_back({"x-should-retry", decision.wait <= LongestRetry ? "true" : "false"});
}

} // namespace

void appendLimitHeaders(const Decision &decision, bool ietf, Headers &headers)
{
    if (const ChainLink *policy = bindingOf(decision, isHeaderPolicy))
        appendPolicyFamily(*policy, headers);
    if (const ChainLink *link =
            bindingOf(decision, [](const ChainLink &l) { return !isHeaderPolicy(l); })) {
        headers.push_back({"x-ratelimit-limit", wholeUnits(link->usage.quota)});
        headers.push_back({"x-ratelimit-remaining", wholeUnits(remainingOf(*link))});
    }
    const ChainLink *binding = decision.bindingLink();
    if (binding == nullptr || !isVisible(*binding))
        binding = bindingOf(decision, [](const ChainLink &) { return true; });
    if (ietf && binding != nullptr)
        appendIetf(decision, *binding, headers);
    if (decision.verdict == limits::Verdict::LimitReached)
        appendRetry(decision, headers);
    else if (decision.verdict == limits::Verdict::NoRoom)
        headers.push_back({"Retry-After", "1"});
}

} // namespace sluice::gateway
