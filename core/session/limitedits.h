// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of limits as text changes, for ConfigDraft::edit(). They change the lines that they must;
// a policy that is written as text alone becomes a map when it needs a key. Pure, any thread.
#pragma once

#include "core/config/policyheader.h"
#include "core/session/configdraft.h"

namespace sluice::session {

/// How a limit is written: `per-x` and `shared`; an item of `usage-limits`, `spend-limits`,
/// `concurrency` or `policies`.
enum class LimitKind : quint8 { Bucket, Usage, Spend, Concurrency, Policy };

LimitKind kindOf(const config::LimitRule &rule);

/// The key that says how much a limit allows, in its overrides too: "capacity", "cents", "max".
QString amountKey(const config::LimitRule &rule);

/// The policy that an item of `policies` says.
config::Policy policyOf(const config::LimitRule &rule);

/// Sets how much a limit allows; units is a decimal as text, with a fraction for cents only.
ConfigDraft::Change setCapacity(const config::LimitRule &rule, const QString &units);

/// Sets the refill time of a bucket or the period of a window: a duration as config files write it
/// ("1m"), or a word of the calendar ("month"). What no longer has a meaning goes.
ConfigDraft::Change setRefill(const config::LimitRule &rule, const QString &period);

/// Sets the IANA time zone of a calendar's periods; empty = the system's.
ConfigDraft::Change setTimeZone(const config::LimitRule &rule, const QByteArray &zone);
ConfigDraft::Change setWeekStart(const config::LimitRule &rule, Qt::DayOfWeek day);

/// Sets what a limit counts. A fraction of a cent becomes a whole unit of anything else.
ConfigDraft::Change setUnit(const config::LimitRule &rule, Unit unit);

/// Sets by what a limit counts. Its overrides go: they are of values of the other dimension. A
/// bucket moves to another key, if that key is free.
ConfigDraft::Change setSegment(const config::LimitRule &rule, const config::Segment &segment);

/// Sets the name; empty = the name that its place gives it.
ConfigDraft::Change setName(const config::LimitRule &rule, const QByteArray &name);

/// Sets enforce, shadow or off; the key goes when it would only say the default.
ConfigDraft::Change setMode(const config::LimitRule &rule, config::LimitMode mode);

/// Sets what happens to requests without the segment; of a policy the key always stays written.
ConfigDraft::Change setOnMissing(const config::LimitRule &rule, config::MissingSegment missing);
ConfigDraft::Change setOnStoreFailure(const config::LimitRule &rule, config::StoreFailure failure);

/// Sets which requests a limit counts; what stays of it stays as it is written.
ConfigDraft::Change setMatch(const config::LimitRule &rule, const config::LimitMatch &match);

/// Sets the whole policy of an item of `policies`, in its canonical form.
ConfigDraft::Change setPolicy(const config::LimitRule &rule, const config::Policy &policy);

/// Adds or changes the override of other.value.
ConfigDraft::Change setOverride(const config::LimitRule &rule, const config::LimitOverride &other);
ConfigDraft::Change renameOverride(
    const config::LimitRule &rule, const QByteArray &value, const QByteArray &newValue);
ConfigDraft::Change removeOverride(const config::LimitRule &rule, const QByteArray &value);

/// Deletes a limit, and the list or the map of properties that it leaves empty; a block that has
/// nothing left stays where it is, as `{}`.
ConfigDraft::Change removeLimit(const config::LimitRule &rule);

/// "per-api-key", "shared": the key of buckets. Of a property "per-property".
QString segmentKey(const config::Segment &segment);

} // namespace sluice::session
