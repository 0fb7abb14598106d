// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/usage/usagefilter.h"

#include "core/metering/usage/usagefields.h"

#include <QVarLengthArray>

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::metering {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr QByteArrayView DataField("data:");

/// How OpenAI and most others write it. The unescaped quotes, and the one brace that closes both
/// the object and the text, tell that it is a member of the outermost object.
constexpr QByteArrayView UsualNull(R"(,"usage":null})");

/// One `data:` line of an event.
struct DataLine
{
    qsizetype at = 0; ///< of its value in the event
    qsizetype size = 0;
    qsizetype joinedAt = 0; ///< of its value in the event's data
};

using DataLines = QVarLengthArray<DataLine, 4>;

qsizetype find(QByteArrayView bytes, qsizetype from, qsizetype end, char wanted)
{
    const void *at = std::memchr(bytes.data() + from, wanted, static_cast<size_t>(end - from));
    return at == nullptr ? end : static_cast<const char *>(at) - bytes.data();
}

/// The first carriage return or line feed, else the end.
qsizetype findLineEnd(QByteArrayView bytes, qsizetype from)
{
    return find(bytes, from, find(bytes, from, bytes.size(), '\n'), '\r');
}

DataLines dataLinesOf(QByteArrayView event)
{
    DataLines lines;
    qsizetype joined = 0;
    for (qsizetype at = 0; at < event.size();) {
        const qsizetype end = findLineEnd(event, at);
        const QByteArrayView line = event.sliced(at, end - at);
        if (line.startsWith(DataField)) {
            qsizetype value = DataField.size();
            if (value < line.size() && line.at(value) == ' ')
                ++value;
            lines.append({at + value, line.size() - value, joined});
            joined += line.size() - value + 1;
        }
        at = end + 1;
    }
    return lines;
}

/// Where a chunk speaks of usage.
struct Mention
{
    bool hasFigures = false;
    bool hasNoChoices = false;
    qsizetype nullKey = -1; ///< offset of the quote before `usage`
    qsizetype nullEnd = -1; ///< behind its `null`
};

bool readMention(ondemand::object object, const char *begin, Mention &mention)
{
    for (auto field : object) {
        std::string_view name;
        ondemand::value value;
        ondemand::raw_json_string key;
        ondemand::json_type type{};
        if (field.key().get(key) != simdjson::SUCCESS
            || field.unescaped_key().get(name) != simdjson::SUCCESS
            || field.value().get(value) != simdjson::SUCCESS
            || value.type().get(type) != simdjson::SUCCESS)
            return false;
        if (name == "choices" && type == ondemand::json_type::array) {
            ondemand::array choices;
            if (value.get_array().get(choices) != simdjson::SUCCESS
                || choices.is_empty().get(mention.hasNoChoices) != simdjson::SUCCESS)
                return false;
        } else if (name == "usage") {
            mention.hasFigures = type == ondemand::json_type::object;
            if (type == ondemand::json_type::null) {
                mention.nullKey = key.raw() - 1 - begin;
                mention.nullEnd = value.raw_json_token().data() + 4 - begin;
            }
        }
    }
    return true;
}

Mention mentionIn(QByteArray &json)
{
    thread_local ondemand::parser parser;
    json.reserve(json.size() + qsizetype(simdjson::SIMDJSON_PADDING));
    ondemand::document document;
    ondemand::object object;
    Mention mention;
    const bool isRead =
        parser.iterate(json.constData(), static_cast<size_t>(json.size()),
                  static_cast<size_t>(json.capacity()))
                .get(document)
            == simdjson::SUCCESS
        && document.get_object().get(object) == simdjson::SUCCESS
        && readMention(object, json.constData(), mention);
    return isRead ? mention : Mention{};
}

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Extends a member's place by the comma that goes with it.
void takeComma(const QByteArray &json, qsizetype &from, qsizetype &to)
{
    qsizetype behind = to;
    while (behind < json.size() && isBlank(json.at(behind)))
        ++behind;
    if (behind < json.size() && json.at(behind) == ',') {
        to = behind + 1;
        return;
    }
    qsizetype before = from;
    while (before > 0 && isBlank(json.at(before - 1)))
        --before;
    if (before > 0 && json.at(before - 1) == ',')
        from = before - 1;
}

} // namespace

QByteArrayView UsageFilter::feed(QByteArrayView chunk)
{
    m_out.resize(0);
    chunk = takeLineFeed(chunk);
    if (m_held.isEmpty()) {
        const qsizetype passed = passEvents(chunk);
        m_held.append(chunk.sliced(passed));
    } else {
        m_held.append(chunk);
        m_held.remove(0, passEvents(m_held));
    }
    return m_out;
}

