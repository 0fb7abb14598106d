// SPDX-License-Identifier: GPL-3.0-or-later
// Strict, incremental parser of HTTP/1.x request heads (RFC 9112). Pure: bytes in, a head, "more"
// or an error out. Any thread; one per connection.
#pragma once

#include "core/gateway/http.h"

namespace sluice::gateway {

/// How the rest of the message is framed and what happens to the connection after it.
struct Framing
{
    qint64 contentLength = -1; ///< bytes; -1 = not announced
    bool chunked = false;
    bool expectContinue = false; ///< the client waits for "100 Continue"
    bool keepAlive = true;

    [[nodiscard]] bool hasBody() const { return chunked || contentLength > 0; }
};

class HeadParser
{
public:
    enum class State : quint8 { NeedMore, Done, Failed };

    /// Most header fields a head may have; more is 431.
    static constexpr int maxFields = 200;

    /// maxBytes: the whole head with its empty line; more is 431.
    explicit HeadParser(qsizetype maxBytes = 65'536);

    void setMaxBytes(qsizetype bytes) { m_maxBytes = bytes; }

    /// Goes on parsing. `buffer` starts at the head's first byte and is what an earlier call has
    /// seen plus what came since (it may lie elsewhere in memory). Each byte is looked at once.
    State parse(QByteArrayView buffer);

    /// Bytes of the buffer that belong to the head, when Done.
    [[nodiscard]] qsizetype consumed() const { return m_lineStart; }

    /// The head, when Done; the parser gives it away.
    RequestHead takeHead() { return std::move(m_head); }

    [[nodiscard]] const Framing &framing() const { return m_framing; }

    /// Why, when Failed.
    [[nodiscard]] const FramingError &error() const { return m_error; }

    /// What is known of the target, for the error's shape; may be empty.
    [[nodiscard]] const QByteArray &target() const { return m_head.target; }

    /// Ready for the next head.
    void reset();

private:
    bool takeLine(QByteArrayView line);
    bool takeRequestLine(QByteArrayView line);
    bool takeTarget(QByteArrayView target);
    bool takeAbsoluteTarget(QByteArrayView target);
    bool takeField(QByteArrayView line);
    bool takeFramingField(QByteArrayView name, QByteArrayView value, bool &hidden);
    bool takeHost(QByteArrayView value);
    bool takeContentLength(QByteArrayView value);
    bool takeTransferEncoding(QByteArrayView value);
    bool takeExpect(QByteArrayView value);
    void takeConnection(QByteArrayView value);
    bool finish();
    bool fail(int status, const QString &message);

    qsizetype m_maxBytes;
    qsizetype m_scan = 0; ///< everything before has been searched for a line's end
    qsizetype m_lineStart = 0;
    RequestHead m_head;
    Framing m_framing;
    FramingError m_error;
    QByteArray m_authority; ///< of an absolute-form target
    int m_fields = 0;
    bool m_haveRequestLine = false;
    bool m_skippedBlank = false;
    bool m_haveHost = false;
    bool m_close = false;
    bool m_keepAlive = false;
    bool m_complete = false;
};

} // namespace sluice::gateway
