// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/usage/usagefields.h"

#include "core/metering/jsonwalk.h"

#include <QByteArrayMatcher>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace sluice::metering {

namespace {

using namespace jsonwalk;

/// Of `usage` and `usageMetadata`.
constexpr auto UsageMatcher = qMakeStaticByteArrayMatcher("\"usage");

constexpr qint64 MaxTokens = 1'000'000'000'000;

/// A member of a usage object that is a count.
struct Member
{
    std::string_view name;
    UsageFields::Count UsageFields::*count;
};

// OpenAI's and Anthropic's names; DeepSeek's and Moonshot's for their caches; Gemini's own.
constexpr std::array Members{
    Member{"prompt_tokens", &UsageFields::prompt},
    Member{"completion_tokens", &UsageFields::completion},
    Member{"total_tokens", &UsageFields::total},
    Member{"input_tokens", &UsageFields::input},
    Member{"output_tokens", &UsageFields::output},
    Member{"cache_read_input_tokens", &UsageFields::cacheRead},
    Member{"cache_creation_input_tokens", &UsageFields::cacheCreation},
    Member{"prompt_cache_hit_tokens", &UsageFields::cachedDetail},
    Member{"cached_tokens", &UsageFields::cachedDetail},
    Member{"promptTokenCount", &UsageFields::prompt},
    Member{"candidatesTokenCount", &UsageFields::completion},
    Member{"totalTokenCount", &UsageFields::total},
    Member{"cachedContentTokenCount", &UsageFields::cachedDetail},
    Member{"thoughtsTokenCount", &UsageFields::reasoning},
};

/// A count inside an object of a usage object.
struct Detail
{
    std::string_view object;
    Member member;
};

constexpr std::array Details{
    Detail{"prompt_tokens_details", {"cached_tokens", &UsageFields::cachedDetail}},
    Detail{"input_tokens_details", {"cached_tokens", &UsageFields::cachedDetail}},
    Detail{"completion_tokens_details", {"reasoning_tokens", &UsageFields::reasoning}},
    Detail{"output_tokens_details", {"reasoning_tokens", &UsageFields::reasoning}},
    Detail{"cache_creation", {"ephemeral_1h_input_tokens", &UsageFields::cacheCreation1h}},
};

void readCount(ondemand::value value, std::optional<qint64> &count)
{
    int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS && number >= 0 && number <= MaxTokens)
        count = number;
}

bool readDetail(ondemand::value value, const Member &member, UsageFields &fields)
{
    return forEachMemberOf(value, [&](std::string_view name, ondemand::value count) {
        if (name == member.name)
            readCount(count, fields.*(member.count));
        return true;
    });
}

bool readUsage(ondemand::value value, UsageFields &fields)
{
    return forEachMemberOf(value, [&fields](std::string_view name, ondemand::value member) {
        const auto *detail = std::find_if(Details.begin(), Details.end(),
            [name](const Detail &candidate) { return candidate.object == name; });
        if (detail != Details.end())
            return readDetail(member, detail->member, fields);
        const auto *known = std::find_if(Members.begin(), Members.end(),
            [name](const Member &candidate) { return candidate.name == name; });
        if (known != Members.end())
            readCount(member, fields.*(known->count));
        return true;
    });
}

/// Anthropic tells at the beginning of a stream how much it has written by then.
bool readMessageUsage(ondemand::value value, UsageFields &fields)
{
    const UsageFields::Count before = std::exchange(fields.output, std::nullopt);
    const bool isWhole = readUsage(value, fields);
    if (fields.output)
        fields.outputSoFar = fields.output;
    fields.output = before;
    return isWhole;
}

bool readMember(std::string_view name, ondemand::value value, UsageFields &fields)
{
    if (name == "usage" || name == "usageMetadata")
        return readUsage(value, fields);
    if (name != "message" && name != "response" && name != "x_groq")
        return true;
    const auto read = name == "message" ? readMessageUsage : readUsage;
    return forEachMemberOf(value, [&fields, read](std::string_view inner, ondemand::value usage) {
        return inner != "usage" || read(usage, fields);
    });
}

UsageFields::Count difference(const UsageFields::Count &a, const UsageFields::Count &b)
{
    if (!a || !b)
        return std::nullopt;
    return std::max<qint64>(*a - *b, 0);
}

} // namespace

TokenUsage UsageFields::usage() const
{
    TokenUsage usage;
    usage.cachedInput = cacheRead ? cacheRead : cachedDetail;
    usage.cacheWrite = cacheCreation ? cacheCreation : cacheCreation1h;
    usage.cacheWrite1h = cacheCreation1h;
    usage.output = completion ? completion : output;
    usage.reasoning = reasoning;
    if (prompt)
        usage.input = prompt; // includes the cached ones, also where a server tells both ways
    else if (input)
        usage.input = *input + cacheRead.value_or(0) + cacheCreation.value_or(0);
    if (!usage.input)
        usage.input = usage.output ? difference(total, usage.output) : total;
    else if (!usage.output)
        usage.output = difference(total, usage.input);
    else if (prompt && total)
        usage.output = withHidden(usage);
    return usage;
}

/// xAI and Gemini leave the reasoning out of completion_tokens and have it in the total, Gemini
/// without telling how much it was. It is billed as output.
UsageFields::Count UsageFields::withHidden(const TokenUsage &usage) const
{
    const qint64 hidden = *total - *usage.input - *usage.output;
    const bool isReasoning = hidden > 0 && reasoning.value_or(hidden) == hidden;
    return *usage.output + (isReasoning ? hidden : 0);
}

bool readUsageFields(QByteArray &json, UsageFields &fields)
{
    // The text may turn out to be broken after some of its figures.
    UsageFields read = fields;
    const bool isWhole =
        jsonwalk::readObject(json, [&read](std::string_view name, ondemand::value value) {
            return readMember(name, value, read);
        });
    if (isWhole)
        fields = read;
    return isWhole;
}

bool mayHaveUsage(QByteArrayView json)
{
    // Most events of a stream say only that they have none.
    static constexpr QByteArrayView Null("\":null");
    qsizetype at = UsageMatcher.indexIn(json.data(), json.size());
    while (at >= 0) {
        at += qsizetype(UsageMatcher.pattern().size());
        if (!json.sliced(at).startsWith(Null))
            return true;
        at = UsageMatcher.indexIn(json.data(), json.size(), at);
    }
    return false;
}

bool mentionsUsage(QByteArrayView text)
{
    const qsizetype at = UsageMatcher.indexIn(text.data(), text.size());
    return at >= 0;
}

} // namespace sluice::metering
