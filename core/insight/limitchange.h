// SPDX-License-Identifier: GPL-3.0-or-later
// Which limits differ between two configurations, and whether their counters live on. Pure; any
// thread.
#pragma once

#include "core/limits/limitset.h"
#include "core/limits/rename.h"

#include <vector>

namespace sluice::insight {

struct LimitChange
{
    limits::LimitPtr before; ///< null = added
    limits::LimitPtr after; ///< null = removed
    bool isCarried = false; ///< renamed by the console, which takes the counters along

    /// Both are there, under different names.
    [[nodiscard]] bool isRename() const;

    /// Both are there and count in different counters (spec: limits, "Edits").
    [[nodiscard]] bool startsAnew() const;
};

/// Limits of usage and money, which count in windows: one that is added begins where the ledger
/// says that its period stands.
bool startsFromLedger(const limits::Limit &limit);

/// Whether two limits decide alike, whatever they are called.
bool isSameRule(const limits::Limit &a, const limits::Limit &b);

/// In the order of the file. A limit that is gone and one that is new are one change if the console
/// has renamed it, or if they say the same.
std::vector<LimitChange> changedLimits(const limits::LimitSet &before,
    const limits::LimitSet &after, const limits::Renames &renames = {});

} // namespace sluice::insight
