// SPDX-License-Identifier: GPL-3.0-or-later
// 128-bit integers, saturating instead of overflowing: a counter in absurd debt stays in debt.
// Pure.
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <chrono>
#include <limits>

namespace sluice::limits {

__extension__ using Int128 = __int128;

constexpr Int128 Int128Max = ((static_cast<Int128>(1) << 126) - 1) * 2 + 1;

// Inline what every decision calls a dozen times.

/// a + b, or the nearest representable value.
inline Int128 saturatingAdd(Int128 a, Int128 b)
{
    Int128 sum = 0;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return a > 0 ? Int128Max : -Int128Max - 1;
}

/// a * b, or the nearest representable value.
Int128 saturatingMultiply(Int128 a, Int128 b);

/// Quotients rounded towards minus and plus infinity; divisor > 0.
Int128 floorDivide(Int128 dividend, qint64 divisor);

inline Int128 ceilDivide(Int128 dividend, qint64 divisor)
{
    const Int128 quotient = dividend / divisor;
    return dividend - quotient * divisor > 0 ? quotient + 1 : quotient;
}

/// value * numerator / denominator rounded up, for value >= 0 and both others > 0; the intermediate
/// product may be wider than 128 bits.
Int128 scaleUp(Int128 value, qint64 numerator, qint64 denominator);

/// The nearest 64-bit number.
inline qint64 clampTo64(Int128 value)
{
    constexpr Int128 low = std::numeric_limits<qint64>::min();
    constexpr Int128 high = std::numeric_limits<qint64>::max();
    return static_cast<qint64>(std::clamp(value, low, high));
}

/// a + b, or the nearest 64-bit number.
inline qint64 saturatingAdd64(qint64 a, qint64 b)
{
    return clampTo64(static_cast<Int128>(a) + b);
}

/// clampTo64() as a duration, never negative.
inline std::chrono::nanoseconds toWait(Int128 wait)
{
    return std::chrono::nanoseconds(clampTo64(std::max<Int128>(wait, 0)));
}

} // namespace sluice::limits
