// SPDX-License-Identifier: GPL-3.0-or-later
// What operations on running limits come to, in words, before and after they are done. Pure; any
// thread. English source text, translatable.
#pragma once

#include "core/insight/limittext.h"
#include "core/limits/operations.h"

namespace sluice::insight {

/// Whose counters an operation on a limit and a value is about: of a policy those of every key.
QString operatedCounter(const limits::Limit &limit, const QByteArray &value);

/// "key ci: 560 at once instead of 60 until 16:20, refilled as before".
QString raiseSentence(const limits::Limit &limit, const limits::Raise &raise, EngineTime now);

/// "Every request of key ci is refused with 403 until 16:20".
QString blockConsequence(const limits::Block &block, EngineTime now);

} // namespace sluice::insight
