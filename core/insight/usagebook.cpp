// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/usagebook.h"

#include <algorithm>

namespace sluice::insight {

using std::chrono::milliseconds;

namespace {

constexpr qint64 MinuteMs = 60'000;
constexpr qint64 SlotMs = 5'000;
constexpr milliseconds SeenFor{60 * MinuteMs};
constexpr size_t MaxSeen = 64; ///< counters remembered with one subject

/// Moves a ring of buckets on to `now`, emptying what has been passed over.
template <typename Ring> void advance(Ring &ring, qint64 &last, qint64 now)
{
    const auto size = static_cast<qint64>(ring.size());
    if (now <= last)
        return;
    for (qint64 i = std::max(last + 1, now - size + 1); i <= now; ++i)
        ring[static_cast<size_t>(i % size)] = {};
    last = now;
}

int scopeOrder(const limits::Limit &limit)
{
    switch (limit.scope) {
    case limits::LimitScope::Global:
        return 0;
    case limits::LimitScope::Unified:
        return 1;
    case limits::LimitScope::Router:
        return 2;
    case limits::LimitScope::Header:
        return 3;
    }
    Q_UNREACHABLE();
}

bool isCheckedBefore(const ChainState &a, const ChainState &b)
{
    if (scopeOrder(*a.limit) != scopeOrder(*b.limit))
        return scopeOrder(*a.limit) < scopeOrder(*b.limit);
    if (a.limit->line != b.limit->line)
        return a.limit->line < b.limit->line;
    return a.limit->name < b.limit->name;
}

bool isFuller(const limits::Usage &a, const limits::Usage &b)
{
    // Cross-multiplied in 128 bits: shares compare exactly, without floating point.
    return static_cast<limits::Int128>(a.taken()) * b.quota
        > static_cast<limits::Int128>(b.taken()) * a.quota;
}

/// The limit with the amounts that hold for one value; null stays null.
limits::LimitPtr ownLimit(const limits::LimitPtr &limit, const QByteArray &value)
{
    if (!limit)
        return limit;
    const auto own = limit->overrides.find(value);
    return own == limit->overrides.end() ? limit : own->second;
}

} // namespace

double ChainState::share() const
{
    return usage.quota > 0 ? double(usage.taken()) / double(usage.quota) : 0.0;
}

std::vector<int> UsageBook::ingest(const ActivityBatch &batch)
{
    for (const limits::CounterReading &reading : batch.counters)
        take(reading);
    std::vector<int> changed;
    changed.reserve(batch.subjects.size());
    for (const SubjectDelta &delta : batch.subjects) {
        const int index = addSubject(delta.subject);
        fold(m_subjects[static_cast<size_t>(index)], delta, batch.at);
        changed.push_back(index);
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    return changed;
}

void UsageBook::take(const limits::CounterReading &reading)
{
    limits::LimitPtr limit = reading.limit;
    if (m_limits && limit->scope != limits::LimitScope::Header) {
        limit = ownLimit(m_limits->value(limit->name), reading.value);
        if (!limit)
            return; // reported before the configuration changed, read after it
    }
    Counter &counter =
        m_counters[static_cast<size_t>(counterIndex({limit->name, reading.value, reading.apiKey}))];
    if (reading.change < counter.reading.change)
        return;
    counter.reading = reading;
    counter.reading.limit = std::move(limit);
    counter.isKnown = true;
}

int UsageBook::addSubject(const SubjectId &id)
{
    const auto found = m_index.constFind(id);
    if (found != m_index.cend())
        return *found;
    const int index = subjectCount();
    m_subjects.emplace_back().id = id;
    m_index.insert(id, index);
    return index;
}

void UsageBook::setLimits(const limits::LimitSet &limits)
{
    m_limits.emplace();
    for (const limits::LimitPtr &limit : limits.all())
        m_limits->insert(limit->name, limit);
    for (Counter &counter : m_counters) {
        if (!counter.isKnown || counter.reading.limit->scope == limits::LimitScope::Header)
            continue;
        const limits::LimitPtr limit =
            ownLimit(m_limits->value(counter.reading.limit->name), counter.reading.value);
        counter.isKnown = limit != nullptr;
        if (limit)
            counter.reading.limit = limit;
    }
}

int UsageBook::counterIndex(const CounterId &id)
{
    const auto found = m_counterIndex.constFind(id);
    if (found != m_counterIndex.cend())
        return *found;
    const int index = static_cast<int>(m_counters.size());
    m_counters.emplace_back();
    m_counterIndex.insert(id, index);
    return index;
}

void UsageBook::fold(Subject &subject, const SubjectDelta &delta, milliseconds at)
{
    const qint64 minute = at.count() / MinuteMs;
    advance(subject.minutes, subject.lastMinute, minute);
    MinuteFigures &figures = subject.minutes[static_cast<size_t>(subject.lastMinute % Minutes)];
    figures.admitted += delta.admitted;
    figures.refused += delta.refused;

    advance(subject.slots5s, subject.lastSlot, at.count() / SlotMs);
    subject.slots5s[static_cast<size_t>(subject.lastSlot) % subject.slots5s.size()] +=
        delta.admitted + delta.refused;

    subject.refusedTotal += delta.refused;
    subject.wouldRefuseTotal += delta.wouldRefuse;
    subject.spent.add(delta.spent);
    subject.lastSeen = std::max(subject.lastSeen, at);
    for (const CounterId &id : delta.counters) {
        const int counter = counterIndex(id);
        const auto seen = std::find_if(subject.seen.begin(), subject.seen.end(),
            [counter](const Seen &s) { return s.counter == counter; });
        if (seen != subject.seen.end())
            seen->at = at;
        else
            subject.seen.push_back({counter, at});
    }
    std::erase_if(subject.seen, [at](const Seen &s) { return s.at + SeenFor < at; });
    if (subject.seen.size() > MaxSeen)
        forgetSurplus(subject);
}

// The counters that others share with the subject go first, the longest unseen of them before.
void UsageBook::forgetSurplus(Subject &subject) const
{
    const auto isOwn = [this, &subject](const Seen &seen) {
        const limits::LimitPtr &limit = m_counters[static_cast<size_t>(seen.counter)].reading.limit;
        return limit && isOwnLimit(*limit, subject.id);
    };
    std::stable_sort(
        subject.seen.begin(), subject.seen.end(), [&isOwn](const Seen &a, const Seen &b) {
            return isOwn(a) != isOwn(b) ? isOwn(b) : a.at < b.at;
        });
    subject.seen.erase(subject.seen.begin(), subject.seen.end() - qsizetype(MaxSeen));
}

int UsageBook::requestsPerMinute(int index, milliseconds now) const
{
    const Subject &s = subject(index);
    const qint64 current = now.count() / SlotMs;
    const auto size = static_cast<qint64>(s.slots5s.size());
    int total = 0;
    for (qint64 slot = std::max(current - size + 1, s.lastSlot - size + 1); slot <= s.lastSlot;
         ++slot)
        if (slot >= 0)
            total += static_cast<int>(s.slots5s[static_cast<size_t>(slot % size)]);
    return total;
}

std::array<MinuteFigures, UsageBook::Minutes> UsageBook::history(int index, milliseconds now) const
{
    std::array<MinuteFigures, Minutes> result{};
    const Subject &s = subject(index);
    const qint64 first = now.count() / MinuteMs - Minutes + 1;
    for (qint64 i = 0; i < Minutes; ++i) {
        const qint64 minute = first + i;
        if (minute >= 0 && minute <= s.lastMinute && minute > s.lastMinute - Minutes)
            result[static_cast<size_t>(i)] = s.minutes[static_cast<size_t>(minute % Minutes)];
    }
    return result;
}

std::vector<ChainState> UsageBook::chain(int index, limits::Instant now) const
{
    std::vector<ChainState> links;
    for (const Seen &seen : subject(index).seen) {
        const Counter &counter = m_counters[static_cast<size_t>(seen.counter)];
        if (!counter.isKnown)
            continue;
        const limits::CounterReading &reading = counter.reading;
        ChainState state{reading.limit, reading.value, reading.apiKey, usageAt(reading, now)};
        const auto same = std::find_if(links.begin(), links.end(),
            [&state](const ChainState &link) { return link.limit->name == state.limit->name; });
        if (same == links.end())
            links.push_back(std::move(state));
        else if (isFuller(state.usage, same->usage))
            *same = std::move(state);
    }
    std::sort(links.begin(), links.end(), isCheckedBefore);
    return links;
}

int UsageBook::tightest(const std::vector<ChainState> &chain, bool (*counts)(Unit unit))
{
    int best = -1;
    for (int i = 0; i < static_cast<int>(chain.size()); ++i) {
        if (counts != nullptr && !counts(chain[static_cast<size_t>(i)].limit->unit))
            continue;
        if (best < 0) {
            best = i;
            continue;
        }
        const ChainState &a = chain[static_cast<size_t>(i)];
        const ChainState &b = chain[static_cast<size_t>(best)];
        const bool aEnforced = a.limit->mode == limits::LimitMode::Enforce;
        const bool bEnforced = b.limit->mode == limits::LimitMode::Enforce;
        if (aEnforced != bEnforced ? aEnforced : isFuller(a.usage, b.usage))
            best = i;
    }
    return best;
}

bool UsageBook::fullest(QByteArrayView limit, limits::Instant now, ChainState *state) const
{
    bool found = false;
    for (const Counter &counter : m_counters) {
        if (!counter.isKnown || counter.reading.limit->name != limit)
            continue;
        const limits::CounterReading &reading = counter.reading;
        const limits::Usage usage = usageAt(reading, now);
        if (!found || isFuller(usage, state->usage))
            *state = {reading.limit, reading.value, reading.apiKey, usage};
        found = true;
    }
    return found;
}

const limits::CounterReading *UsageBook::reading(const CounterId &id) const
{
    const auto found = m_counterIndex.constFind(id);
    if (found == m_counterIndex.cend())
        return nullptr;
    const Counter &counter = m_counters[static_cast<size_t>(*found)];
    return counter.isKnown ? &counter.reading : nullptr;
}

QList<limits::CounterReading> UsageBook::counters(QByteArrayView limit) const
{
    QList<limits::CounterReading> result;
    for (const Counter &counter : m_counters)
        if (counter.isKnown && counter.reading.limit->name == limit)
            result.append(counter.reading);
    return result;
}

} // namespace sluice::insight
