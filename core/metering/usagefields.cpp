// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/usagefields.h"

#include <QByteArrayMatcher>

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::metering {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr qint64 MaxTokens = 1'000'000'000'000;

/// Larger documents get a parser of their own, which does not keep its memory.
constexpr qsizetype LargeDocument = 1024 * 1024;

using Count = std::optional<qint64> UsageFields::*;

struct Member
{
    std::string_view name;
    Count count;
};

constexpr std::array Members{
    Member{"prompt_tokens", &UsageFields::prompt},
    Member{"completion_tokens", &UsageFields::completion},
    Member{"total_tokens", &UsageFields::total},
    Member{"input_tokens", &UsageFields::input},
    Member{"output_tokens", &UsageFields::output},
    Member{"cache_read_input_tokens", &UsageFields::cacheRead},
    Member{"cache_creation_input_tokens", &UsageFields::cacheCreation},
};

void readCount(ondemand::value value, std::optional<qint64> &count)
{
    int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS && number >= 0 && number <= MaxTokens)
        count = number;
}

/// Calls `visit` with name and value of each member; false if the text is broken.
template <typename Visit> bool forEachMember(ondemand::object object, Visit visit)
{
    for (auto field : object) {
        std::string_view name;
        ondemand::value value;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS
            || field.value().get(value) != simdjson::SUCCESS || !visit(name, value))
            return false;
    }
    return true;
}

/// As forEachMember(), and a value that is no object has no members.
template <typename Visit> bool forEachMemberOf(ondemand::value value, Visit visit)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type != ondemand::json_type::object)
        return true;
    ondemand::object object;
    return value.get_object().get(object) == simdjson::SUCCESS && forEachMember(object, visit);
}

bool readDetails(ondemand::value value, UsageFields &fields)
{
    return forEachMemberOf(value, [&fields](std::string_view name, ondemand::value count) {
        if (name == "cached_tokens")
            readCount(count, fields.cachedDetail);
        return true;
    });
}

bool readUsage(ondemand::value value, UsageFields &fields)
{
    return forEachMemberOf(value, [&fields](std::string_view name, ondemand::value member) {
        if (name == "prompt_tokens_details" || name == "input_tokens_details")
            return readDetails(member, fields);
        const auto *known = std::find_if(Members.begin(), Members.end(),
            [name](const Member &candidate) { return candidate.name == name; });
        if (known != Members.end())
            readCount(member, fields.*(known->count));
        return true;
    });
}

bool readDocument(ondemand::document &document, UsageFields &fields)
{
    ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS)
        return false;
    const bool isWhole =
        forEachMember(object, [&fields](std::string_view name, ondemand::value value) {
            if (name == "usage")
                return readUsage(value, fields);
            if (name != "message" && name != "response")
                return true;
            return forEachMemberOf(value, [&fields](std::string_view inner, ondemand::value usage) {
                return inner != "usage" || readUsage(usage, fields);
            });
        });
    // Something after the object is no JSON document.
    const char *next = nullptr;
    return isWhole && document.current_location().get(next) != simdjson::SUCCESS;
}

void parse(ondemand::parser &parser, QByteArray &json, UsageFields &fields)
{
    ondemand::document document;
    if (parser
            .iterate(json.constData(), static_cast<size_t>(json.size()),
                static_cast<size_t>(json.capacity()))
            .get(document)
        != simdjson::SUCCESS)
        return;
    // The text may turn out to be broken after some of its figures.
    UsageFields read = fields;
    if (readDocument(document, read))
        fields = read;
}

std::optional<qint64> difference(const std::optional<qint64> &a, const std::optional<qint64> &b)
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
    usage.cacheWrite = cacheCreation;
    usage.output = completion ? completion : output;
    if (prompt)
        usage.input = prompt; // includes the cached ones, also where a server tells both ways
    else if (input)
        usage.input = *input + cacheRead.value_or(0) + cacheCreation.value_or(0);
    if (!usage.input)
        usage.input = usage.output ? difference(total, usage.output) : total;
    else if (!usage.output)
        usage.output = difference(total, usage.input);
    return usage;
}

void readUsageFields(QByteArray &json, UsageFields &fields)
{
    if (json.isEmpty())
        return;
    if (json.capacity() < json.size() + qsizetype(simdjson::SIMDJSON_PADDING))
        json.reserve(json.size() + qsizetype(simdjson::SIMDJSON_PADDING));
    if (json.size() > LargeDocument) {
        ondemand::parser parser;
        parse(parser, json, fields);
        return;
    }
    thread_local ondemand::parser parser;
    parse(parser, json, fields);
}

bool mayHaveUsage(QByteArrayView json)
{
    static constexpr auto Matcher = qMakeStaticByteArrayMatcher("\"usage\"");
    return Matcher.indexIn(json.data(), json.size()) >= 0;
}

} // namespace sluice::metering
