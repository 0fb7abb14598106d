// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and their figures as table cells: gauges and what a screen reader says of them. Pure; the
// item models share it. GUI thread.
#pragma once

#include "core/insight/usagebook.h"
#include "core/limits/decision.h"
#include "ui/widgets/cellvalues.h"

namespace sluice::ui {

/// What is used or reserved as people see it: a unit that is only partly free is not free. Money
/// has no units.
MicroAmount shownTaken(const limits::Limit &limit, const limits::Usage &usage);

/// The part of shownTaken() that running requests have reserved. What is running is itself what a
/// limit of concurrency counts: nothing is reserved there.
MicroAmount shownReserved(const limits::Limit &limit, const limits::Usage &usage);

/// What is left, in whole units but for money.
MicroAmount shownLeft(const limits::Limit &limit, const limits::Usage &usage);

/// True if not one more unit is admitted.
bool isFull(const limits::Usage &usage);

/// The gauge of a limit as it stands now: "refused" when the next request would be. With `now` a
/// calendar window carries the elapsed share of its period.
GaugeValue gaugeNow(const limits::Limit &limit, const limits::Usage &usage,
    std::optional<limits::Instant> now = std::nullopt);

/// The elapsed share of the calendar period that `now` lies in, 0..1.
double elapsedShare(const limits::Calendar &calendar, std::chrono::milliseconds now);

/// The gauge of a limit as it stood for one request: "refused" only if it refused that one.
GaugeValue gaugeThen(const limits::ChainLink &link);

/// "58 of 60 requests per minute, prod, per key, near limit, next in 1 second".
QString spokenGauge(
    const limits::Limit &limit, const limits::Usage &usage, const GaugeValue &gauge);

/// "1 second", "54 seconds", "2 hours 5 minutes".
QString spokenDuration(std::chrono::nanoseconds duration);

/// The value of a counter in a narrow place: a member without its team.
QString shownValue(const limits::Limit &limit, const QByteArray &value);

/// "alice" for a limit that counts by something the row does not fix, as "prod, per end user,
/// alice".
QString labelWithValue(const QString &label, const limits::Limit &limit, const QByteArray &value);

} // namespace sluice::ui
