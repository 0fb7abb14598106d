// SPDX-License-Identifier: GPL-3.0-or-later
// Money for people: dollars out of millionths of a cent, in integers throughout. Pure, any thread.
#pragma once

#include "core/base/result.h"
#include "core/base/units.h"

#include <QString>

namespace sluice {

constexpr MicroAmount MicroCentsPerDollar = 100 * MicroPerUnit;

/// "1284" -> "1 284": decimal digits in groups of three, by narrow no-break spaces.
QString groupedDigits(QString digits);

/// "$1 284.07", thousands by narrow no-break spaces; rounded half away from zero to so many
/// decimals (0..8).
QString formatDollars(MicroAmount cents, int decimals);

/// Two decimals, four below one dollar unless it is nothing.
QString formatDollars(MicroAmount cents);

/// What requests cost, for columns: always four decimals, "$0.0129"; more where these would read as
/// nothing, "$0.000012", "<$0.000001".
QString formatCost(MicroAmount cents);

/// Every decimal that there is, two at least: "$0.00125".
QString formatDollarsExact(MicroAmount cents);

/// The same to edit: "2.50", without sign and groups. For amounts that are not negative.
QString dollarsToEdit(MicroAmount cents);

/// Dollars as people type them ("2.50", "$1 000") -> cents, without floating point. Not negative,
/// at most eight decimals; the error says what may be written, and is Refused for what is too much.
Result<MicroAmount> parseDollars(const QString &text);

} // namespace sluice
