// SPDX-License-Identifier: GPL-3.0-or-later
// Decisions in words; what the limits behind them are called and allow comes from labels.h and
// limittext.h. Pure; any thread. English source text, translatable.
#pragma once

#include "core/insight/limittext.h"
#include "core/insight/requestrecord.h"

namespace sluice::insight {

/// One plain sentence for the client and the window: which limit, whose, how much is used, when it
/// will work again. Also for refusals that no limit is behind.
QString refusalSentence(const limits::Decision &decision, const QString &fileName);

/// "Refused: router prod allows each key 60 a minute", or what else happened to the request.
QString headline(const RequestRecord &record);

/// "The key ci is blocked until 14:05", as of `now`.
QString blockSentence(const limits::Block &block, EngineTime now);

/// "14:05" in the zone of this machine, with the date if that is another one than at `now`.
QString clockText(EngineTime at, EngineTime now);

/// The smallest capacity that would have admitted a refused request, in whole units; 0 if none
/// would, or if nobody can tell: what a request is assumed to need grows with the capacity.
qint64 smallestCapacity(const limits::Decision &decision);

} // namespace sluice::insight
