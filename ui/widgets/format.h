// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers for people: narrow no-break space for thousands, fixed decimals, "~" for estimates.
// Free of widgets, so that models can use it. Pure, any thread.
#pragma once

#include "core/base/units.h"
#include "ui/widgets/cellvalues.h"

#include <QString>

#include <chrono>

namespace sluice::ui::format {

/// The narrow no-break space of thousands and between a figure and its unit.
constexpr char16_t NarrowSpace = u'\u202f';

/// 1204 -> "1 204".
QString count(qint64 number);

/// A share 0..1 as "41 %"; more than nothing but below one percent is "<1 %".
QString share(double value);

/// A share with one decimal: "5.7 %".
QString shareExact(double value);

/// Cents in millionths as dollars: "$187.02"; below one dollar four decimals when @p precise.
QString money(MicroAmount cents, bool precise = false);

/// What requests cost, for columns: four decimals, "$0.0129"; more for what is next to nothing.
QString cost(MicroAmount cents);

/// An amount of @p unit without its name: "1 000", "$500.00".
QString amount(MicroAmount value, Unit unit);

/// The short unit behind an amount: "req", "tok", "calls"; empty for money.
QString unitWord(Unit unit);

/// The unit in full for screen readers: "requests", "input tokens", "calls at once".
QString unitPhrase(Unit unit);

/// A duration, two units at most, "19 d 9 h", with narrow spaces.
QString wait(std::chrono::nanoseconds duration);

/// Marks an estimate: "~900".
QString estimate(const QString &text);

/// For a gauge: fills used, quota, reserved and the three texts from engine amounts, and the state
/// (Near from 80 %, Refused from 100 %, of what is used or reserved) with its word.
GaugeValue gauge(Unit unit, MicroAmount used, MicroAmount quota, MicroAmount reserved = 0);

/// What a screen reader says of a gauge: "58 of 60 req, near limit".
QString gaugeSentence(const GaugeValue &value);

} // namespace sluice::ui::format
