// SPDX-License-Identifier: GPL-3.0-or-later
// A saved counter as bytes, for a store to keep: a key that stays the same from run to run, and a
// state with a checksum. Records are trusted to nobody. Pure, any thread.
#pragma once

#include "core/limits/savedcounter.h"

#include <QHash>

#include <optional>

namespace sluice::limits {

/// Name and key together are different for every counter.
struct CounterRecord
{
    QByteArray limit; ///< its name
    QByteArray key; ///< what it counts, owner, value and period, each with its length
    QByteArray state; ///< empty: the counter is gone

    friend bool operator==(const CounterRecord &, const CounterRecord &) = default;
};

CounterRecord toRecord(const SavedCounter &counter);

/// What all keys of counters of this limit begin with.
QByteArray keyPrefix(const Limit &limit);

/// Reads records back; those of one limit share it.
class CounterRecordReader final
{
public:
    /// Nothing for a record that toRecord() has not made. Whether a state is of a later time, only
    /// Engine::load() can tell.
    std::optional<SavedCounter> read(const CounterRecord &record);

private:
    LimitPtr shared(
        const QByteArray &name, QByteArrayView head, QByteArrayView terms, LimitPtr limit);

    QHash<QByteArray, LimitPtr> m_limits; ///< by their bytes
};

} // namespace sluice::limits
