// SPDX-License-Identifier: GPL-3.0-or-later
// Strict, incremental decoder of request bodies: Content-Length and chunked (RFC 9112 6 and 7.1).
// Pure. Any thread; one per connection.
#pragma once

#include "core/gateway/front/headparser.h"

namespace sluice::gateway {

class BodyDecoder
{
public:
    enum class State : quint8 { NeedMore, Done, Failed };

    static constexpr int maxExtensionBytes = 16'384; ///< all chunk extensions of one body
    static constexpr int maxTrailerBytes = 8'192; ///< the whole trailer section
    static constexpr int maxLineBytes = 4'096; ///< one chunk-size or trailer line

    /// Begins a body. maxBytes: the decoded size; more is 413.
    void start(const Framing &framing, qint64 maxBytes);

    /// Appends what `input` holds of the body to `out` and sets `consumed` to the bytes it took.
    /// NeedMore means that all of the input was taken.
    State decode(QByteArrayView input, qsizetype &consumed, QByteArray &out);

    /// Why, when Failed.
    [[nodiscard]] const FramingError &error() const { return m_error; }

private:
    enum class Step : quint8 { Length, ChunkSize, ChunkData, ChunkEnd, Trailer, Done };

    bool takeData(QByteArrayView input, qsizetype &at, QByteArray &out);
    bool takeChunkEnd(QByteArrayView input, qsizetype &at);
    bool takeLineBytes(QByteArrayView input, qsizetype &at);
    bool takeLine(QByteArrayView line);
    bool takeChunkSize(QByteArrayView line);
    bool takeTrailer(QByteArrayView line);
    bool fail(int status, const QString &message);

    Step m_step = Step::Done;
    qint64 m_left = 0; ///< bytes of the body or of the current chunk still to come
    qint64 m_total = 0;
    qint64 m_maxBytes = 0;
    QByteArray m_line; ///< an unfinished chunk-size or trailer line
    int m_extensionBytes = 0;
    int m_trailerBytes = 0;
    int m_endSeen = 0; ///< bytes of the CR LF after a chunk
    FramingError m_error;
};

} // namespace sluice::gateway
