// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/bodypeek.h"

#include "core/metering/jsonwalk.h"

#include <algorithm>
#include <cstdint>

namespace sluice::gateway {

namespace {

using namespace metering::jsonwalk;

QByteArray text(ondemand::value value)
{
    std::string_view view;
    if (value.get_string().get(view) != simdjson::SUCCESS)
        return {};
    return QByteArray(view.data(), static_cast<qsizetype>(view.size()));
}

void readModel(ondemand::value value, const char *begin, BodyPeek &peek)
{
    const std::string_view raw = value.raw_json_token();
    if (raw.size() < 2 || raw.front() != '"')
        return;
    peek.modelAt = raw.data() + 1 - begin;
    peek.model = text(value);
    // The raw token may carry blanks after its closing quote.
    const size_t close = raw.find_last_of('"');
    peek.modelSize = static_cast<qsizetype>(close - 1);
}

void readMetadata(ondemand::value value, BodyPeek &peek)
{
    ondemand::object object;
    if (!peek.user.isEmpty() || value.get_object().get(object) != simdjson::SUCCESS)
        return;
    ondemand::value id;
    if (object.find_field_unordered("user_id").get(id) == simdjson::SUCCESS)
        peek.user = text(id);
}

constexpr int64_t MaxCount = 1'000'000'000'000;

/// A whole number from 1 to MaxCount, else 0.
int64_t count(ondemand::value value)
{
    int64_t number = 0;
    const bool isCount =
        value.get_int64().get(number) == simdjson::SUCCESS && number > 0 && number <= MaxCount;
    return isCount ? number : 0;
}

/// What bounds the length of the answer.
struct AnswerBounds
{
    int64_t tokens = 0; ///< of each choice; 0 = none given
    int64_t choices = 1;

    [[nodiscard]] std::optional<qint64> maxOutputTokens() const
    {
        if (tokens == 0)
            return std::nullopt;
        return tokens > MaxCount / choices ? MaxCount : tokens * choices;
    }
};

void readBound(std::string_view key, ondemand::value value, AnswerBounds &bounds)
{
    if (key == "n")
        bounds.choices = std::max(bounds.choices, count(value));
    else if (key == "max_tokens" || key == "max_completion_tokens" || key == "max_output_tokens")
        bounds.tokens = std::max(bounds.tokens, count(value));
}

void readStream(ondemand::value value, BodyPeek &peek)
{
    bool isStream = false;
    if (value.get_bool().get(isStream) == simdjson::SUCCESS)
        peek.isStream = isStream;
}

qsizetype offsetOf(ondemand::value value, const char *begin)
{
    return value.raw_json_token().data() - begin;
}

/// A value without the blanks that its raw token may end with.
qsizetype sizeOfToken(ondemand::value value)
{
    const std::string_view raw = value.raw_json_token();
    return static_cast<qsizetype>(raw.find_last_not_of(" \t\r\n")) + 1;
}

/// False if the text is broken.
bool readStreamOptions(ondemand::value value, const char *begin, StreamOptions &options)
{
    using Form = StreamOptions::Form;
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    options = {Form::Unfit, false, offsetOf(value, begin), 0};
    if (type == ondemand::json_type::null) {
        options.form = Form::Null;
        options.size = sizeOfToken(value);
    }
    if (type != ondemand::json_type::object)
        return true;
    options.form = Form::Empty;
    return forEachMemberOf(value, [&](std::string_view key, ondemand::value member) {
        if (member.type().get(type) != simdjson::SUCCESS)
            return false;
        const bool isScalar =
            type != ondemand::json_type::object && type != ondemand::json_type::array;
        if (options.form == Form::Empty)
            options.form = Form::WithoutUsage;
        if (key != "include_usage" || !isScalar)
            return true;
        options.form = Form::WithUsage;
        options.at = offsetOf(member, begin);
        options.size = sizeOfToken(member);
        options.includesUsage = type == ondemand::json_type::boolean && member.get_bool().value();
        return true;
    });
}

/// False if the text is broken.
bool readField(std::string_view key, ondemand::value value, const char *begin, BodyPeek &peek,
    AnswerBounds &bounds)
{
    if (key == "model") {
        readModel(value, begin, peek);
    } else if (key == "user") {
        if (const QByteArray user = text(value); !user.isEmpty())
            peek.user = user;
    } else if (key == "metadata") {
        readMetadata(value, peek);
    } else if (key == "stream") {
        readStream(value, peek);
    } else if (key == "stream_options") {
        return readStreamOptions(value, begin, peek.streamOptions);
    } else {
        readBound(key, value, bounds);
    }
    return true;
}

} // namespace

BodyPeek peekBody(QByteArray &body)
{
    BodyPeek peek;
    AnswerBounds bounds;
    const auto read = [&](std::string_view key, ondemand::value value) {
        return readField(key, value, body.constData(), peek, bounds);
    };
    if (!metering::jsonwalk::readObject(body, read))
        return {};
    peek.isJsonObject = true;
    peek.maxOutputTokens = bounds.maxOutputTokens();
    peek.end = body.lastIndexOf('}');
    return peek;
}

} // namespace sluice::gateway
