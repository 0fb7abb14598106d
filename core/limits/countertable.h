// SPDX-License-Identifier: GPL-3.0-or-later
// All live counters: a slab of fixed-size entries with stable numbers, a hash index over their keys
// and a list in the order of their last change. Owned by one Engine; not thread-safe.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/counter.h"
#include "core/limits/hashindex.h"

#include <QHash>

#include <array>
#include <memory>

namespace sluice::limits {

/// What a counter belongs to. The parts stay apart, so no separator can be forged.
struct CounterKey
{
    quint32 group = 0; ///< which limit (LimitRegistry)
    quint32 owner = 0; ///< interned API key (header policies) or team (members); 0 = none
    QByteArrayView value; ///< segment value
    quint32 hash = 0; ///< CounterTable::hashed() sets it
};

class CounterTable final
{
public:
    static constexpr quint32 None = HashIndex::None;

    struct Entry
    {
        Int128 tat = 0; ///< GCRA only
        std::unique_ptr<WindowState> window; ///< sliding window only
        quint64 change = 0; ///< number of its last change
        std::array<char, 24> text{}; ///< the segment value, if it is no longer than this
        quint32 textSize = 0;
        quint32 newer = None; ///< neighbours in the order of changes
        quint32 older = None;
        quint32 group = Unused;
        quint32 owner = 0;
        quint32 terms = 0; ///< what its state was counted in (LimitRegistry)
    };

    CounterTable();
    ~CounterTable();
    Q_DISABLE_COPY_MOVE(CounterTable)

    /// The key with its hash, which the members below need. Clients choose segment values, so the
    /// hash is seeded per process.
    [[nodiscard]] CounterKey hashed(const CounterKey &key) const;

    /// The first and the second step of fetching a counter into the cache. With a million counters
    /// each is a wait for memory: taken for all counters of a request before the first find(), it
    /// is one wait for all of them.
    void prefetchIndex(const CounterKey &key) const { m_index.prefetch(key.hash); }

    void prefetchEntry(const CounterKey &key) const;

    [[nodiscard]] quint32 find(const CounterKey &key) const;

    /// Fetches into the cache what touch() will change beside the counter itself.
    void prefetchNeighbours(quint32 number) const;

    /// Adds a counter that is not there yet.
    quint32 insert(const CounterKey &key, quint32 terms);
    void remove(quint32 number);

    [[nodiscard]] Entry &at(quint32 number)
    {
        return m_chunks[number / ChunkSize][number % ChunkSize];
    }

    [[nodiscard]] const Entry &at(quint32 number) const
    {
        return m_chunks[number / ChunkSize][number % ChunkSize];
    }

    /// The segment value; valid until the table changes.
    [[nodiscard]] QByteArrayView valueOf(quint32 number) const;

    /// Gives the counter the next change number.
    void touch(quint32 number);

    /// The counter whose change is the first after `since`, or None; at() of it knows the newer
    /// one.
    [[nodiscard]] quint32 firstAfter(quint64 since) const;

    /// Remembers that a reader has come to this counter, so that it can continue without a search.
    void setBookmark(quint32 number) const { m_bookmark = number; }

    [[nodiscard]] qsizetype size() const { return m_index.size(); }

    /// Numbers run from 0 to here; some are unused.
    [[nodiscard]] quint32 numbersEnd() const { return m_end; }

    [[nodiscard]] bool isUsed(quint32 number) const { return at(number).group != Unused; }

private:
    static constexpr quint32 ChunkSize = 1024;
    static constexpr quint32 Unused = 0xFFFF'FFFF;

    [[nodiscard]] bool matches(quint32 number, const CounterKey &key) const;
    [[nodiscard]] CounterKey keyOf(quint32 number) const;
    quint32 takeNumber();
    void append(quint32 number);
    void unlink(quint32 number);

    std::vector<std::unique_ptr<Entry[]>> m_chunks;
    HashIndex m_index;
    QHash<quint32, QByteArray> m_longValues; ///< those that do not fit into Entry::text
    quint32 m_end = 0;
    quint32 m_free = None; ///< chain of unused entries, through Entry::newer
    quint32 m_oldest = None;
    quint32 m_newest = None;
    quint64 m_change = 0;
    ByteHash m_hash;
    mutable quint32 m_bookmark = None;
};

} // namespace sluice::limits
