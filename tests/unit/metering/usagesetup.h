// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the usage reader share. Test thread.
#pragma once

#include "core/metering/usage/usagereader.h"

#include <QTest>

Q_DECLARE_METATYPE(sluice::metering::TokenUsage)

namespace sluice::test {

using metering::TokenUsage;
using metering::UsageReader;
using Form = UsageReader::Form;

/// Reads a whole text in chunks of at most `size` bytes, the first one of `first` bytes.
inline TokenUsage readInChunks(Form form, QByteArrayView text, qsizetype first, qsizetype size)
{
    UsageReader reader(form);
    reader.feed(text.first(first));
    for (qsizetype at = first; at < text.size(); at += size)
        reader.feed(text.sliced(at, std::min(size, text.size() - at)));
    return reader.finish();
}

inline TokenUsage readAtOnce(Form form, const QByteArray &text)
{
    return readInChunks(form, text, text.size(), 1);
}

/// The text is read alike whole, byte by byte, in threes and cut in two at every place.
inline void compareAtEveryBorder(Form form, const QByteArray &text, const TokenUsage &expected)
{
    QCOMPARE(readAtOnce(form, text), expected);
    QCOMPARE(readInChunks(form, text, 0, 1), expected);
    QCOMPARE(readInChunks(form, text, 0, 3), expected);
    for (qsizetype at = 0; at <= text.size(); ++at) {
        const TokenUsage usage = readInChunks(form, text, at, text.size());
        QVERIFY2(usage == expected, qPrintable(QString::number(at)));
    }
}

inline TokenUsage tokens(std::optional<qint64> input, std::optional<qint64> output,
    std::optional<qint64> cachedInput = {}, std::optional<qint64> cacheWrite = {})
{
    TokenUsage usage;
    usage.input = input;
    usage.cachedInput = cachedInput;
    usage.cacheWrite = cacheWrite;
    usage.output = output;
    return usage;
}

} // namespace sluice::test
