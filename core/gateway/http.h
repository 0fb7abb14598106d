// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP messages as values, free of any server or client library. Any thread.
#pragma once

#include <QByteArray>
#include <QHostAddress>
#include <QString>

#include <vector>

namespace sluice::gateway {

/// One header field; the name as received, compared without case.
struct Header
{
    QByteArray name;
    QByteArray value;

    friend bool operator==(const Header &, const Header &) = default;
};

using Headers = std::vector<Header>;

/// The value of the first field with that name (any case), or a null array.
QByteArray headerValue(const Headers &headers, QByteArrayView name);

/// A request target without its query.
QByteArray pathOf(QByteArrayView target);

/// A copy that costs no allocation for names and values that nearly every message carries.
QByteArray internedHeaderText(QByteArrayView text);

/// In decimal; several times faster than QByteArray::number().
QByteArray decimal(qint64 number);

/// What sameHeaderName() asks once the sizes agree.
bool sameHeaderNameOfOneSize(QByteArrayView a, QByteArrayView b);

/// Whether two header names are the same (ASCII case does not count). Most differ in size, and a
/// request asks two hundred times.
inline bool sameHeaderName(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && sameHeaderNameOfOneSize(a, b);
}

/// Whether every byte may stand in a token (RFC 9110 5.6.2) and there is at least one.
bool isToken(QByteArrayView text);

/// Whether every byte may stand in a field value (RFC 9110 5.5): no control but tab.
bool isFieldValue(QByteArrayView text);

/// The head of a request that has passed the framing guard.
struct RequestHead
{
    QByteArray method; ///< as sent, upper case for the known ones
    QByteArray target; ///< origin form: "/path?query", percent-encoding untouched
    Headers headers; ///< without the framing's own: Content-Length, Transfer-Encoding, Expect
    int minorVersion = 1; ///< HTTP/1.x
    qint64 contentLength = -1; ///< announced body size, -1 = chunked or none
};

/// A complete, valid request.
struct Request
{
    RequestHead head;
    QByteArray body;
    QHostAddress peer;
};

/// A complete answer.
struct Response
{
    int status = 200;
    Headers headers;
    QByteArray body;
    bool close = false; ///< close the connection after it
};

/// Why the guard refuses a message: what RequestHandler::frontError() is asked to dress.
struct FramingError
{
    int status = 0; ///< 400, 408, 413, 431 or 503; 0 = none
    QByteArray code;
    QString message;
};

} // namespace sluice::gateway
