// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/widetext.h"

#include <array>

namespace sluice::stores {

using limits::Int128;

namespace {

constexpr size_t MostDigits = 39;

} // namespace

QByteArray toDecimal(Int128 value)
{
    std::array<char, MostDigits> digits{};
    size_t at = digits.size();
    do {
        digits[--at] = static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
    } while (value > 0);
    return {digits.data() + at, static_cast<qsizetype>(digits.size() - at)};
}

std::optional<Int128> fromDecimal(QByteArrayView digits)
{
    if (digits.isEmpty())
        return std::nullopt;
    Int128 value = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9')
            return std::nullopt;
        value = limits::saturatingAdd(limits::saturatingMultiply(value, 10), digit - '0');
    }
    return value;
}

} // namespace sluice::stores
