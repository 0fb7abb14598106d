// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokens/answertext.h"

#include "core/metering/jsonwalk.h"

#include <algorithm>
#include <array>

namespace sluice::metering {

namespace {

using namespace jsonwalk;

/// Whether the next text goes on where this one ends.
enum class Part : quint8 { Piece, Whole };

QByteArrayView view(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

class AnswerWalk
{
public:
    explicit AnswerWalk(TokenCounter &counter) : m_counter(counter) { }

    bool readMember(std::string_view name, ondemand::value value);

    /// A responses event tells by its type what its delta is; the two come in any order.
    void finish();

private:
    void feed(std::string_view text, Part part);
    bool readText(ondemand::value value, Part part);
    bool readRaw(ondemand::value value);
    bool readChoice(ondemand::value value);
    bool readMessage(ondemand::value value, Part part);
    bool readCall(ondemand::value value, Part part);
    bool readDelta(ondemand::value value);
    bool readParts(ondemand::value value);
    bool readBlock(ondemand::value value);
    bool readOutput(ondemand::value value);
    bool readAddedItem(ondemand::value value);

    TokenCounter &m_counter;
    std::string_view m_type;
    std::string_view m_delta;
};

void AnswerWalk::feed(std::string_view text, Part part)
{
    m_counter.feed(view(text));
    if (part == Part::Whole)
        m_counter.endText();
}

bool AnswerWalk::readText(ondemand::value value, Part part)
{
    return withString(value, [this, part](std::string_view text) { feed(text, part); });
}

/// The input of a tool as the model has written it.
bool AnswerWalk::readRaw(ondemand::value value)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type != ondemand::json_type::object)
        return true;
    std::string_view text;
    if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS)
        return false;
    feed(text, Part::Whole);
    return true;
}

bool AnswerWalk::readMember(std::string_view name, ondemand::value value)
{
    if (name == "choices")
        return forEachElementOf(
            value, [this](ondemand::value choice) { return readChoice(choice); });
    if (name == "type")
        return withString(value, [this](std::string_view text) { m_type = text; });
    if (name == "delta")
        return readDelta(value);
    if (name == "content")
        return readParts(value);
    if (name == "content_block")
        return readBlock(value);
    if (name == "output")
        return readOutput(value);
    if (name == "item" && m_type == "response.output_item.added")
        return readAddedItem(value);
    return true;
}

void AnswerWalk::finish()
{
    constexpr std::array<std::string_view, 6> TextDeltas{"response.output_text.delta",
        "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
        "response.refusal.delta", "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta"};
    if (std::find(TextDeltas.begin(), TextDeltas.end(), m_type) != TextDeltas.end())
        feed(m_delta, Part::Piece);
}

bool AnswerWalk::readChoice(ondemand::value value)
{
    return forEachMemberOf(value, [this](std::string_view name, ondemand::value member) {
        if (name == "delta")
            return readMessage(member, Part::Piece);
        if (name == "message")
            return readMessage(member, Part::Whole);
        return name != "text" || readText(member, Part::Piece);
    });
}

bool AnswerWalk::readMessage(ondemand::value value, Part part)
{
    return forEachMemberOf(value, [this, part](std::string_view name, ondemand::value member) {
        if (name == "content" || name == "reasoning_content" || name == "reasoning"
            || name == "refusal")
            return readText(member, part);
        if (name == "function_call")
            return readCall(member, part);
        if (name != "tool_calls")
            return true;
        return forEachElementOf(member, [this, part](ondemand::value call) {
            return forEachMemberOf(call, [this, part](std::string_view inner, ondemand::value f) {
                return inner != "function" || readCall(f, part);
            });
        });
    });
}

bool AnswerWalk::readCall(ondemand::value value, Part part)
{
    return forEachMemberOf(value, [this, part](std::string_view name, ondemand::value member) {
        if (name == "name")
            return readText(member, Part::Whole);
        return name != "arguments" || readText(member, part);
    });
}

/// A string in responses events, an object in those of messages.
bool AnswerWalk::readDelta(ondemand::value value)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type == ondemand::json_type::string)
        return withString(value, [this](std::string_view text) { m_delta = text; });
    return forEachMemberOf(value, [this](std::string_view name, ondemand::value member) {
        const bool isText = name == "text" || name == "partial_json" || name == "thinking";
        return !isText || readText(member, Part::Piece);
    });
}

bool AnswerWalk::readParts(ondemand::value value)
{
    return forEachElementOf(value, [this](ondemand::value part) { return readBlock(part); });
}

bool AnswerWalk::readBlock(ondemand::value value)
{
    return forEachMemberOf(value, [this](std::string_view name, ondemand::value member) {
        if (name == "text" || name == "thinking" || name == "name" || name == "refusal")
            return readText(member, Part::Whole);
        return name != "input" || readRaw(member);
    });
}

bool AnswerWalk::readOutput(ondemand::value value)
{
    return forEachElementOf(value, [this](ondemand::value item) {
        return forEachMemberOf(item, [this](std::string_view name, ondemand::value member) {
            if (name == "content" || name == "summary")
                return readParts(member);
            const bool isText = name == "name" || name == "arguments" || name == "input";
            return !isText || readText(member, Part::Whole);
        });
    });
}

/// Of a function call that begins: its arguments follow in deltas.
bool AnswerWalk::readAddedItem(ondemand::value value)
{
    return forEachMemberOf(value, [this](std::string_view name, ondemand::value member) {
        return name != "name" || readText(member, Part::Whole);
    });
}

} // namespace

bool readAnswerText(QByteArray &json, TokenCounter &counter)
{
    // The text may turn out to be broken after some of its strings.
    const TokenCounter before = counter;
    AnswerWalk walk(counter);
    const bool isWhole = readObject(json, [&walk](std::string_view name, ondemand::value value) {
        return walk.readMember(name, value);
    });
    if (isWhole)
        walk.finish();
    else
        counter = before;
    return isWhole;
}

} // namespace sluice::metering
