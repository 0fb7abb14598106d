// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/limitheaders.h"

#include "core/gateway/pipeline/reply.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

using limits::ChainLink;
using limits::Decision;
using limits::LinkVerdict;
using std::chrono::nanoseconds;

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
    return decimal(std::max<MicroAmount>(amount, 0) / MicroPerUnit);
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
        headers.push_back({"Helicone-RateLimit-Reset", decimal(ceilSeconds(link.usage.fullIn))});
}

/// An RFC 9651 string: printable ASCII with quotes and backslashes escaped.
QByteArray sfString(const QByteArray &text)
{
    QByteArray quoted = "\"";
    quoted.reserve(text.size() + 16);
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return quoted + '"';
}

/// The window of a limit; of a calendar the longest that its periods can be, so that the field does
/// not change from month to month. 0 = it has none.
qint64 windowSeconds(const limits::Limit &limit)
{
    using namespace std::chrono_literals;
    if (limit.algorithm != limits::Algorithm::CalendarWindow)
        return ceilSeconds(limit.period);
    constexpr std::array<std::chrono::hours, 6> longest{
        1h, 25h, 169h, 31 * 24h + 1h, 92 * 24h + 1h, 366 * 24h};
    return std::chrono::seconds(longest.at(static_cast<size_t>(limit.calendar.unit))).count();
}

/// What the IETF headers always say of a limit.
struct IetfText
{
    limits::LimitPtr limit; ///< kept, so that its address stays its own
    MicroAmount quota = 0;
    QByteArray name; ///< quoted
    QByteArray policy; ///< name, quota and window
};

IetfText makeIetfText(const ChainLink &link)
{
    IetfText text{link.limit, link.usage.quota,
        sfString(isHeaderPolicy(link) ? link.limit->policy : link.limit->name), {}};
    text.policy = text.name + ";q=" + wholeUnits(link.usage.quota);
    // No other unit is registered; tokens and cents are told by the limit's name.
    if (link.limit->algorithm == limits::Algorithm::Concurrency)
        text.policy += ";qu=\"concurrent-requests\"";
    if (const qint64 window = windowSeconds(*link.limit); window > 0)
        text.policy += ";w=" + decimal(window);
    return text;
}

/// The text of a limit, made once for each thread: with three limits in force this is 18 000
/// instructions of every answer otherwise. Valid until the next call.
const IetfText &ietfText(const ChainLink &link)
{
    constexpr size_t MostKept = 256; // clients can send any number of policies
    thread_local std::unordered_map<const limits::Limit *, IetfText> texts;
    const auto found = texts.find(link.limit.get());
    if (found != texts.end() && found->second.quota == link.usage.quota)
        return found->second;
    if (texts.size() >= MostKept)
        texts.clear();
    return texts[link.limit.get()] = makeIetfText(link);
}

void appendIetf(const Decision &decision, const ChainLink &binding, Headers &headers)
{
    QByteArray policies;
    policies.reserve(256);
    for (const ChainLink &link : decision.chain) {
        if (!isVisible(link))
            continue;
        if (!policies.isEmpty())
            policies += ", ";
        policies += ietfText(link).policy;
    }
    headers.push_back({"RateLimit-Policy"_ba, policies});
    QByteArray state = ietfText(binding).name + ";r=" + wholeUnits(remainingOf(binding));
    // t: until more quota is available, so for GCRA the next unit, not the full bucket.
    const nanoseconds next =
        binding.verdict == LinkVerdict::Refuses ? binding.wait : binding.usage.nextIn;
    if (next > nanoseconds::zero())
        state += ";t=" + decimal(ceilSeconds(next));
    headers.push_back({"RateLimit"_ba, state});
}

/// When to come again: nobody can tell when a slot is given back, so soon.
nanoseconds retryAfter(const Decision &decision)
{
    return decision.verdict == limits::Verdict::SlotsTaken ? std::chrono::seconds(1)
                                                           : decision.wait;
}

void appendRetry(const Decision &decision, Headers &headers)
{
    const nanoseconds wait = retryAfter(decision);
    const qint64 milliseconds =
        std::max<qint64>(std::chrono::ceil<std::chrono::milliseconds>(wait).count(), 1);
    const QByteArray seconds = decimal(std::max<qint64>(ceilSeconds(wait), 1));
    headers.push_back({"Retry-After", seconds});
    headers.push_back({"retry-after-ms", decimal(milliseconds)});
    headers.push_back({"x-ratelimit-after", seconds});
    headers.push_back({"x-should-retry", wait <= LongestRetry ? "true" : "false"});
}

} // namespace

void appendLimitHeaders(const Decision &decision, bool ietf, Headers &headers)
{
    if (const ChainLink *policy = bindingOf(decision, isHeaderPolicy))
        appendPolicyFamily(*policy, headers);
    if (const ChainLink *link =
            bindingOf(decision, [](const ChainLink &l) { return !isHeaderPolicy(l); })) {
        headers.push_back({"x-ratelimit-limit"_ba, wholeUnits(link->usage.quota)});
        headers.push_back({"x-ratelimit-remaining"_ba, wholeUnits(remainingOf(*link))});
    }
    const ChainLink *binding = decision.bindingLink();
    if (binding == nullptr || !isVisible(*binding))
        binding = bindingOf(decision, [](const ChainLink &) { return true; });
    if (ietf && binding != nullptr)
        appendIetf(decision, *binding, headers);
    if (decision.verdict == limits::Verdict::LimitReached
        || decision.verdict == limits::Verdict::SlotsTaken)
        appendRetry(decision, headers);
    else if (decision.verdict == limits::Verdict::NoRoom
        || decision.verdict == limits::Verdict::StoreDown)
        headers.push_back({"Retry-After", "1"});
}

} // namespace sluice::gateway
