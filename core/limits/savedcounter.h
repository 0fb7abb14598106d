// SPDX-License-Identifier: GPL-3.0-or-later
// One counter as another process finds it again: whose it is, what it is counted in, its state.
// Values; encoded by counterrecord.h, taken over by Engine::load().
#pragma once

#include "core/limits/counter.h"

namespace sluice::limits {

struct SavedCounter
{
    /// What has happened to the counter since its record was written.
    enum class Change : quint8 {
        Counts, ///< it is as the state says
        IsGone, ///< it says nothing any more: no record is needed
        IsRenamed, ///< all records of what `limit` counts go on under the name of `renamedTo`
    };

    Change change = Change::Counts;
    LimitPtr limit; ///< with its name, what it counts, and the rate that the state is counted in
    QByteArray owner; ///< the API key (policies) or the team (members), else empty
    QByteArray value; ///< of the segment
    quint32 period = 0; ///< calendar windows: as CounterKey::period
    CounterState state; ///< what open reservations hold stays in it, as settled at the estimate
    MicroAmount reserved = 0; ///< the part of it that they hold, micro-units
    LimitPtr renamedTo;
};

/// What became of saved counters.
struct LoadReport
{
    qint64 loaded = 0;
    qint64 idle = 0; ///< said nothing any more
    qint64 broken = 0; ///< could not be what they claim to be
    std::vector<size_t> dropped; ///< places of those whose record does not stand for a counter now
};

} // namespace sluice::limits
