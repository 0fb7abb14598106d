// SPDX-License-Identifier: GPL-3.0-or-later
// New limits as text changes, for ConfigDraft::edit(). Pure, any thread.
#pragma once

#include "core/session/limitedits.h"

namespace sluice::session {

/// Where a new limit goes: "global", "unified-api" or a router's name with scope Router.
struct LimitPlace
{
    config::LimitScope scope = config::LimitScope::Global;
    QByteArray router;
    config::Segment segment; ///< of policies ApiKey, EndUser or Property
};

struct NewLimit
{
    LimitPlace place;
    LimitKind kind = LimitKind::Bucket;
    Unit unit = Unit::Request;
    QString amount; ///< in units, a decimal
    QString period; ///< a duration or a word of the calendar; nothing for concurrency
    QByteArray name; ///< see nameForNew(); may be empty where none is needed
};

/// A readable name that no other limit has, for one that needs a name where it goes: "key-day",
/// "prod-team-month", "user-at-once". Empty if its place or its policy names it.
QByteArray nameForNew(const config::Configuration &configuration, const NewLimit &limit);

/// Adds a limit; the block and the list are made if they are absent. A second bucket of a kind
/// makes the place a list, in which the first keeps its counters: it is given the name that it has.
ConfigDraft::Change addLimit(const NewLimit &limit);

/// Adds a bucket of requests without a name. Fails if that place already has one.
ConfigDraft::Change addLimit(
    const LimitPlace &place, const QString &units, const QString &duration);

} // namespace sluice::session
