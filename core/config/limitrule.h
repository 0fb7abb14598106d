// SPDX-License-Identifier: GPL-3.0-or-later
// The value types of one limit: what it counts, by what, how and for which requests. Plain values,
// compared with ==, part of a Configuration.
#pragma once

#include "core/base/units.h"
#include "core/config/calendar.h"
#include "core/config/finding.h"

#include <QByteArray>
#include <QMap>
#include <QStringList>

#include <chrono>
#include <vector>

namespace sluice::config {

using std::chrono::nanoseconds;

enum class LimitScope : quint8 { Global, Unified, Router, Header };

/// The dimension that a limit counts by.
enum class SegmentKind : quint8 { Shared, ApiKey, EndUser, Team, TeamMember, Property };

struct Segment
{
    SegmentKind kind = SegmentKind::Shared;
    QByteArray property; ///< lower-case name, for Property only

    friend bool operator==(const Segment &, const Segment &) = default;
};

/// "api-key", "property:tenant": as `per:` in the file, in JSON and on the command line.
QByteArray segmentName(const Segment &segment);

enum class LimitMode : quint8 { Enforce, Shadow, Off };

/// What a limit does with a request that lacks its segment.
enum class MissingSegment : quint8 { Share, Reject, Skip };

/// What a limit does while its store cannot be reached.
enum class StoreFailure : quint8 {
    Local, ///< goes on in memory from what was seen last
    Open, ///< lets everything through, uncounted
    Closed, ///< lets nothing through
};

/// A limit in money would rather stop than be passed by.
inline StoreFailure storeFailureDefault(Unit unit)
{
    return unit == Unit::Cents ? StoreFailure::Closed : StoreFailure::Local;
}

/// How a limit counts: a bucket that refills evenly; never more than the quota in any interval;
/// the quota in each period of a calendar; so many at the same time.
enum class Algorithm : quint8 { Gcra, SlidingWindow, CalendarWindow, Concurrency };

/// `match:`: which requests a limit counts. Globs with * and ?; of each list one must hold, and an
/// empty list holds always.
struct LimitMatch
{
    QList<QByteArray> models;
    QList<QByteArray> keys;
    QList<QByteArray> teams;
    QList<QByteArray> users;
    QList<QByteArray> providers;
    QMap<QByteArray, QByteArray> properties; ///< lower-case name -> glob; all must hold

    [[nodiscard]] bool isEmpty() const
    {
        return models.isEmpty() && keys.isEmpty() && teams.isEmpty() && users.isEmpty()
            && providers.isEmpty() && properties.isEmpty();
    }

    friend bool operator==(const LimitMatch &, const LimitMatch &) = default;
};

/// One entry of `overrides:`: other amounts for one segment value.
struct LimitOverride
{
    QByteArray value; ///< as people read it: "alice", "core/alice" for a team's member
    MicroAmount capacity = 0; ///< as LimitRule::capacity
    nanoseconds refill{0}; ///< as LimitRule::refill
    Place place;

    friend bool operator==(const LimitOverride &, const LimitOverride &) = default;
};

/// One configured limit: `capacity` at once, refilled evenly over `refill-frequency`; an item of
/// `usage-limits`, `spend-limits` or `concurrency`; or one of `policies`.
struct LimitRule
{
    /// Stable identity, unique: as written, else "global/per-api-key", "routers/prod/shared".
    QByteArray name;
    LimitScope scope = LimitScope::Global;
    QByteArray router; ///< for LimitScope::Router
    Segment segment;
    Algorithm algorithm = Algorithm::Gcra;
    Unit unit = Unit::Request;
    MicroAmount capacity = 0; ///< micro-units, > 0; of a window its quota, of concurrency `max`
    nanoseconds refill{0}; ///< > 0; of a rolling window its length; 0 for the two others
    Calendar calendar; ///< for Algorithm::CalendarWindow
    LimitMode mode = LimitMode::Enforce;
    MissingSegment onMissing = MissingSegment::Share;
    StoreFailure onStoreFailure = StoreFailure::Local;
    int store = 0; ///< index into Configuration::stores
    LimitMatch match;
    std::vector<LimitOverride> overrides; ///< in file order, values unique
    QByteArray policy; ///< of `policies`: its canonical text; counts per API key and segment value
    QStringList path; ///< YAML path of the rule's map: {"routers", "prod", "rate-limit",
                      ///< "per-api-key"}, in a list with the index of the item; of a policy
                      ///< written as text alone, of that text
    Place place; ///< of its amount or its policy if written, else of its key

    friend bool operator==(const LimitRule &, const LimitRule &) = default;
};

} // namespace sluice::config
