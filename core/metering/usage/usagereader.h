// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the tokens that a provider reports from its answer as it passes by, in chunks of any size.
// The answer is untrusted: whatever it holds, memory stays bounded and nothing fails; what is not
// understood is not reported. One answer, one thread; owned by whoever relays it.
#pragma once

#include "core/metering/tokens/tokencounter.h"
#include "core/metering/usage/usagefields.h"

namespace sluice::metering {

class UsageReader
{
public:
    enum class Form : quint8 {
        Json, ///< one document, kept until the end
        EventStream, ///< server-sent events, read one by one
    };

    /// Bytes of a document; a longer one is not kept, and nothing is reported of it.
    static constexpr qsizetype MaxBodyBytes = 8 * 1024 * 1024;
    /// Bytes of one line of a stream, and of the data of one event; longer ones are skipped. The
    /// last event of the Responses API holds the whole answer.
    static constexpr qsizetype MaxLineBytes = MaxBodyBytes;

    /// family: for countedOutput().
    explicit UsageReader(Form form, TokenFamily family = TokenFamily::Other)
        : m_form(form), m_text(family)
    {
    }

    /// The next bytes, decoded (no content or transfer coding). Ignored after finish().
    void feed(QByteArrayView chunk);

    /// The answer has ended: what stands at its end without a line break counts too. May be called
    /// again.
    TokenUsage finish();

    /// What has been read so far; of a document nothing before finish().
    [[nodiscard]] TokenUsage usage() const { return m_fields.usage(); }

    /// Whether the answer makes sense so far: a document or an event was understood, or nothing but
    /// comments has come. If not, missing figures and texts say nothing about the provider.
    [[nodiscard]] bool isReadable() const { return m_hasRead || !m_hasContent; }

    /// Tokens of the output so far, for want of a report: in the text that has passed, by the
    /// estimator, or what the provider has told in the middle of its answer, if that is more.
    [[nodiscard]] qint64 countedOutput() const;

private:
    void feedDocument(QByteArrayView chunk);
    void feedStream(QByteArrayView chunk);
    void appendToLine(QByteArrayView bytes);
    void endLine(QByteArrayView rest);
    [[nodiscard]] bool isData(QByteArrayView line) const;
    [[nodiscard]] QByteArrayView withoutMark(QByteArrayView line) const;
    void readLine(QByteArrayView line);
    void appendData(QByteArrayView data);
    void endEvent();
    void finishDocument();
    void finishStream();
    void readJson();

    Form m_form;
    bool m_gaveUp = false; ///< the document is too large
    bool m_hasContent = false; ///< more than comments
    bool m_hasRead = false; ///< some JSON was understood
    bool m_isFinished = false;
    bool m_isFirstLine = true;
    bool m_afterReturn = false; ///< a line feed now belongs to the line that CR has ended
    bool m_isLineTooLong = false;
    bool m_hasData = false; ///< the event has a data line, perhaps an empty one
    bool m_isEventTooLong = false;
    QByteArray m_line; ///< the beginning of a line whose end has not come yet
    QByteArray m_data; ///< the event's data, or the whole document
    UsageFields m_fields;
    TokenCounter m_text; ///< of the answer
};

} // namespace sluice::metering
