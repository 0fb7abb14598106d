// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/answerhead.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <charconv>

using namespace Qt::StringLiterals;

namespace sluice::gateway {

namespace {

struct Reason
{
    int status;
    QByteArrayView text;
};

constexpr Reason reasons[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
    {206, "Partial Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
    {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
    {400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"},
    {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
    {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"}, {411, "Length Required"},
    {413, "Content Too Large"}, {415, "Unsupported Media Type"}, {422, "Unprocessable Content"},
    {424, "Failed Dependency"}, {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
    {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Gateway Timeout"}, {529, "Overloaded"}};

QByteArrayView reasonOf(int status)
{
    for (const Reason &reason : reasons) {
        if (reason.status == status)
            return reason.text;
    }
    return "Status";
}

void appendNumber(QByteArray &out, qint64 number)
{
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end - digits.data());
}

// What only the framing may say.
bool belongsToFraming(QByteArrayView name)
{
    switch (name.size()) {
    case 4:
        return sameHeaderName(name, "date");
    case 10:
        return sameHeaderName(name, "connection") || sameHeaderName(name, "keep-alive");
    case 14:
        return sameHeaderName(name, "content-length");
    case 17:
        return sameHeaderName(name, "transfer-encoding");
    default:
        return false;
    }
}

void appendField(QByteArray &out, const Header &header)
{
    out.append(header.name).append(": ");
    if (isFieldValue(header.value)) {
        out.append(header.value);
    } else {
        QByteArray clean = header.value;
        std::replace_if(
            clean.begin(), clean.end(),
            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
        out.append(clean);
    }
    out.append("\r\n");
}

} // namespace

void AnswerHead::append(QByteArray &out, int status, const Headers &headers,
    const AnswerFraming &framing, QByteArrayView date)
{
    out.append("HTTP/1.1 ");
    appendNumber(out, status);
    out.append(' ').append(reasonOf(status)).append("\r\nDate: ").append(date).append("\r\n");
    for (const Header &header : headers) {
        if (isToken(header.name) && !belongsToFraming(header.name))
            appendField(out, header);
    }
    if (framing.contentLength >= 0) {
        out.append("Content-Length: ");
        appendNumber(out, framing.contentLength);
        out.append("\r\n");
    }
    if (framing.chunked)
        out.append("Transfer-Encoding: chunked\r\n");
    if (framing.close)
        out.append("Connection: close\r\n");
    else if (framing.sayKeepAlive)
        out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
}

QByteArray AnswerHead::date(qint64 unixSeconds)
{
    const QDateTime moment = QDateTime::fromSecsSinceEpoch(unixSeconds, Qt::UTC);
    return QLocale::c().toString(moment, u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s).toLatin1();
}

} // namespace sluice::gateway
