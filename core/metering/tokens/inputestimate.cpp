// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokens/inputestimate.h"

#include "core/metering/jsonwalk.h"
#include "core/metering/tokens/tokencounter.h"

#include <algorithm>
#include <array>

namespace sluice::metering {

namespace {

using namespace jsonwalk;

constexpr int MaxDepth = 16; ///< of parts within parts; what is deeper is counted as text

// A longer text is counted in samples of its bytes, taken evenly: a gateway thread has other
// streams to relay meanwhile (a MiB would take it some 4 ms).
constexpr size_t LongText = 256 * 1024;
constexpr size_t Samples = 32;
constexpr size_t SampleBytes = LongText / Samples;

constexpr qint64 BytesPerToken = 4; ///< of a body that is not understood

// OpenAI: three tokens around each message, one for its role, three that begin the answer.
constexpr qint64 TokensPerMessage = 3;
constexpr qint64 TokensOfRole = 1;
constexpr qint64 TokensOfAnswerBegin = 3;

// Flat figures, since nobody unpacks a picture here. OpenAI: 85 with low detail, else 85 and 170
// for each of the four tiles of a 1024 by 1024 picture. Anthropic: width times height / 750, of a
// megapixel. Google: 258 for a picture of one tile.
constexpr qint64 LowDetailPicture = 85;
constexpr qint64 Picture = 765;
constexpr qint64 ClaudePicture = 1'334;
constexpr qint64 GeminiPicture = 258;
constexpr qint64 Sound = 600; ///< a minute at OpenAI's ten tokens a second
constexpr qint64 File = 3'000; ///< a page or two

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

class InputWalk
{
public:
    explicit InputWalk(TokenFamily family) : m_counter(family), m_family(family) { }

    bool readMember(std::string_view name, ondemand::value value);

    /// False if the body has nothing that is known to be input.
    [[nodiscard]] bool hasInput() const { return m_hasInput; }

    [[nodiscard]] qint64 tokens() const { return m_counter.tokens() + m_flat; }

private:
    /// What the members of one part say together, in any order.
    struct PartState
    {
        bool isPicture = false;
        bool isLowDetail = false;
    };

    void feed(std::string_view text);
    void feedSamples(std::string_view text);
    bool readRaw(ondemand::value value);
    bool readValue(ondemand::value value, int depth);
    bool readPart(ondemand::value value, int depth);
    bool readPartMember(std::string_view name, ondemand::value value, int depth, PartState &part);
    bool readDetail(ondemand::value value, PartState &part);
    bool readSource(ondemand::value value, int depth, PartState &part);
    [[nodiscard]] qint64 picture(const PartState &part) const;

    TokenCounter m_counter;
    TokenFamily m_family;
    qint64 m_flat = 0; ///< tokens beside the text
    bool m_hasInput = false;
};

void InputWalk::feed(std::string_view text)
{
    if (text.size() > LongText)
        return feedSamples(text);
    m_counter.feed({text.data(), static_cast<qsizetype>(text.size())});
    m_counter.endText();
}

void InputWalk::feedSamples(std::string_view text)
{
    TokenCounter counter(m_family);
    for (size_t i = 0; i < Samples; ++i) {
        const std::string_view sample = text.substr(text.size() / Samples * i, SampleBytes);
        counter.feed({sample.data(), static_cast<qsizetype>(sample.size())});
        counter.endText();
    }
    m_flat += counter.tokens() * static_cast<qint64>(text.size())
        / static_cast<qint64>(Samples * SampleBytes);
}

bool InputWalk::readRaw(ondemand::value value)
{
    std::string_view text;
    if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS)
        return false;
    feed(text);
    return true;
}

bool InputWalk::readMember(std::string_view name, ondemand::value value)
{
    if (isOneOf(name, {"tools", "functions", "response_format"})) {
        // These may be simple words or null; only their definitions are sent to the model.
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS)
            return false;
        const bool isDefinition =
            type == ondemand::json_type::array || type == ondemand::json_type::object;
        return !isDefinition || readRaw(value);
    }
    if (!isOneOf(name, {"messages", "system", "prompt", "suffix", "input", "instructions"}))
        return true;
    m_hasInput = true;
    if (name == "messages")
        m_flat += TokensOfAnswerBegin;
    else if (name == "system")
        m_flat += TokensPerMessage;
    return readValue(value, 0);
}

