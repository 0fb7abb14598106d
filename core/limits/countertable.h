// SPDX-License-Identifier: GPL-3.0-or-later
// All live counters: a slab of fixed-size entries with stable numbers, a hash index over their keys
// and two queues of changed ones: for who shows them and for who keeps them. Owned by one Engine;
// not thread-safe.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/counter.h"
#include "core/limits/hashindex.h"
#include "core/limits/largeblock.h"
#include "core/limits/segmenttext.h"

#include <deque>
#include <memory>
#include <utility>

namespace sluice::limits {

/// What a counter belongs to. The parts stay apart, so no separator can be forged.
struct CounterKey
{
    quint32 group = 0; ///< which limit (LimitRegistry)
    quint32 owner = 0; ///< interned API key (policies) or team (members); 0 = none
    QByteArrayView value; ///< segment value
    quint32 period = 0; ///< calendar windows: the start of the period, minutes since the epoch
    quint32 hash = 0; ///< CounterTable::hashed() sets it
};

class CounterTable final
{
public:
    static constexpr quint32 None = HashIndex::None;

    struct Entry
    {
        Int128 level = 0; ///< GCRA: the TAT; calendar window and concurrency: the amount
        WindowState window; ///< sliding window only
        quint64 change = 0; ///< number of its last change
        SegmentText text; ///< the segment value
        quint8 queues = 0; ///< that it waits in (Unread, Unsaved); outlives the counter
        bool isKept = false; ///< there is a record of it under its key
        quint32 group = Unused;
        quint32 owner = 0;
        quint32 period = 0; ///< as CounterKey::period
        quint32 terms = 0; ///< what its state was counted in (LimitRegistry)
        quint32 holds = None; ///< its list of open reservations (ReservationBook)
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

    /// Adds a counter that is not there yet.
    quint32 insert(const CounterKey &key, quint32 terms);
    void remove(quint32 number);

    /// Moves a counter to another period of the same group, owner and value.
    void rekey(quint32 number, quint32 period);

    [[nodiscard]] Entry &at(quint32 number)
    {
        return m_chunks[number / ChunkSize][number % ChunkSize];
    }

    [[nodiscard]] const Entry &at(quint32 number) const
    {
        return m_chunks[number / ChunkSize][number % ChunkSize];
    }

    /// The segment value; valid as long as the counter is there.
    [[nodiscard]] QByteArrayView valueOf(quint32 number) const { return at(number).text.view(); }

    /// Gives the counter the next change number, which both readers will hear of.
    void touch(quint32 number)
    {
        Entry &entry = at(number);
        entry.change = ++m_change;
        if (entry.queues != m_queues)
            announce(entry, number);
    }

    /// Takes a counter that has changed since it was last taken, the longest waiting one first;
    /// None if there is none.
    quint32 takeUnread();

    /// The same for who keeps records of counters, once keepUnsaved() was called.
    quint32 takeUnsaved();

    /// From now on changes wait for takeUnsaved() too, and at once all counters without a record.
    void keepUnsaved();

    [[nodiscard]] bool keepsUnsaved() const { return m_queues != Unread; }

    /// Puts a counter, which is used, into the queue of takeUnsaved() alone.
    void markUnsaved(quint32 number);

    /// Whether something waits for takeUnsaved() although nothing did before; asked once.
    [[nodiscard]] bool takeNews() { return std::exchange(m_hasNews, false); }

    void setNews() { m_hasNews = true; }

    [[nodiscard]] qsizetype size() const { return m_index.size(); }

    /// Numbers run from 0 to here; some are unused.
    [[nodiscard]] quint32 numbersEnd() const { return m_end; }

    [[nodiscard]] bool isUsed(quint32 number) const { return at(number).group != Unused; }

private:
    static constexpr quint32 ChunkSize = 1024;
    static constexpr quint32 ChunksPerBlock = 25; ///< which is just under 2 MB
    static constexpr quint32 Unused = 0xFFFF'FFFF;
    static constexpr quint8 Unread = 1;
    static constexpr quint8 Unsaved = 2;

    [[nodiscard]] bool matches(quint32 number, const CounterKey &key) const;
    [[nodiscard]] CounterKey keyOf(quint32 number) const;
    quint32 takeNumber();
    void addChunk();
    void announce(Entry &entry, quint32 number);
    quint32 take(std::deque<quint32> &queue, quint8 mark);

    std::vector<LargeBlock> m_blocks;
    std::vector<Entry *> m_chunks; ///< in m_blocks
    HashIndex m_index;
    quint32 m_end = 0;
    quint32 m_free = None; ///< chain of unused entries, through Entry::terms
    // Every number at most once in each; some may be unused by now.
    std::deque<quint32> m_unread;
    std::deque<quint32> m_unsaved;
    quint8 m_queues = Unread; ///< that there are
    bool m_hasNews = false;
    quint64 m_change = 0;
    ByteHash m_hash;
};

} // namespace sluice::limits
