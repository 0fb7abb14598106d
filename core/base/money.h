// SPDX-License-Identifier: GPL-3.0-or-later
// Money for people: dollars out of millionths of a cent, in integers throughout. Pure, any thread.
#pragma once

#include "core/base/units.h"

#include <QString>

namespace sluice {

constexpr MicroAmount MicroCentsPerDollar = 100 * MicroPerUnit;

/// "$1 284.07", thousands by narrow no-break spaces; rounded half away from zero to so many
/// decimals (0..8).
QString formatDollars(MicroAmount cents, int decimals);

/// Two decimals, four below one dollar unless it is nothing.
QString formatDollars(MicroAmount cents);

/// Every decimal that there is, two at least: "$0.00125".
QString formatDollarsExact(MicroAmount cents);

} // namespace sluice
