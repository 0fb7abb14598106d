// SPDX-License-Identifier: GPL-3.0-or-later
// What the fuzz targets share: a promise that must hold, numbers that follow from the input alone,
// and an input cut into chunks. One thread.
#pragma once

#include <QByteArray>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

/// The one function of a fuzz target: checks its promises on an input. Aborts if one is broken.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace sluice::test {

/// Ends the program unless the promise holds, and shows the texts that it is about: the driver then
/// keeps the input.
template <typename... Texts> void promise(bool isKept, const char *what, const Texts &...texts)
{
    if (isKept)
        return;
    std::fprintf(stderr, "BROKEN PROMISE: %s\n", what);
    (std::fprintf(stderr, "--- %s\n", QByteArray(texts).constData()), ...);
    std::abort();
}

/// The input where it lies: libFuzzer gives it a block of its own, so that reading beyond it is
/// noticed. toByteArray() hides that behind its terminating zero.
inline QByteArrayView bytesOf(const uint8_t *data, size_t size)
{
    return {reinterpret_cast<const char *>(data), static_cast<qsizetype>(size)};
}

/// Numbers that are the same for the same bytes.
class Numbers
{
public:
    explicit Numbers(QByteArrayView seed)
    {
        for (const char c : seed)
            m_state = (m_state ^ static_cast<uchar>(c)) * 0x100000001b3U;
        m_state |= 1U;
    }

    /// From 0 to bound - 1; bound > 0.
    qsizetype below(qsizetype bound)
    {
        m_state ^= m_state << 13U;
        m_state ^= m_state >> 7U;
        m_state ^= m_state << 17U;
        return static_cast<qsizetype>((m_state >> 11U) % static_cast<quint64>(bound));
    }

private:
    quint64 m_state = 0xcbf29ce484222325U;
};

/// Calls visit with one piece after the other, each of 1 to max bytes.
template <typename Visit> void forChunks(QByteArrayView bytes, qsizetype max, Visit visit)
{
    Numbers numbers(bytes);
    for (qsizetype at = 0; at < bytes.size();) {
        const qsizetype size = qMin(1 + numbers.below(max), bytes.size() - at);
        const QByteArrayView piece = bytes.sliced(at, size);
        // A block of its own: what lies behind a chunk would otherwise be the next one.
        const std::vector<char> chunk(piece.begin(), piece.end());
        visit(QByteArrayView(chunk.data(), size));
        at += size;
    }
}

} // namespace sluice::test
