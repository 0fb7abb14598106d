// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/limitchange.h"

#include <algorithm>

namespace sluice::insight {

using limits::Limit;
using limits::LimitPtr;
using limits::LimitSet;

namespace {

bool haveSameOverrides(const Limit &a, const Limit &b)
{
    return std::equal(a.overrides.begin(), a.overrides.end(), b.overrides.begin(),
        b.overrides.end(), [](const auto &x, const auto &y) {
            return x.first == y.first && x.second->quota == y.second->quota
                && x.second->period == y.second->period;
        });
}

/// The text of a policy has its amount, which may differ from one kept elsewhere.
bool countsAlike(const Limit &a, const Limit &b)
{
    return a.segment == b.segment && a.unit == b.unit && a.algorithm == b.algorithm
        && a.isPolicy() == b.isPolicy();
}

} // namespace

bool startsFromLedger(const Limit &limit)
{
    return !limit.isPolicy()
        && (limit.algorithm == limits::Algorithm::SlidingWindow
            || limit.algorithm == limits::Algorithm::CalendarWindow);
}

bool isSameRule(const Limit &a, const Limit &b)
{
    return countsAlike(a, b) && a.scope == b.scope && a.router == b.router && a.quota == b.quota
        && a.period == b.period && a.calendar == b.calendar && a.mode == b.mode
        && a.onMissing == b.onMissing && a.onStoreFailure == b.onStoreFailure
        && a.isShared == b.isShared && a.isKept == b.isKept && a.match == b.match
        && haveSameOverrides(a, b);
}

bool LimitChange::isRename() const
{
    return before && after && before->name != after->name;
}

bool LimitChange::startsAnew() const
{
    return before && after && ((isRename() && !isCarried) || !countsAlike(*before, *after));
}

std::vector<LimitChange> changedLimits(
    const LimitSet &before, const LimitSet &after, const limits::Renames &renames)
{
    std::vector<LimitChange> changes;
    for (const LimitPtr &limit : before.all()) {
        LimitPtr now = after.find(limit->name);
        const auto rename = std::find_if(renames.begin(), renames.end(),
            [&limit](const limits::Rename &r) { return r.from == limit->name; });
        const bool isCarried = !now && rename != renames.end();
        if (isCarried)
            now = after.find(rename->to);
        if (!now || isCarried || !isSameRule(*limit, *now))
            changes.push_back({limit, now, isCarried});
    }
    for (const LimitPtr &limit : after.all()) {
        const bool isKnown = before.find(limit->name)
            || std::any_of(renames.begin(), renames.end(),
                [&limit](const limits::Rename &r) { return r.to == limit->name; });
        if (isKnown)
            continue;
        const auto gone = std::find_if(changes.begin(), changes.end(), [&](const LimitChange &c) {
            return c.before && !c.after && isSameRule(*c.before, *limit);
        });
        if (gone == changes.end())
            changes.push_back({nullptr, limit, false});
        else
            gone->after = limit;
    }
    return changes;
}

} // namespace sluice::insight
