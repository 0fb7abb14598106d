// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and decisions in words. Pure; any thread. English source text, translatable.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/insight/subject.h"

namespace sluice::insight {

/// 1284 -> "1 284", with a narrow no-break space.
QString groupDigits(qint64 number);

/// "router prod allows each key 60 a minute".
QString allowanceSentence(const limits::Limit &limit);

/// Who is counted, in the middle of a sentence: "key ci", "member alice of team core", "traffic
/// without a team", "everybody together". value is ChainLink::value.
QString counterName(const limits::Limit &limit, const QByteArray &value);

/// "60 at once, then one every second", "1 000 in any hour".
QString effectSentence(const limits::Limit &limit);

/// "per key", "per team", "per member", "per tenant", "shared", or the policy text of a header
/// limit.
QString limitLabel(const limits::Limit &limit);

/// "Global", "Unified API", "Router prod", "Header".
QString scopeLabel(const limits::Limit &limit);

/// "prod, per key": the label with its scope, for places without a scope column.
QString fullLabel(const limits::Limit &limit);

/// "ai-gateway-config.yaml:31", or "policy header".
QString sourceText(const limits::Limit &limit, const QString &fileName);

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
