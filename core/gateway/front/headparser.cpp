// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/headparser.h"

#include <algorithm>
#include <cstring>

using namespace Qt::StringLiterals;

namespace sluice::gateway {

namespace {

bool isHexDigit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A path and query as RFC 3986 writes them. The query is a little freer, since clients put raw
// braces and bars there; a fragment never travels.
bool isPathAndQuery(QByteArrayView text)
{
    bool inQuery = false;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c <= 0x20 || c == 0x7f || c == '#' || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
        if (c == '%'
            && (i + 2 >= text.size() || !isHexDigit(text[i + 1]) || !isHexDigit(text[i + 2])))
            return false;
        if (c == '?')
            inQuery = true;
        else if (!inQuery && (c == '^' || c == '`' || c == '{' || c == '|' || c == '}'))
            return false;
    }
    return true;
}

bool isAuthority(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c != '\0' && std::strchr("-._~!$&'()*+,;=:[]%", c) != nullptr);
    });
}

bool isMethod(QByteArrayView text)
{
    const auto allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.isEmpty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), allowed);
}

} // namespace

HeadParser::HeadParser(qsizetype maxBytes) : m_maxBytes(maxBytes) { }

HeadParser::State HeadParser::parse(QByteArrayView buffer)
{
    // A TLS handshake has no line end for long: say at once that this is the wrong language.
    if (m_scan == 0 && !buffer.isEmpty() && !m_haveRequestLine && buffer[0] == '\x16') {
        fail(400, u"This port speaks plain HTTP, and the client began a TLS handshake."_s);
        return State::Failed;
    }
    while (!m_complete) {
        const auto *found = m_scan < buffer.size() ? static_cast<const char *>(std::memchr(
                                buffer.data() + m_scan, '\n', size_t(buffer.size() - m_scan)))
                                                   : nullptr;
        const qsizetype end = found ? found - buffer.data() + 1 : buffer.size();
        if (end > m_maxBytes) {
            fail(431, u"The request head is larger than %1 bytes."_s.arg(m_maxBytes));
            return State::Failed;
        }
        m_scan = end;
        if (!found)
            return State::NeedMore;
        const QByteArrayView line = buffer.sliced(m_lineStart, end - m_lineStart);
        m_lineStart = end;
        if (!takeLine(line))
            return State::Failed;
    }
    return State::Done;
}

void HeadParser::reset()
{
    *this = HeadParser(m_maxBytes);
}

bool HeadParser::fail(int status, const QString &message)
{
    m_error = {status, status == 431 ? "headers_too_large"_ba : "bad_request"_ba, message};
    return false;
}

bool HeadParser::takeLine(QByteArrayView line)
{
    // RFC 9112 2.2 lets a recipient take a bare LF; two programs that differ on it can be played
    // against each other, so only CRLF ends a line here.
    if (line.size() < 2 || line[line.size() - 2] != '\r')
        return fail(400, u"A line of the request head does not end in CR LF."_s);
    line.chop(2);
    if (!m_haveRequestLine) {
        // RFC 9112 2.2: one empty line before the request is left over from older clients.
        if (line.isEmpty() && !m_skippedBlank) {
            m_skippedBlank = true;
            return true;
        }
        return takeRequestLine(line);
    }
    if (line.isEmpty())
        return finish();
    return takeField(line);
}

bool HeadParser::takeRequestLine(QByteArrayView line)
{
    const qsizetype first = line.indexOf(' ');
    const qsizetype last = line.lastIndexOf(' ');
    if (first <= 0 || last == first)
        return fail(400, u"The request line is not \"METHOD target HTTP/1.1\"."_s);
    const QByteArrayView method = line.first(first);
    const QByteArrayView version = line.sliced(last + 1);
    if (!isMethod(method) || method == "CONNECT" || method == "TRACE")
        return fail(400, u"The request method is not one that the gateway accepts."_s);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return fail(400, u"The gateway speaks HTTP/1.1 and HTTP/1.0 only."_s);
    m_head.minorVersion = version.back() - '0';
    m_head.method = internedHeaderText(method);
    m_head.headers.reserve(16);
    m_haveRequestLine = true;
    return takeTarget(line.sliced(first + 1, last - first - 1));
}

bool HeadParser::takeTarget(QByteArrayView target)
{
    if (target == "*") {
        if (m_head.method != "OPTIONS")
            return fail(400, u"The target \"*\" is only for OPTIONS."_s);
        m_head.target = "*"_ba;
        return true;
    }
    if (!target.startsWith('/'))
        return takeAbsoluteTarget(target);
    if (!isPathAndQuery(target))
        return fail(400, u"The request target is not a valid path and query."_s);
    m_head.target = target.toByteArray();
    return true;
}

// RFC 9112 3.2.2: a server must accept the absolute form, and its authority replaces Host.
bool HeadParser::takeAbsoluteTarget(QByteArrayView target)
{
    const auto hasScheme = [target](QByteArrayView scheme) {
        return target.size() > scheme.size() && sameHeaderName(target.first(scheme.size()), scheme);
    };
    const qsizetype start = hasScheme("http://") ? 7 : hasScheme("https://") ? 8 : 0;
    if (start == 0)
        return fail(400, u"The request target is neither a path nor an http URL."_s);
    qsizetype end = start;
    while (end < target.size() && target[end] != '/' && target[end] != '?')
        ++end;
    const QByteArrayView authority = target.sliced(start, end - start);
    const QByteArrayView rest = target.sliced(end);
    if (authority.isEmpty() || !isAuthority(authority) || !isPathAndQuery(rest))
        return fail(400, u"The request target is not a valid URL."_s);
    m_authority = authority.toByteArray();
    if (rest.isEmpty() && m_head.method == "OPTIONS")
        m_head.target = "*"_ba;
    else if (rest.startsWith('/'))
        m_head.target = rest.toByteArray();
    else
        m_head.target = QByteArray('/' + rest.toByteArray());
    return true;
}

