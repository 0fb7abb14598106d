// SPDX-License-Identifier: GPL-3.0-or-later
// 128-bit integers, saturating instead of overflowing: a counter in absurd debt stays in debt.
// Pure.
#pragma once

#include <QtGlobal>

#include <chrono>
#include <limits>

namespace sluice::limits {

__extension__ using Int128 = __int128;

constexpr Int128 Int128Max = ((static_cast<Int128>(1) << 126) - 1) * 2 + 1;

/// a + b, or the nearest representable value.
Int128 saturatingAdd(Int128 a, Int128 b);

/// a * b, or the nearest representable value.
Int128 saturatingMultiply(Int128 a, Int128 b);

/// Quotients rounded towards minus and plus infinity; divisor > 0.
Int128 floorDivide(Int128 dividend, qint64 divisor);
Int128 ceilDivide(Int128 dividend, qint64 divisor);

/// value * numerator / denominator rounded up, for value >= 0 and both others > 0; the intermediate
/// product may be wider than 128 bits.
Int128 scaleUp(Int128 value, qint64 numerator, qint64 denominator);

/// The nearest 64-bit number.
qint64 clampTo64(Int128 value);

/// clampTo64() as a duration, never negative.
std::chrono::nanoseconds toWait(Int128 nanoseconds);

} // namespace sluice::limits
