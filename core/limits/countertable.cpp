// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/countertable.h"

#include <algorithm>

namespace sluice::limits {

// The next 10^6 counters must stay under 128 bytes each with index and slack.
static_assert(sizeof(CounterTable::Entry) == 80);

CounterTable::CounterTable() = default;

CounterTable::~CounterTable() = default;

CounterKey CounterTable::hashed(const CounterKey &key) const
{
    const quint64 place = static_cast<quint64>(key.group) << 32U | key.owner;
    const quint64 hash = m_hash(key.value, place);
    return {key.group, key.owner, key.value, static_cast<quint32>(hash >> 32U)};
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

void CounterTable::prefetchNeighbours(quint32 number) const
{
    for (const quint32 neighbour : {at(number).newer, at(number).older}) {
        if (neighbour != None)
            __builtin_prefetch(&at(neighbour).newer, 1);
    }
}

quint32 CounterTable::find(const CounterKey &key) const
{
    return m_index.find(key.hash, [this, &key](quint32 number) { return matches(number, key); });
}

bool CounterTable::matches(quint32 number, const CounterKey &key) const
{
    const Entry &entry = at(number);
    return entry.group == key.group && entry.owner == key.owner
        && entry.textSize == key.value.size() && valueOf(number) == key.value;
}

QByteArrayView CounterTable::valueOf(quint32 number) const
{
    const Entry &entry = at(number);
    if (entry.textSize <= entry.text.size())
        return {entry.text.data(), static_cast<qsizetype>(entry.textSize)};
    return *m_longValues.constFind(number);
}

CounterKey CounterTable::keyOf(quint32 number) const
{
    return {at(number).group, at(number).owner, valueOf(number), 0};
}

quint32 CounterTable::insert(const CounterKey &key, quint32 terms)
{
    const quint32 number = takeNumber();
    Entry &entry = at(number);
    entry.group = key.group;
    entry.owner = key.owner;
    entry.terms = terms;
    entry.textSize = static_cast<quint32>(key.value.size());
    if (entry.textSize <= entry.text.size())
        std::copy(key.value.begin(), key.value.end(), entry.text.begin());
    else
        m_longValues.insert(number, key.value.toByteArray());
    m_index.insert(key.hash, number);
    entry.change = ++m_change;
    append(number);
    return number;
}

void CounterTable::remove(quint32 number)
{
    m_index.remove(hashed(keyOf(number)).hash, number);
    unlink(number);
    Entry &entry = at(number);
    if (entry.textSize > entry.text.size())
        m_longValues.remove(number);
    entry = Entry();
    entry.newer = m_free;
    m_free = number;
}

quint32 CounterTable::takeNumber()
{
    if (m_free != None) {
        const quint32 number = m_free;
        m_free = at(number).newer;
        at(number).newer = None;
        return number;
    }
    if (m_end % ChunkSize == 0)
        m_chunks.push_back(std::make_unique<Entry[]>(ChunkSize));
    return m_end++;
}

void CounterTable::touch(quint32 number)
{
    unlink(number);
    at(number).change = ++m_change;
    append(number);
}

void CounterTable::append(quint32 number)
{
    Entry &entry = at(number);
    entry.newer = None;
    entry.older = m_newest;
    if (m_newest != None)
        at(m_newest).newer = number;
    else
        m_oldest = number;
    m_newest = number;
}

void CounterTable::unlink(quint32 number)
{
    const Entry &entry = at(number);
    // The reader's place moves back, so that nothing after it is missed.
    if (m_bookmark == number)
        m_bookmark = entry.older;
    if (entry.newer != None)
        at(entry.newer).older = entry.older;
    else
        m_newest = entry.older;
    if (entry.older != None)
        at(entry.older).newer = entry.newer;
    else
        m_oldest = entry.newer;
}

quint32 CounterTable::firstAfter(quint64 since) const
{
    if (m_newest == None || at(m_newest).change <= since)
        return None;
    if (at(m_oldest).change > since)
        return m_oldest;
    if (m_bookmark != None && at(m_bookmark).change <= since
        && at(at(m_bookmark).newer).change > since)
        return at(m_bookmark).newer;
    quint32 number = m_newest;
    while (at(at(number).older).change > since)
        number = at(number).older;
    return number;
}

} // namespace sluice::limits
