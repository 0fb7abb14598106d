// SPDX-License-Identifier: GPL-3.0-or-later
// Amounts of every unit in words: "60 requests", "1 200 tokens", "$0.1234". Pure; any thread.
// English source text, translatable.
#pragma once

#include "core/base/units.h"

#include <QString>

namespace sluice::insight {

/// 1284 -> "1 284", with a narrow no-break space.
QString groupDigits(qint64 number);

/// "60", "1 200", "$500.00"; below one dollar "$0.1234". Other units than cents are floored to
/// whole ones.
QString amountText(Unit unit, MicroAmount amount);

/// "60 requests", "1 token", "$500.00", "8 running requests".
QString amountPhrase(Unit unit, MicroAmount amount);

/// The same where requests go without saying: "60", "1 200 tokens", "$500.00".
QString shortAmountPhrase(Unit unit, MicroAmount amount);

/// "requests", "input tokens", "dollars", "running requests".
QString unitPhrase(Unit unit);

} // namespace sluice::insight
