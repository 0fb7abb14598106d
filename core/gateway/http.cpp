// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

// RFC 9110 5.6.2: tchar.
constexpr std::array<bool, 256> makeTokenTable()
{
    std::array<bool, 256> table{};
    for (unsigned c = '0'; c <= '9'; ++c)
        table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) {
        table[c] = true;
        table[c - 'a' + 'A'] = true;
    }
    for (const char c :
        {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}

constexpr auto tokenTable = makeTokenTable();

bool isFieldByte(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

/// Whether one of eight bytes is below 0x20 or 0x7f, looked at together: the tests for "a byte less
/// than n" and "a zero byte" of Anderson's Bit Twiddling Hacks. Never misses one; may be wrong
/// the other way.
bool mayHoldControl(quint64 word)
{
    constexpr quint64 Ones = ~quint64(0) / 255;
    constexpr quint64 HighBits = Ones * 0x80;
    const quint64 deletes = word ^ (Ones * 0x7f);
    return (((word - Ones * 0x20) & ~word) | ((deletes - Ones) & ~deletes)) & HighBits;
}

// In both usual spellings. An allocation costs some 300 instructions with its release, and a
// message has dozens of names and values.
const std::vector<QByteArray> &commonTexts(size_t size)
{
    constexpr size_t Longest = 32;
    static const auto bySize = [] {
        std::array<std::vector<QByteArray>, Longest + 1> table;
        for (const QByteArray &text :
            {"Host"_ba, "host"_ba, "Accept"_ba, "accept"_ba, "User-Agent"_ba, "user-agent"_ba,
                "Connection"_ba, "connection"_ba, "Content-Type"_ba, "content-type"_ba,
                "Content-Length"_ba, "content-length"_ba, "Authorization"_ba, "authorization"_ba,
                "Accept-Encoding"_ba, "accept-encoding"_ba, "Helicone-Auth"_ba, "helicone-auth"_ba,
                "x-api-key"_ba, "anthropic-version"_ba, "Helicone-User-Id"_ba, "Server"_ba,
                "server"_ba, "Date"_ba, "date"_ba, "Transfer-Encoding"_ba, "transfer-encoding"_ba,
                "Cache-Control"_ba, "cache-control"_ba, "x-request-id"_ba, "POST"_ba, "GET"_ba,
                "chunked"_ba, "keep-alive"_ba, "close"_ba, "application/json"_ba,
                "text/event-stream"_ba, "*/*"_ba})
            table.at(size_t(text.size())).push_back(text);
        return table;
    }();
    return bySize[size <= Longest ? size : 0];
}

} // namespace

QByteArray headerValue(const Headers &headers, QByteArrayView name)
{
    for (const Header &header : headers) {
        if (sameHeaderName(header.name, name))
            return header.value;
    }
    return {};
}

QByteArray pathOf(QByteArrayView target)
{
    const qsizetype query = target.indexOf('?');
    return (query < 0 ? target : target.first(query)).toByteArray();
}

QByteArray internedHeaderText(QByteArrayView text)
{
    for (const QByteArray &candidate : commonTexts(size_t(text.size()))) {
        if (*candidate.constData() == text.front()
            && std::memcmp(candidate.constData(), text.data(), size_t(text.size())) == 0)
            return candidate;
    }
    return text.toByteArray();
}

QByteArray decimal(qint64 number)
{
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return QByteArray(digits.data(), end - digits.data());
}

bool sameHeaderNameOfOneSize(QByteArrayView a, QByteArrayView b)
{
    if (a.isEmpty())
        return true;
    // Most names differ in their first letter, and the last is a second cheap guess.
    const auto folded = [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; };
    if (folded(a.front()) != folded(b.front()) || folded(a.back()) != folded(b.back()))
        return false;
    return std::equal(a.begin(), a.end(), b.begin(),
        [folded](char x, char y) { return x == y || folded(x) == folded(y); });
}

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return tokenTable[static_cast<unsigned char>(c)];
    });
}

bool isFieldValue(QByteArrayView text)
{
    constexpr qsizetype WordSize = sizeof(quint64);
    const auto wordAt = [text](qsizetype place) {
        quint64 word = 0;
        std::memcpy(&word, text.data() + place, WordSize);
        return word;
    };
    bool isSuspect = text.size() < WordSize;
    if (!isSuspect) {
        for (qsizetype place = 0; place < text.size() - WordSize && !isSuspect; place += WordSize)
            isSuspect = mayHoldControl(wordAt(place));
        isSuspect = isSuspect || mayHoldControl(wordAt(text.size() - WordSize));
    }
    return !isSuspect || std::all_of(text.begin(), text.end(), isFieldByte);
}

} // namespace sluice::gateway
