// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/usage/usagereader.h"

#include "core/metering/tokens/answertext.h"

#include <algorithm>
#include <cstring>

namespace sluice::metering {

namespace {

constexpr QByteArrayView ByteOrderMark("\xEF\xBB\xBF");
constexpr QByteArrayView DataField("data");

/// Buffers of ordinary events are kept for the next one, larger ones are not.
constexpr qsizetype MaxKeptBytes = 64 * 1024;

const char *find(const char *from, const char *end, char wanted)
{
    const void *at = std::memchr(from, wanted, static_cast<size_t>(end - from));
    return at == nullptr ? end : static_cast<const char *>(at);
}

void empty(QByteArray &buffer)
{
    if (buffer.capacity() > MaxKeptBytes)
        buffer = QByteArray();
    else
        buffer.resize(0);
}

} // namespace

void UsageReader::feed(QByteArrayView chunk)
{
    if (m_isFinished || chunk.isEmpty())
        return;
    if (m_form == Form::Json)
        feedDocument(chunk);
    else
        feedStream(chunk);
}

TokenUsage UsageReader::finish()
{
    if (!m_isFinished) {
        m_isFinished = true;
        if (m_form == Form::Json)
            finishDocument();
        else
            finishStream();
        m_line = QByteArray();
        m_data = QByteArray();
    }
    return usage();
}

void UsageReader::feedDocument(QByteArrayView chunk)
{
    m_hasContent = true;
    if (m_gaveUp)
        return;
    if (chunk.size() > MaxBodyBytes - m_data.size()) {
        m_gaveUp = true;
        m_data = QByteArray();
        return;
    }
    m_data.append(chunk);
}

void UsageReader::finishDocument()
{
    if (m_data.startsWith(ByteOrderMark))
        m_data.remove(0, ByteOrderMark.size());
    readJson();
}

void UsageReader::feedStream(QByteArrayView chunk)
{
    const char *at = chunk.begin();
    const char *end = chunk.end();
    if (m_afterReturn && *at == '\n')
        ++at;
    m_afterReturn = false;
    // Neither kind of line end is looked for twice: a chunk of short lines stays linear.
    const char *lineFeed = find(at, end, '\n');
    const char *carriage = find(at, end, '\r');
    while (std::min(lineFeed, carriage) != end) {
        const char *stop = std::min(lineFeed, carriage);
        endLine(QByteArrayView(at, stop));
        at = stop + 1;
        m_afterReturn = stop == carriage && at == end;
        if (stop == carriage && at != end && *at == '\n')
            ++at;
        if (lineFeed < at)
            lineFeed = find(at, end, '\n');
        if (carriage < at)
            carriage = find(at, end, '\r');
    }
    appendToLine(QByteArrayView(at, end));
}

void UsageReader::finishStream()
{
    if (!m_line.isEmpty())
        endLine({});
    endEvent();
}

void UsageReader::appendToLine(QByteArrayView bytes)
{
    const qsizetype room = MaxLineBytes - m_line.size();
    m_isLineTooLong = m_isLineTooLong || bytes.size() > room;
    m_line.append(bytes.first(std::min(bytes.size(), room)));
}

void UsageReader::endLine(QByteArrayView rest)
{
    if (m_line.isEmpty() && rest.size() <= MaxLineBytes) {
        readLine(rest);
        return;
    }
    appendToLine(rest);
    // Without one of its lines an event says something else.
    if (!m_isLineTooLong)
        readLine(m_line);
    else if (isData(m_line))
        m_isEventTooLong = true;
    m_isLineTooLong = false;
    m_isFirstLine = false;
    empty(m_line);
}

/// Whether a line that is too long belongs to the event's data.
bool UsageReader::isData(QByteArrayView line) const
{
    return withoutMark(line).startsWith(DataField);
}

/// A stream may begin with a byte order mark.
QByteArrayView UsageReader::withoutMark(QByteArrayView line) const
{
    const bool hasMark = m_isFirstLine && line.startsWith(ByteOrderMark);
    return hasMark ? line.sliced(ByteOrderMark.size()) : line;
}

void UsageReader::readLine(QByteArrayView line)
{
    line = withoutMark(line);
    m_isFirstLine = false;
    if (line.isEmpty()) {
        endEvent();
        return;
    }
    m_hasContent = m_hasContent || line.front() != ':';
    if (!line.startsWith(DataField))
        return; // a comment or another field
    QByteArrayView value = line.sliced(DataField.size());
    if (!value.isEmpty() && value.front() != ':')
        return; // a field whose name is longer
    value = value.isEmpty() ? value : value.sliced(1);
    appendData(value.startsWith(' ') ? value.sliced(1) : value);
}

void UsageReader::appendData(QByteArrayView data)
{
    const qsizetype separator = m_hasData ? 1 : 0;
    m_isEventTooLong = m_isEventTooLong || data.size() + separator > MaxLineBytes - m_data.size();
    if (m_isEventTooLong)
        return;
    if (m_hasData)
        m_data.append('\n');
    m_data.append(data);
    m_hasData = true;
}

void UsageReader::endEvent()
{
    if (!m_isEventTooLong && m_hasData)
        readJson();
    m_isEventTooLong = false;
    m_hasData = false;
    empty(m_data);
}

void UsageReader::readJson()
{
    if (mayHaveUsage(m_data))
        m_hasRead = readUsageFields(m_data, m_fields) || m_hasRead;
    m_hasRead = readAnswerText(m_data, m_text) || m_hasRead;
}

qint64 UsageReader::countedOutput() const
{
    return std::max(m_text.tokens(), m_fields.outputSoFar.value_or(0));
}

} // namespace sluice::metering
