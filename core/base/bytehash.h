// SPDX-License-Identifier: GPL-3.0-or-later
// A fast keyed hash of short texts that strangers choose. The scheme is that of wyhash (Wang Yi,
// "final version 4"), with both factors of every product hidden behind secrets: whoever does not
// know them cannot choose texts that collide. For tables in memory only, never stored or sent.
// Pure, any thread. Qt's own hash of bytes uses wide AES instructions that slow down whatever runs
// after them: with it a limit decision takes twice as long and a whole request a sixth more.
#pragma once

#include <QByteArray>
#include <QHashFunctions>

#include <cstring>
#include <functional>
#include <unordered_map>

namespace sluice {

class ByteHash
{
public:
    /// Secrets of this process, fixed by QT_HASH_SEED=0.
    ByteHash() : ByteHash(QHashSeed::globalSeed()) { }

    explicit ByteHash(quint64 seed)
        : m_first(fold(seed ^ PatternA, PatternB)), m_second(fold(seed ^ PatternC, PatternA))
    {
    }

    /// place: anything that tells equal texts apart, such as the number of a table.
    [[nodiscard]] quint64 operator()(QByteArrayView text, quint64 place = 0) const
    {
        const char *at = text.data();
        qsizetype left = text.size();
        quint64 state = m_second ^ (place * PatternB);
        for (; left > 16; left -= 16, at += 16)
            state = fold(load64(at) ^ m_first, load64(at + 8) ^ state);
        const auto [low, high] = ends(at, left);
        const auto size = static_cast<quint64>(text.size());
        return fold(size ^ m_first, fold(low ^ m_first, high ^ state));
    }

private:
    struct Ends
    {
        quint64 low = 0;
        quint64 high = 0;
    };

    // The constants of wyhash: odd, with as many ones as zeros in every byte.
    static constexpr quint64 PatternA = 0xa076'1d64'78bd'642f;
    static constexpr quint64 PatternB = 0xe703'7ed1'a0b4'28db;
    static constexpr quint64 PatternC = 0x8ebc'6af0'9c88'c6e3;

    static quint64 fold(quint64 a, quint64 b)
    {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<quint64>(product) ^ static_cast<quint64>(product >> 64U);
    }

    static quint64 load64(const char *at)
    {
        quint64 word = 0;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    static quint64 load32(const char *at)
    {
        quint32 word = 0;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    /// Up to 16 bytes as two words that overlap in the middle; injective for each size.
    static Ends ends(const char *at, qsizetype size)
    {
        if (size >= 8)
            return {load64(at), load64(at + size - 8)};
        if (size >= 4)
            return {load32(at), load32(at + size - 4)};
        Ends result;
        for (qsizetype i = 0; i < size; ++i)
            result.low = result.low << 8U | static_cast<unsigned char>(at[i]);
        return result;
    }

    quint64 m_first;
    quint64 m_second;
};

/// For tables keyed by text that every request looks up; finds any view without a copy.
struct ByteHasher
{
    using is_transparent = void;

    size_t operator()(QByteArrayView text) const
    {
        static const ByteHash s_hash;
        return s_hash(text);
    }
};

template <typename T>
using ByteMap = std::unordered_map<QByteArray, T, ByteHasher, std::equal_to<>>;

} // namespace sluice
