// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/bodydecoder.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::gateway {

namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

void BodyDecoder::start(const Framing &framing, qint64 maxBytes)
{
    m_step = framing.chunked ? Step::ChunkSize : Step::Length;
    m_left = framing.chunked ? 0 : std::max<qint64>(framing.contentLength, 0);
    m_total = 0;
    m_maxBytes = maxBytes;
    m_line.clear();
    m_extensionBytes = 0;
    m_trailerBytes = 0;
    m_endSeen = 0;
    m_error = {};
    if (m_step == Step::Length && m_left == 0)
        m_step = Step::Done;
}

BodyDecoder::State BodyDecoder::decode(QByteArrayView input, qsizetype &consumed, QByteArray &out)
{
    qsizetype at = 0;
    bool good = true;
    while (good && m_step != Step::Done && at < input.size()) {
        switch (m_step) {
        case Step::Length:
        case Step::ChunkData:
            good = takeData(input, at, out);
            break;
        case Step::ChunkEnd:
            good = takeChunkEnd(input, at);
            break;
        case Step::ChunkSize:
        case Step::Trailer:
            good = takeLineBytes(input, at);
            break;
        case Step::Done:
            break;
        }
    }
    consumed = at;
    if (!good)
        return State::Failed;
    return m_step == Step::Done ? State::Done : State::NeedMore;
}

bool BodyDecoder::fail(int status, const QString &message)
{
    m_error = {status, status == 413 ? "request_too_large"_ba : "bad_request"_ba, message};
    return false;
}

bool BodyDecoder::takeData(QByteArrayView input, qsizetype &at, QByteArray &out)
{
    const qsizetype count = qsizetype(std::min<qint64>(m_left, input.size() - at));
    // Grow by doubling but never past what is still announced, so that a large body does not take
    // twice its size.
    const qsizetype need = out.size() + count;
    if (need > out.capacity() && m_step == Step::Length) {
        const qint64 whole = out.size() + m_left;
        out.reserve(qsizetype(std::min<qint64>(whole, std::max<qint64>(need, out.size() * 2))));
    }
    out.append(input.sliced(at, count));
    at += count;
    m_left -= count;
    if (m_left == 0)
        m_step = m_step == Step::Length ? Step::Done : Step::ChunkEnd;
    return true;
}

bool BodyDecoder::takeChunkEnd(QByteArrayView input, qsizetype &at)
{
    const char expected = m_endSeen == 0 ? '\r' : '\n';
    if (input[at] != expected)
        return fail(400, u"A chunk of the request body is longer than its size says."_s);
    ++at;
    if (++m_endSeen == 2) {
        m_endSeen = 0;
        m_step = Step::ChunkSize;
    }
    return true;
}

bool BodyDecoder::takeLineBytes(QByteArrayView input, qsizetype &at)
{
    const QByteArrayView rest = input.sliced(at);
    const qsizetype newline = rest.indexOf('\n');
    const qsizetype count = newline < 0 ? rest.size() : newline + 1;
    if (m_line.size() + count > maxLineBytes)
        return fail(400, u"A line between the chunks of the request body is too long."_s);
    at += count;
    m_line.append(rest.first(count));
    if (newline < 0)
        return true;
    QByteArrayView line = m_line;
    if (line.size() < 2 || line[line.size() - 2] != '\r')
        return fail(400, u"A line of the chunked body does not end in CR LF."_s);
    line.chop(2);
    const bool good = takeLine(line);
    m_line.resize(0);
    return good;
}

bool BodyDecoder::takeLine(QByteArrayView line)
{
    return m_step == Step::Trailer ? takeTrailer(line) : takeChunkSize(line);
}

bool BodyDecoder::takeChunkSize(QByteArrayView line)
{
    qsizetype digits = 0;
    qint64 size = 0;
    // 15 hexadecimal digits always fit into 63 bits; nobody needs more.
    while (digits < std::min<qsizetype>(line.size(), 15) && hexDigit(line[digits]) >= 0)
        size = size * 16 + hexDigit(line[digits++]);
    if (digits == 0 || (digits < line.size() && hexDigit(line[digits]) >= 0))
        return fail(400, u"A chunk size of the request body is not a valid number."_s);
    const QByteArrayView extension = line.sliced(digits);
    if (!extension.isEmpty() && (!extension.trimmed().startsWith(';') || !isFieldValue(extension)))
        return fail(400, u"A chunk size of the request body is followed by garbage."_s);
    m_extensionBytes += int(extension.size());
    if (m_extensionBytes > maxExtensionBytes)
        return fail(400, u"The chunk extensions of the request body are too long."_s);
    if (size > m_maxBytes - m_total)
        return fail(413, u"The request body is larger than %1 bytes."_s.arg(m_maxBytes));
    m_total += size;
    m_left = size;
    m_step = size == 0 ? Step::Trailer : Step::ChunkData;
    return true;
}

// Trailers are checked and dropped: nothing behind the guard has a use for them.
bool BodyDecoder::takeTrailer(QByteArrayView line)
{
    if (line.isEmpty()) {
        m_step = Step::Done;
        return true;
    }
    m_trailerBytes += int(line.size()) + 2;
    if (m_trailerBytes > maxTrailerBytes)
        return fail(400, u"The trailer of the request body is too long."_s);
    const qsizetype colon = line.indexOf(':');
    if (colon < 0 || !isToken(line.first(colon)) || !isFieldValue(line.sliced(colon + 1)))
        return fail(400, u"A trailer field of the request body is malformed."_s);
    return true;
}

} // namespace sluice::gateway
