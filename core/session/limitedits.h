// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of limits as text changes, for ConfigDraft::edit(). Pure, any thread.
#pragma once

#include "core/session/configdraft.h"

namespace sluice::session {

/// Sets the capacity of a configured limit; units is a whole number as text.
ConfigDraft::Change setCapacity(const config::LimitRule &rule, const QString &units);

/// Sets the refill time; duration as config files write it ("1m").
ConfigDraft::Change setRefill(const config::LimitRule &rule, const QString &duration);

/// Sets enforce, shadow or off; the key goes when it would only say the default.
ConfigDraft::Change setMode(const config::LimitRule &rule, config::LimitMode mode);

/// Deletes a limit; a map that has nothing left stays where it is, as `{}`.
ConfigDraft::Change removeLimit(const config::LimitRule &rule);

/// Where a new limit goes: "global", "unified-api" or a router's name with scope Router.
struct LimitPlace
{
    config::LimitScope scope = config::LimitScope::Global;
    QByteArray router;
    config::Segment segment; ///< ApiKey, EndUser or Property
};

/// Adds a limit. Fails if that place already has one.
ConfigDraft::Change addLimit(
    const LimitPlace &place, const QString &units, const QString &duration);

} // namespace sluice::session
