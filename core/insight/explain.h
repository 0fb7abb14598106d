// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and decisions in words. Pure; any thread. English source text, translatable.
#pragma once

#include "core/insight/labels.h"
#include "core/insight/requestrecord.h"

namespace sluice::insight {

/// 1284 -> "1 284", with a narrow no-break space.
QString groupDigits(qint64 number);

/// "router prod allows each key 60 a minute".
QString allowanceSentence(const limits::Limit &limit);

/// "60 at once, then one every second", "1 000 in any hour".
QString effectSentence(const limits::Limit &limit);

/// "next in 0.6 s" (GCRA at its limit), "full in 54 s" (GCRA below it), "eases in 3 m" (rolling
/// window); "now" when nothing is used.
QString freeAgain(const limits::Limit &limit, const limits::Usage &usage);

/// One plain sentence for the client and the window: which limit, whose, how much is used, when it
/// will work again.
QString refusalSentence(const limits::Decision &decision, const QString &fileName);

/// "Refused: router prod allows each key 60 a minute", or what else happened to the request.
QString headline(const RequestRecord &record);

/// The smallest capacity that would have admitted a refused request, in units; 0 if none would.
qint64 smallestCapacity(const limits::Decision &decision);

} // namespace sluice::insight
