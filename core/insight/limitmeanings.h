// SPDX-License-Identifier: GPL-3.0-or-later
// What the change of one limit means: what it allows then, whom it counts, what becomes of what has
// been used and who is over it. Pure; any thread.
#pragma once

#include "core/insight/changereport.h"
#include "core/insight/limitchange.h"

namespace sluice::insight {

QList<Meaning> meaningsOf(const LimitChange &change, const UsageBook &book, limits::Instant now);

/// "Every request", "only requests for the models gpt-4*".
QString matchInWords(const limits::LimitMatch &match);

QString capitalised(QString text);

} // namespace sluice::insight
