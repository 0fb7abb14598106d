// SPDX-License-Identifier: GPL-3.0-or-later
// What limits count, and in which integers. Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArrayView>

namespace sluice {

/// Every amount in the engine is a 64-bit number of millionths of its unit, so that 0.5 cents and
/// 3 requests are both exact.
using MicroAmount = qint64;

constexpr MicroAmount MicroPerUnit = 1'000'000;

/// What a limit counts.
enum class Unit : quint8 { Request, Token, InputToken, OutputToken, Cents, ConcurrentRequest };

/// The name used in files, headers and JSON: "request", "token", "cents", ...
QByteArrayView unitName(Unit unit);

/// Parses an unsigned decimal ("60", "0.5") into millionths without floating point. Fails on a
/// sign, an exponent, more than six decimals or overflow.
Result<MicroAmount> parseAmount(QByteArrayView text);

/// The shortest exact decimal: "60", "0.5".
QByteArray formatAmount(MicroAmount amount);

} // namespace sluice
