// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/answerhead.h"

#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

#include <algorithm>
#include <charconv>
#include <cstring>

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

/// Writes into a buffer that is large enough: QByteArray::append() for each of some eighty pieces
/// would cost 7 000 instructions.
class Writer
{
public:
    explicit Writer(char *at) : m_at(at) { }

    Writer &operator<<(QByteArrayView text)
    {
        std::memcpy(m_at, text.data(), size_t(text.size()));
        m_at += text.size();
        return *this;
    }

    Writer &operator<<(qint64 number)
    {
        m_at = std::to_chars(m_at, m_at + MaxDigits, number).ptr;
        return *this;
    }

    /// With what no field value may hold made blanks.
    void writeCleaned(QByteArrayView value)
    {
        m_at = std::transform(value.begin(), value.end(), m_at,
            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c; });
    }

    [[nodiscard]] const char *end() const { return m_at; }

    static constexpr int MaxDigits = 20;

private:
    char *m_at;
};

/// Everything in a head but the handler's fields fits into this.
constexpr qsizetype FramingRoom = 320;

qsizetype roomFor(const Headers &headers)
{
    qsizetype room = FramingRoom;
    for (const Header &header : headers)
        room += header.name.size() + header.value.size() + 4;
    return room;
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

void writeField(Writer &writer, const Header &header)
{
    writer << header.name << ": ";
    if (isFieldValue(header.value))
        writer << header.value;
    else
        writer.writeCleaned(header.value);
    writer << "\r\n";
}

} // namespace

void AnswerHead::append(QByteArray &out, int status, const Headers &headers,
    const AnswerFraming &framing, QByteArrayView date)
{
    const qsizetype start = out.size();
    out.resize(start + roomFor(headers) + date.size());
    Writer writer(out.data() + start);
    writer << "HTTP/1.1 " << qint64(status) << " " << reasonOf(status) << "\r\nDate: " << date
           << "\r\n";
    for (const Header &header : headers) {
        if (isToken(header.name) && !belongsToFraming(header.name))
            writeField(writer, header);
    }
    if (framing.contentLength >= 0)
        writer << "Content-Length: " << framing.contentLength << "\r\n";
    if (framing.chunked)
        writer << "Transfer-Encoding: chunked\r\n";
    if (framing.close)
        writer << "Connection: close\r\n";
    else if (framing.sayKeepAlive)
        writer << "Connection: keep-alive\r\n";
    writer << "\r\n";
    out.resize(writer.end() - out.constData());
}

QByteArray AnswerHead::date(qint64 unixSeconds)
{
    const QDateTime moment = QDateTime::fromSecsSinceEpoch(unixSeconds, QTimeZone::utc());
    return QLocale::c().toString(moment, u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s).toLatin1();
}

} // namespace sluice::gateway
