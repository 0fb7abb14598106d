// SPDX-License-Identifier: GPL-3.0-or-later
// An open-addressing index from a 32-bit hash to a 32-bit slot number, 8 bytes a bucket. It grows a
// few buckets at a time, so no insertion ever waits for a whole rehash. Owned by one CounterTable.
#pragma once

#include "core/limits/largeblock.h"

#include <utility>

namespace sluice::limits {

class HashIndex final
{
public:
    static constexpr quint32 None = 0xFFFF'FFFF;

    HashIndex();

    /// The slot with this hash for which matches(slot) holds, or None.
    template <typename Matches>
    [[nodiscard]] quint32 find(quint32 hash, const Matches &matches) const
    {
        const quint32 found = findIn(m_main, hash, matches);
        return found != None || m_old.mask == 0 ? found : findIn(m_old, hash, matches);
    }

    /// Fetches into the cache what find() will read first.
    void prefetch(quint32 hash) const
    {
        __builtin_prefetch(&m_main.at(hash));
        if (m_old.mask != 0)
            __builtin_prefetch(&m_old.at(hash));
    }

    /// A slot that find() is likely to look at, or None. Cheap.
    [[nodiscard]] quint32 likelySlot(quint32 hash) const
    {
        const quint32 slot = firstSlot(m_main, hash);
        return slot != None || m_old.mask == 0 ? slot : firstSlot(m_old, hash);
    }

    /// Adds a slot that is not there yet. At most about 2^31 slots in all.
    void insert(quint32 hash, quint32 slot);

    /// Removes a slot that is there under this hash.
    void remove(quint32 hash, quint32 slot);

    [[nodiscard]] qsizetype size() const { return m_size; }

private:
    struct Bucket
    {
        quint32 hash = 0;
        quint32 mark = Empty; ///< slot + 2, or one of the two below
    };

    static constexpr quint32 Empty = 0;
    static constexpr quint32 Gone = 1; ///< only in the table that is being emptied

    struct Table
    {
        LargeBlock buckets;
        quint32 mask = 0; ///< size - 1; 0 = no table

        [[nodiscard]] Bucket *first() const { return static_cast<Bucket *>(buckets.data()); }

        [[nodiscard]] Bucket &at(quint32 position) const { return first()[position & mask]; }
    };

    template <typename Matches>
    static quint32 findIn(const Table &table, quint32 hash, const Matches &matches)
    {
        for (quint32 position = hash;; ++position) {
            const Bucket bucket = table.at(position);
            if (bucket.mark == Empty)
                return None;
            if (bucket.hash == hash && bucket.mark != Gone && matches(bucket.mark - 2))
                return bucket.mark - 2;
        }
    }

    static quint32 firstSlot(const Table &table, quint32 hash)
    {
        const Bucket bucket = table.at(hash);
        return bucket.hash == hash && bucket.mark > Gone ? bucket.mark - 2 : None;
    }

    static Table makeTable(quint32 size);
    static void put(const Table &table, Bucket bucket);
    static Bucket *locate(const Table &table, quint32 hash, quint32 slot);
    void closeGap(Bucket *gap);
    void prepare();
    void startGrowing();
    void moveSome(quint32 buckets);

    Table m_main; ///< never more than 3/4 full, no Gone marks
    Table m_next; ///< what will replace m_main, while its memory is being fetched
    size_t m_fetched = 0; ///< bytes of m_next
    Table m_old; ///< what m_main replaces, while it is being emptied
    quint32 m_moved = 0; ///< buckets of m_old that are done
    qsizetype m_size = 0;
};

} // namespace sluice::limits
