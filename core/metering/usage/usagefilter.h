// SPDX-License-Identifier: GPL-3.0-or-later
// Takes out of an OpenAI stream what is only in it because the gateway asked for usage
// (`stream_options.include_usage`): the extra chunk with the figures, and the `"usage":null` that
// every other chunk then carries. All other bytes go through as they are. The stream is untrusted:
// memory stays bounded, and what is not understood goes through. One answer, one thread; owned by
// whoever relays it.
#pragma once

#include <QByteArray>

namespace sluice::metering {

class UsageFilter
{
public:
    /// Bytes of one event; a longer one goes through as it is.
    static constexpr qsizetype MaxEventBytes = 1024 * 1024;

    /// Takes the next bytes, decoded (no content or transfer coding), and gives what the client may
    /// see now, valid until the next call. Only whole events go out: the beginning of one waits for
    /// its end.
    QByteArrayView feed(QByteArrayView chunk);

    /// The stream has ended: what waits goes out, even without the blank line that ends an event.
    QByteArrayView finish();

private:
    /// Whose a line feed is that comes first in the next chunk.
    enum class LineFeed : quint8 { OfNextEvent, OfPassedEvent, OfDroppedEvent };

    struct Range
    {
        qsizetype from = 0;
        qsizetype to = 0;
    };

    QByteArrayView takeLineFeed(QByteArrayView chunk);
    qsizetype passEvents(QByteArrayView bytes);
    bool findEventEnd(QByteArrayView bytes);
    Range surplusOf(QByteArrayView event);
    void pass(QByteArrayView bytes);

    QByteArray m_out; ///< of one call, together: each write to a client has its own frame
    QByteArray m_held; ///< the beginning of an event whose end has not come yet
    QByteArray m_json; ///< an event's data, with room for the parser's padding
    // Offsets into the held bytes and what is fed behind them:
    qsizetype m_scanned = 0; ///< all line ends before have been seen
    qsizetype m_lineStart = 0; ///< of the line that goes on there
    LineFeed m_lineFeed = LineFeed::OfNextEvent;
    bool m_isTooLong = false; ///< the event goes through until its end
};

} // namespace sluice::metering
