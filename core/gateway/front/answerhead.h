// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the head of an answer: status line, Date, the handler's fields and the framing's own.
// Pure.
#pragma once

#include "core/gateway/http.h"

namespace sluice::gateway {

/// What the framing adds to the handler's fields.
struct AnswerFraming
{
    qint64 contentLength = -1; ///< -1 = no Content-Length
    bool chunked = false;
    bool close = false; ///< the connection ends after it
    bool sayKeepAlive = false; ///< an HTTP/1.0 client asked to stay
};

class AnswerHead
{
public:
    /// Appends a whole head to `out`. `date` is a ready IMF-fixdate. Fields that belong to the
    /// framing are left out; a name that is no token drops the field, and a control character in a
    /// value becomes a space, so that nothing relayed can split the answer.
    static void append(QByteArray &out, int status, const Headers &headers,
        const AnswerFraming &framing, QByteArrayView date);

    /// Whether an answer with this status never has a body (RFC 9110 6.4.1).
    static bool isBodiless(int status) { return status < 200 || status == 204 || status == 304; }

    /// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" of seconds since the Unix epoch.
    static QByteArray date(qint64 unixSeconds);
};

} // namespace sluice::gateway
