// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/hashindex.h"

namespace sluice::limits {

namespace {

constexpr quint32 FirstSize = 64;
// A table of S buckets is replaced at 3/4 S entries and its successor fills up 3/4 S insertions
// later; moving more than 4/3 buckets per insertion is enough to be done by then.
constexpr quint32 MovedPerInsertion = 8;

constexpr qsizetype InsertionsPerPage = 64;

} // namespace

HashIndex::HashIndex() : m_main(makeTable(FirstSize)) { }

HashIndex::Table HashIndex::makeTable(quint32 size)
{
    Table table;
    table.buckets = LargeBlock(size_t{size} * sizeof(Bucket)); // untouched: no pause to clear it
    table.mask = size - 1;
    return table;
}

void HashIndex::put(const Table &table, Bucket bucket)
{
    quint32 position = bucket.hash;
    while (table.at(position).mark != Empty)
        ++position;
    table.at(position) = bucket;
}

HashIndex::Bucket *HashIndex::locate(const Table &table, quint32 hash, quint32 slot)
{
    if (table.mask == 0)
        return nullptr;
    for (quint32 position = hash;; ++position) {
        Bucket &bucket = table.at(position);
        if (bucket.mark == Empty)
            return nullptr;
        if (bucket.mark == slot + 2)
            return &bucket;
    }
}

void HashIndex::insert(quint32 hash, quint32 slot)
{
    const auto capacity = static_cast<qsizetype>(m_main.mask) + 1;
    if (m_size > capacity / 8 * 5 && m_size % InsertionsPerPage == 0)
        prepare();
    if (m_size + 1 > capacity / 4 * 3)
        startGrowing();
    moveSome(MovedPerInsertion);
    put(m_main, {hash, slot + 2});
    ++m_size;
}

void HashIndex::remove(quint32 hash, quint32 slot)
{
    if (Bucket *bucket = locate(m_main, hash, slot)) {
        closeGap(bucket);
    } else if (Bucket *old = locate(m_old, hash, slot)) {
        old->mark = Gone;
    } else {
        Q_ASSERT(false);
        return;
    }
    --m_size;
}

void HashIndex::closeGap(Bucket *gap)
{
    // Shift back what follows as long as it stands behind its own place: no tombstones to age.
    auto hole = static_cast<quint32>(gap - m_main.first());
    for (quint32 position = hole + 1;; ++position) {
        const Bucket &next = m_main.at(position);
        if (next.mark == Empty)
            break;
        const quint32 displacement = (position - next.hash) & m_main.mask;
        if (displacement >= ((position - hole) & m_main.mask)) {
            m_main.at(hole) = next;
            hole = position;
        }
    }
    m_main.at(hole) = {};
}

/// Entries move to all places of a new table at once. Its large pages are fetched before, one by
/// one, because the kernel takes its time to clear each.
void HashIndex::prepare()
{
    const size_t bytes = (size_t{m_main.mask} + 1) * 2 * sizeof(Bucket);
    if (bytes < LargeBlock::PageSize || m_fetched >= bytes)
        return;
    if (m_next.mask == 0)
        m_next = makeTable((m_main.mask + 1) * 2);
    static_cast<volatile char *>(m_next.buckets.data())[m_fetched] = 0;
    m_fetched += LargeBlock::PageSize;
}

void HashIndex::startGrowing()
{
    moveSome(m_old.mask + 1);
    const quint32 size = m_main.mask + 1;
    m_old = std::move(m_main);
    m_moved = 0;
    m_main = m_next.mask == 0 ? makeTable(size * 2) : std::move(m_next);
    m_next = Table();
    m_fetched = 0;
}

void HashIndex::moveSome(quint32 buckets)
{
    if (m_old.mask == 0)
        return;
    for (; buckets > 0 && m_moved <= m_old.mask; --buckets, ++m_moved) {
        Bucket &bucket = m_old.at(m_moved);
        if (bucket.mark > Gone) {
            put(m_main, bucket);
            bucket.mark = Gone;
        }
    }
    if (m_moved > m_old.mask) {
        m_old.buckets = LargeBlock();
        m_old.mask = 0;
    }
}

} // namespace sluice::limits
