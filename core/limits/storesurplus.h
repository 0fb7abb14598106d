// SPDX-License-Identifier: GPL-3.0-or-later
// What shared stores have to hear of: what memory has counted while they could not be reached
// (spec: stores, "Failure"), and what people have reset. Owned by one Engine; not thread-safe.
#pragma once

#include "core/limits/counterbook.h"
#include "core/limits/storeview.h"

#include <map>

namespace sluice::limits {

class StoreSurplus final
{
public:
    StoreSurplus() = default;
    Q_DISABLE_COPY_MOVE(StoreSurplus)

    /// Remembers how a counter stands, if it is not remembered yet: what comes on top is surplus.
    /// The standing is as CounterBook::load() has left it.
    void note(const CounterBook &book, const Standing &standing, const LimitPtr &limit,
        const QByteArray &owner, Instant now);

    /// Sets aside what has come on top of a counter, which is about to be seen anew in its store.
    void close(const CounterBook &book, const Standing &standing, const Limit &limit,
        const QByteArray &owner, Instant now);

    /// A counter is about to be emptied by hand: what has come on top of it goes as well.
    void reset(const Limit &limit, const QByteArray &key);

    /// What a reset has taken away, and memory has got back, is to be added again. `running`: how
    /// the limit of the reading counts now.
    void owe(const CounterReading &reading, const Limit &running, Instant now);

    [[nodiscard]] bool isEmpty() const
    {
        return m_bases.empty() && m_closed.empty() && m_resets.empty();
    }

    /// What one store has to hear of, and forgets it. Slots are left out: they are taken by
    /// requests that are over soon.
    StoreDues take(const CounterBook &book, int store, Instant now);

private:
    struct Base
    {
        LimitPtr limit;
        QByteArray owner;
        QByteArray value;
        quint32 periodNumber = 0; ///< CounterKey::period
        CalendarPeriod period;
        CounterState state;
    };

    struct Closed
    {
        int store = 0;
        StoreMerge merge;
    };

    /// Adds what there is to m_closed.
    void close(const CounterBook &book, const QByteArray &key, const Base &base, Instant now);
    static quint32 find(const CounterBook &book, const Base &base);

    std::map<QByteArray, Base> m_bases; ///< by storeKey()
    std::vector<Closed> m_closed;
    std::multimap<int, QByteArray> m_resets; ///< keys by store
};

} // namespace sluice::limits
