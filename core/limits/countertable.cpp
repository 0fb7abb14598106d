// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/countertable.h"

#include <memory>

namespace sluice::limits {

// The next 10^6 counters must stay under 128 bytes each with index and slack.
static_assert(sizeof(CounterTable::Entry) == 80);

CounterTable::CounterTable() = default;

CounterTable::~CounterTable()
{
    for (Entry *chunk : m_chunks)
        std::destroy_n(chunk, ChunkSize);
}

CounterKey CounterTable::hashed(const CounterKey &key) const
{
    constexpr quint64 Odd = 0x9e37'79b9'7f4a'7c15; // spreads the periods of a calendar
    const quint64 place = (static_cast<quint64>(key.group) << 32U | key.owner) ^ key.period * Odd;
    CounterKey result = key;
    result.hash = static_cast<quint32>(m_hash(key.value, place) >> 32U);
    return result;
}

void CounterTable::prefetchEntry(const CounterKey &key) const
{
    const quint32 number = m_index.likelySlot(key.hash);
    if (number == None)
        return;
    const Entry &entry = at(number);
    __builtin_prefetch(&entry);
    __builtin_prefetch(&entry.terms); // may lie in the next line
}

quint32 CounterTable::find(const CounterKey &key) const
{
    return m_index.find(key.hash, [this, &key](quint32 number) { return matches(number, key); });
}

bool CounterTable::matches(quint32 number, const CounterKey &key) const
{
    const Entry &entry = at(number);
    return entry.group == key.group && entry.owner == key.owner && entry.period == key.period
        && entry.text.view() == key.value;
}

CounterKey CounterTable::keyOf(quint32 number) const
{
    const Entry &entry = at(number);
    return {entry.group, entry.owner, valueOf(number), entry.period, 0};
}

quint32 CounterTable::insert(const CounterKey &key, quint32 terms)
{
    const quint32 number = takeNumber();
    Entry &entry = at(number);
    entry.group = key.group;
    entry.owner = key.owner;
    entry.period = key.period;
    entry.terms = terms;
    entry.text = SegmentText(key.value);
    m_index.insert(key.hash, number);
    touch(number);
    return number;
}

void CounterTable::remove(quint32 number)
{
    m_index.remove(hashed(keyOf(number)).hash, number);
    Entry &entry = at(number);
    const quint8 queues = entry.queues;
    entry = Entry();
    entry.queues = queues;
    entry.terms = m_free;
    m_free = number;
}

void CounterTable::rekey(quint32 number, quint32 period)
{
    m_index.remove(hashed(keyOf(number)).hash, number);
    at(number).period = period;
    m_index.insert(hashed(keyOf(number)).hash, number);
}

quint32 CounterTable::takeNumber()
{
    if (m_free != None) {
        const quint32 number = m_free;
        m_free = at(number).terms;
        return number;
    }
    if (m_end % ChunkSize == 0)
        addChunk();
    return m_end++;
}

/// The first chunk has a block of its own: most tables stay small.
void CounterTable::addChunk()
{
    constexpr size_t Bytes = ChunkSize * sizeof(Entry);
    static_assert(ChunksPerBlock * Bytes <= LargeBlock::PageSize);
    const size_t place = (m_chunks.size() + ChunksPerBlock - 1) % ChunksPerBlock;
    if (place == 0 || m_chunks.empty())
        m_blocks.emplace_back(m_chunks.empty() ? Bytes : LargeBlock::PageSize);
    void *chunk =
        static_cast<char *>(m_blocks.back().data()) + (m_chunks.empty() ? 0 : place * Bytes);
    m_chunks.push_back(static_cast<Entry *>(chunk));
    std::uninitialized_default_construct_n(m_chunks.back(), ChunkSize);
}

void CounterTable::announce(Entry &entry, quint32 number)
{
    if ((entry.queues & Unread) == 0)
        m_unread.push_back(number);
    entry.queues |= Unread;
    if (keepsUnsaved())
        markUnsaved(number);
}

void CounterTable::keepUnsaved()
{
    m_queues = Unread | Unsaved;
    for (quint32 number = 0; number < m_end; ++number) {
        if (isUsed(number) && !at(number).isKept)
            markUnsaved(number);
    }
}

void CounterTable::markUnsaved(quint32 number)
{
    Entry &entry = at(number);
    if ((entry.queues & Unsaved) != 0)
        return;
    entry.queues |= Unsaved;
    m_hasNews = m_hasNews || m_unsaved.empty();
    m_unsaved.push_back(number);
}

quint32 CounterTable::takeUnread()
{
    return take(m_unread, Unread);
}

quint32 CounterTable::takeUnsaved()
{
    return take(m_unsaved, Unsaved);
}

quint32 CounterTable::take(std::deque<quint32> &queue, quint8 mark)
{
    while (!queue.empty()) {
        const quint32 number = queue.front();
        queue.pop_front();
        at(number).queues &= static_cast<quint8>(~mark);
        if (isUsed(number))
            return number;
    }
    return None;
}

} // namespace sluice::limits
