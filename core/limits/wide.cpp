// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/wide.h"

namespace sluice::limits {

Int128 saturatingMultiply(Int128 a, Int128 b)
{
    Int128 product = 0;
    if (!__builtin_mul_overflow(a, b, &product))
        return product;
    return (a > 0) == (b > 0) ? Int128Max : -Int128Max - 1;
}

Int128 floorDivide(Int128 dividend, qint64 divisor)
{
    const Int128 quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

Int128 scaleUp(Int128 value, qint64 numerator, qint64 denominator)
{
    // value = whole * denominator + rest, and rest * numerator always fits in 126 bits.
    const Int128 whole = value / denominator;
    const Int128 rest = value % denominator;
    return saturatingAdd(
        saturatingMultiply(whole, numerator), ceilDivide(rest * numerator, denominator));
}

} // namespace sluice::limits
