// SPDX-License-Identifier: GPL-3.0-or-later
// What the history of usage and a ledger that cannot be read say. Pure functions; GUI thread.
#pragma once

#include "core/base/error.h"
#include "core/session/ledgeranswers.h"

#include <QString>

namespace sluice::ui::historywords {

/// "9 806".
QString tokens(const session::HistorySums &sums, qint64 figure);

/// "$41.22", with ~ if something is estimated, ? if nothing has a price.
QString cost(const session::HistorySums &sums);

/// "Mon 2 Mar, 14:00 – 16:00"; local time.
QString step(std::chrono::milliseconds from, std::chrono::milliseconds until);

/// Why there is nothing to show, in a few words, and what to do.
struct Problem
{
    QString title;
    QString text;
};

/// isRecording: whether the configuration wants rows.
Problem problem(const Error &error, bool isRecording);

} // namespace sluice::ui::historywords