QByteArrayView UsageFilter::finish()
{
    const Range surplus = m_isTooLong || m_held.isEmpty() ? Range{} : surplusOf(m_held);
    m_held.remove(surplus.from, surplus.to - surplus.from);
    m_out = std::exchange(m_held, {});
    return m_out;
}

QByteArrayView UsageFilter::takeLineFeed(QByteArrayView chunk)
{
    if (chunk.isEmpty())
        return chunk;
    const LineFeed lineFeed = std::exchange(m_lineFeed, LineFeed::OfNextEvent);
    if (lineFeed == LineFeed::OfNextEvent || chunk.front() != '\n')
        return chunk;
    if (lineFeed == LineFeed::OfPassedEvent)
        pass(chunk.first(1));
    return chunk.sliced(1);
}

/// Gives out the whole events at the beginning of the bytes; the number of bytes that are done
/// with.
qsizetype UsageFilter::passEvents(QByteArrayView bytes)
{
    qsizetype passed = 0;
    qsizetype start = 0;
    while (findEventEnd(bytes)) {
        const qsizetype end = m_scanned;
        const bool isTooLong = m_isTooLong || end - start > MaxEventBytes;
        const Range surplus = isTooLong ? Range{} : surplusOf(bytes.sliced(start, end - start));
        m_isTooLong = false;
        if (surplus.from != surplus.to) {
            pass(bytes.sliced(passed, start + surplus.from - passed));
            passed = start + surplus.to;
        }
        if (end == bytes.size() && bytes.back() == '\r')
            m_lineFeed = passed == end ? LineFeed::OfDroppedEvent : LineFeed::OfPassedEvent;
        start = end;
    }
    m_isTooLong = m_isTooLong || bytes.size() - start > MaxEventBytes;
    const qsizetype done = m_isTooLong ? m_scanned : start;
    pass(bytes.sliced(passed, done - passed));
    m_scanned -= done;
    m_lineStart -= done;
    return done;
}

/// Looks for the blank line that ends the event; m_scanned is behind it then.
bool UsageFilter::findEventEnd(QByteArrayView bytes)
{
    while (m_scanned < bytes.size()) {
        const qsizetype at = findLineEnd(bytes, m_scanned);
        const bool isBlankLine = at == m_lineStart;
        m_scanned = at;
        if (at == bytes.size())
            return false;
        qsizetype next = at + 1;
        const bool isReturn = bytes.at(at) == '\r';
        // A return at the end may be half of a line end; a blank line is one without the rest too.
        if (isReturn && next == bytes.size() && !isBlankLine)
            return false;
        if (isReturn && next < bytes.size() && bytes.at(next) == '\n')
            ++next;
        m_scanned = m_lineStart = next;
        if (isBlankLine)
            return true;
    }
    return false;
}

/// What the client must not see of an event: all of the extra chunk, the member of another one.
UsageFilter::Range UsageFilter::surplusOf(QByteArrayView event)
{
    if (!mentionsUsage(event))
        return {};
    const DataLines lines = dataLinesOf(event);
    if (lines.isEmpty())
        return {};
    const QByteArrayView first = event.sliced(lines.front().at, lines.front().size);
    if (lines.size() == 1 && first.endsWith(UsualNull)) {
        const qsizetype end = lines.front().at + lines.front().size - 1;
        return {end - UsualNull.size() + 1, end};
    }
    m_json.resize(0);
    for (const DataLine &line : lines) {
        if (line.joinedAt > 0)
            m_json.append('\n');
        m_json.append(event.sliced(line.at, line.size));
    }
    const Mention mention = mentionIn(m_json);
    if (mention.hasFigures && mention.hasNoChoices)
        return {0, event.size()};
    if (mention.nullKey < 0)
        return {};
    Range range{mention.nullKey, mention.nullEnd};
    takeComma(m_json, range.from, range.to);
    // A member that is spread over several lines stays: it is harmless, and nobody writes it so.
    for (const DataLine &line : lines) {
        if (range.from >= line.joinedAt && range.to <= line.joinedAt + line.size)
            return {range.from - line.joinedAt + line.at, range.to - line.joinedAt + line.at};
    }
    return {};
}

void UsageFilter::pass(QByteArrayView bytes)
{
    m_out.append(bytes);
}

} // namespace sluice::metering
