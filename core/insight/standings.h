// SPDX-License-Identifier: GPL-3.0-or-later
// Who stands where under a limit that is not in force yet. Pure; any thread.
#pragma once

#include "core/insight/usagebook.h"

#include <QString>

namespace sluice::insight {

/// One counter as it would read at once after the edit.
struct Standing
{
    QByteArray value;
    QByteArray apiKey; ///< policies only
    limits::Usage usage;

    [[nodiscard]] bool isOver() const
    {
        return usage.remaining < std::min<MicroAmount>(MicroPerUnit, usage.quota);
    }
};

/// The counters of the limit called `name`, in which `after` counts on: what has been used stays
/// used. Values with amounts of their own are measured by these. The fullest comes first.
std::vector<Standing> standings(
    const QByteArray &name, const limits::Limit &after, const UsageBook &book, limits::Instant now);

/// What is taken, rounded as people read usage: what is left down.
QString takenInWords(const limits::Usage &usage, Unit unit);

/// Names of keys and users stand alone, as in the tables; a team is called one. The key of a policy
/// is named too, as it counts apart for each.
QString shownSubject(const limits::Limit &limit, const Standing &standing);

/// The same as the first word of a sentence; what somebody called himself stays as it is.
QString firstSubject(const limits::Limit &limit, const Standing &standing);

/// Rounded half up, but never to 100 for what is not full.
qint64 percentTaken(const limits::Usage &usage, Unit unit);

} // namespace sluice::insight
