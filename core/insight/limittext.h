// SPDX-License-Identifier: GPL-3.0-or-later
// What a limit allows and when it is free again, in words for every algorithm and unit. Pure; any
// thread. English source text, translatable.
#pragma once

#include "core/insight/amounttext.h"
#include "core/insight/labels.h"
#include "core/limits/counter.h"

namespace sluice::insight {

/// "router prod allows each key 60 a minute", "the global limit allows each team $500.00 each month
/// (Europe/Berlin)".
QString allowanceSentence(const limits::Limit &limit);

/// "60 at once, then one every second", "200 000 tokens in any 24 hours", "8 at the same time, the
/// next one when one ends".
QString effectSentence(const limits::Limit &limit);

/// "a minute", "in any hour", "each month (Europe/Berlin)", "at the same time".
QString periodPhrase(const limits::Limit &limit);

/// "hour", "month": what a calendar limit divides time into.
QString calendarUnitName(limits::CalendarUnit unit);

/// "Europe/Berlin".
QString zoneName(const limits::Calendar &calendar);

/// "next in 0.6 s" (GCRA at its limit), "full in 54 s" (below it), "eases in 3 m", "empty in 9 m"
/// (rolling window), "resets in 3 h 12 m" (calendar), "when one ends" (concurrency); "now" when
/// nothing is used.
QString freeAgain(const limits::Limit &limit, const limits::Usage &usage);

} // namespace sluice::insight