/// A text, a token id, or any list of these and of parts.
bool InputWalk::readValue(ondemand::value value, int depth)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    switch (type) {
    case ondemand::json_type::string:
        return withString(value, [this](std::string_view text) { feed(text); });
    case ondemand::json_type::number:
        ++m_flat;
        return true;
    case ondemand::json_type::array:
        if (depth >= MaxDepth)
            return readRaw(value);
        return forEachElementOf(value,
            [this, depth](ondemand::value element) { return readValue(element, depth + 1); });
    case ondemand::json_type::object:
        return depth >= MaxDepth ? readRaw(value) : readPart(value, depth + 1);
    default:
        return true;
    }
}

/// A message, a part of one, or an item of a list of responses.
bool InputWalk::readPart(ondemand::value value, int depth)
{
    PartState part;
    const bool isWhole =
        forEachMemberOf(value, [this, depth, &part](std::string_view name, ondemand::value member) {
            return readPartMember(name, member, depth, part);
        });
    if (part.isPicture)
        m_flat += picture(part);
    return isWhole;
}

bool InputWalk::readPartMember(
    std::string_view name, ondemand::value value, int depth, PartState &part)
{
    if (isOneOf(name,
            {"content", "text", "refusal", "thinking", "reasoning_content", "arguments", "output",
                "name", "title", "context", "summary", "tool_calls", "function", "function_call"}))
        return readValue(value, depth);
    if (name == "role") {
        m_flat += TokensPerMessage + TokensOfRole;
    } else if (name == "input") {
        return readRaw(value); // of a tool, as the model has written it
    } else if (name == "image_url") {
        part.isPicture = true;
        return readDetail(value, part);
    } else if (name == "detail") {
        return withString(
            value, [&part](std::string_view text) { part.isLowDetail = text == "low"; });
    } else if (name == "source") {
        return readSource(value, depth, part);
    } else if (name == "input_audio") {
        m_flat += Sound;
    } else if (isOneOf(name, {"file", "file_data", "file_id", "file_url"})) {
        m_flat += File;
    }
    return true;
}

bool InputWalk::readDetail(ondemand::value value, PartState &part)
{
    return forEachMemberOf(value, [&part](std::string_view name, ondemand::value member) {
        return name != "detail" || withString(member, [&part](std::string_view text) {
            part.isLowDetail = text == "low";
        });
    });
}

/// Anthropic's pictures and documents; a document may also be plain text or parts.
bool InputWalk::readSource(ondemand::value value, int depth, PartState &part)
{
    std::string_view type;
    std::string_view mediaType;
    std::string_view data;
    bool hasParts = false;
    const bool isWhole = forEachMemberOf(value, [&](std::string_view name, ondemand::value member) {
        if (name == "type")
            return withString(member, [&type](std::string_view text) { type = text; });
        if (name == "media_type")
            return withString(member, [&mediaType](std::string_view text) { mediaType = text; });
        if (name == "data")
            return withString(member, [&data](std::string_view text) { data = text; });
        if (name != "content")
            return true;
        hasParts = true;
        return readValue(member, depth);
    });
    if (type == "text")
        feed(data);
    else if (mediaType.substr(0, 12) == "application/")
        m_flat += File;
    else if (!hasParts)
        part.isPicture = true;
    return isWhole;
}

qint64 InputWalk::picture(const PartState &part) const
{
    if (m_family == TokenFamily::Claude2)
        return ClaudePicture;
    if (m_family == TokenFamily::Gemma)
        return GeminiPicture;
    return part.isLowDetail ? LowDetailPicture : Picture;
}

} // namespace

qint64 estimateInput(QByteArray &body, TokenFamily family)
{
    InputWalk walk(family);
    const bool isObject = readObject(body, [&walk](std::string_view name, ondemand::value value) {
        return walk.readMember(name, value);
    });
    if (!isObject)
        return std::max<qint64>((body.size() + BytesPerToken - 1) / BytesPerToken, 1);
    if (walk.hasInput())
        return std::max<qint64>(walk.tokens(), 1);
    TokenCounter counter(family);
    counter.feed(body);
    return std::max<qint64>(counter.tokens(), 1);
}

} // namespace sluice::metering