bool HeadParser::takeField(QByteArrayView line)
{
    if (++m_fields > maxFields)
        return fail(431, u"The request has more than %1 header fields."_s.arg(maxFields));
    if (line[0] == ' ' || line[0] == '\t')
        return fail(400, u"A header field is folded over two lines."_s);
    const qsizetype colon = line.indexOf(':');
    if (colon < 0)
        return fail(400, u"A header field has no colon."_s);
    const QByteArrayView name = line.first(colon);
    if (!isToken(name))
        return fail(400, u"A header name has a space or another forbidden character."_s);
    const QByteArrayView value = line.sliced(colon + 1).trimmed();
    if (!isFieldValue(line.sliced(colon + 1)))
        return fail(400, u"A header value has a control character."_s);
    bool hidden = false;
    if (!takeFramingField(name, value, hidden))
        return false;
    if (!hidden)
        m_head.headers.push_back({internedHeaderText(name), internedHeaderText(value)});
    return true;
}

// The fields that decide where a message ends; hidden: of no use to anybody behind the guard.
bool HeadParser::takeFramingField(QByteArrayView name, QByteArrayView value, bool &hidden)
{
    switch (name.size()) {
    case 4:
        return !sameHeaderName(name, "host") || takeHost(value);
    case 6:
        hidden = sameHeaderName(name, "expect");
        return !hidden || takeExpect(value);
    case 10:
        if (sameHeaderName(name, "connection"))
            takeConnection(value);
        return true;
    case 14:
        hidden = sameHeaderName(name, "content-length");
        return !hidden || takeContentLength(value);
    case 17:
        hidden = sameHeaderName(name, "transfer-encoding");
        return !hidden || takeTransferEncoding(value);
    default:
        return true;
    }
}

bool HeadParser::takeHost(QByteArrayView value)
{
    if (m_haveHost)
        return fail(400, u"The request has more than one Host field."_s);
    if (!isAuthority(value))
        return fail(400, u"The Host field is not a valid host."_s);
    m_haveHost = true;
    return true;
}

bool HeadParser::takeContentLength(QByteArrayView value)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    // 18 digits always fit into 63 bits.
    if (value.isEmpty() || value.size() > 18 || !std::all_of(value.begin(), value.end(), isDigit))
        return fail(400, u"The Content-Length is not a plain number."_s);
    qint64 length = 0;
    for (const char c : value)
        length = length * 10 + (c - '0');
    if (m_framing.contentLength >= 0 && m_framing.contentLength != length)
        return fail(400, u"The request has two different Content-Length fields."_s);
    m_framing.contentLength = length;
    return true;
}

bool HeadParser::takeTransferEncoding(QByteArrayView value)
{
    if (m_framing.chunked)
        return fail(400, u"The request has more than one Transfer-Encoding field."_s);
    if (!sameHeaderName(value, "chunked"))
        return fail(400, u"The only Transfer-Encoding that the gateway accepts is chunked."_s);
    m_framing.chunked = true;
    return true;
}

bool HeadParser::takeExpect(QByteArrayView value)
{
    if (!sameHeaderName(value, "100-continue"))
        return fail(400, u"The only Expect that the gateway understands is 100-continue."_s);
    m_framing.expectContinue = true;
    return true;
}

void HeadParser::takeConnection(QByteArrayView value)
{
    while (!value.isEmpty()) {
        const qsizetype comma = value.indexOf(',');
        const QByteArrayView option = (comma < 0 ? value : value.first(comma)).trimmed();
        m_close = m_close || sameHeaderName(option, "close");
        m_keepAlive = m_keepAlive || sameHeaderName(option, "keep-alive");
        value = comma < 0 ? QByteArrayView() : value.sliced(comma + 1);
    }
}

bool HeadParser::finish()
{
    if (!m_haveHost && m_head.minorVersion > 0)
        return fail(400, u"The request has no Host field."_s);
    if (m_framing.chunked && m_framing.contentLength >= 0)
        return fail(400, u"The request has both Content-Length and Transfer-Encoding."_s);
    if (m_framing.chunked && m_head.minorVersion == 0)
        return fail(400, u"HTTP/1.0 knows no Transfer-Encoding."_s);
    // RFC 9110 10.1.1: an HTTP/1.0 client cannot read an interim answer.
    m_framing.expectContinue = m_framing.expectContinue && m_head.minorVersion > 0;
    m_framing.keepAlive = !m_close && (m_head.minorVersion > 0 || m_keepAlive);
    m_head.contentLength = m_framing.contentLength;
    if (!m_authority.isEmpty()) {
        for (Header &header : m_head.headers) {
            if (sameHeaderName(header.name, "host"))
                header.value = m_authority;
        }
    }
    m_complete = true;
    return true;
}

} // namespace sluice::gateway
