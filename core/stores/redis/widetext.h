// SPDX-License-Identifier: GPL-3.0-or-later
// 128-bit integers as decimal text, for servers that keep them so. Pure functions, any thread.
#pragma once

#include "core/limits/wide.h"

#include <QByteArray>

#include <optional>

namespace sluice::stores {

/// `value` >= 0 in decimal digits.
QByteArray toDecimal(limits::Int128 value);

/// The number that the digits say, at most Int128Max; nothing if they are not digits alone.
std::optional<limits::Int128> fromDecimal(QByteArrayView digits);

} // namespace sluice::stores
