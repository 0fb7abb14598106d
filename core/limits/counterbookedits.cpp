// SPDX-License-Identifier: GPL-3.0-or-later
// What edits and people do to counters, and how they expire.
#include "core/limits/counterbook.h"

#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

// An edit brings this many counters up to date at once, so that readers of small tables see it
// immediately; sweeping and charging do the others.
constexpr quint32 RenewedAtOnce = 4096;

/// Counters of a period that has ended stay for so long, should the wall clock be set back.
constexpr milliseconds Afterlife = std::chrono::hours(1);

constexpr quint32 None = CounterTable::None;

} // namespace

void CounterBook::apply(Instant now, const LimitSet &limits, const Renames &renames)
{
    std::vector<quint32> renamed;
    for (const Rename &rename : renames) {
        const auto before = limitsNamed(rename.from);
        const std::vector<quint32> groups = registry.rename(rename);
        renamed.insert(renamed.end(), groups.begin(), groups.end());
        departRenamed(before, groups);
    }
    const LimitRegistry::Changes changes = registry.apply(now, limits);
    for (const Moved &moved : changes.moved)
        move(moved, now);
    if (!changes.hasChanged && renamed.empty())
        return;
    const quint32 end = std::min(counters.numbersEnd(), RenewedAtOnce);
    for (quint32 number = 0; number < end; ++number) {
        if (!counters.isUsed(number))
            continue;
        renew(number, now);
        const quint32 group = counters.at(number).group;
        if (std::find(renamed.begin(), renamed.end(), group) != renamed.end())
            counters.touch(number);
    }
}

/// A value has got amounts of its own, or has lost them: its counters are moved at once.
void CounterBook::move(const Moved &moved, Instant now)
{
    const Limit &limit = *registry.at(moved.to).limit;
    for (const quint32 number : findOwners(moved.group, moved.from, moved.value, now)) {
        renew(number, now);
        const CounterTable::Entry &entry = counters.at(number);
        Standing standing;
        standing.terms = moved.to;
        standing.key = {entry.group, entry.owner, counters.valueOf(number), 0, 0};
        setPeriod(standing, now);
        standing.key = counters.hashed(standing.key);
        load(standing, limit, now);
        charge(standing, limit, 0, now);
    }
}

/// The counters of one displayed value in those terms, whoever owns them.
std::vector<quint32> CounterBook::findOwners(
    quint32 group, quint32 terms, const QByteArray &value, Instant now) const
{
    const Limit &limit = *registry.at(terms).limit;
    const ValueParts parts = partsOf(limit, value);
    const bool isOwned = !limit.isPolicy() || !parts.owner.isEmpty();
    const quint32 owner = registry.ownerOf(parts.owner);
    std::vector<quint32> found;
    for (quint32 i = isOwned ? owner : 1; i < (isOwned ? owner + 1 : registry.ownersEnd()); ++i) {
        Standing standing;
        standing.terms = terms;
        standing.key = {group, i, parts.value, 0, 0};
        setPeriod(standing, now);
        standing.key = counters.hashed(standing.key);
        load(standing, limit, now);
        if (standing.counter != None)
            found.push_back(standing.counter);
    }
    return found;
}

std::vector<quint32> CounterBook::numbersOf(
    const QByteArray &limit, const QByteArray &value, Instant now) const
{
    std::vector<quint32> numbers;
    for (const quint32 group : registry.groupsNamed(limit)) {
        const auto found = findOwners(group, registry.termsFor(group, value), value, now);
        numbers.insert(numbers.end(), found.begin(), found.end());
    }
    return numbers;
}

void CounterBook::renew(quint32 number, Instant now)
{
    CounterTable::Entry &entry = counters.at(number);
    const quint32 latest = registry.latest(entry.terms);
    if (latest == entry.terms)
        return;
    switch (registry.at(latest).limit->algorithm) {
    case Algorithm::Gcra:
        entry.level = registry.upToDate(entry.terms, entry.level).tat;
        break;
    case Algorithm::SlidingWindow:
        entry.window = registry.upToDate(entry.terms, entry.window);
        break;
    case Algorithm::CalendarWindow:
        renewCalendar(number);
        break;
    case Algorithm::Concurrency:
        break;
    }
    // The state has just been brought to the latest terms, so its marks need no further step.
    setTerms(entry, latest, now.engine);
    counters.touch(number);
}

void CounterBook::renewCalendar(quint32 number)
{
    CounterTable::Entry &entry = counters.at(number);
    const CalendarState state = calendarState(entry);
    if (state.amount == 0 && entry.level != 0) {
        // Its period was over when the calendar was edited.
        reservations.detach(entry.holds);
        entry.level = 0;
    }
    const quint32 period = periodNumber(state.start);
    if (state.amount == 0 || period == entry.period)
        return;
    const CounterKey key{entry.group, entry.owner, counters.valueOf(number), period, 0};
    moveTo(number, counters.hashed(key));
}

void CounterBook::sweep(Instant now, int budget, Haste haste)
{
    for (; budget > 0 && counters.size() > 0; --budget) {
        if (m_sweepAt >= counters.numbersEnd())
            m_sweepAt = 0;
        const quint32 number = m_sweepAt++;
        if (!counters.isUsed(number))
            continue;
        renew(number, now);
        if (isIdle(number, now, haste))
            remove(number);
    }
}

bool CounterBook::isIdle(quint32 number, Instant now, Haste haste) const
{
    const CounterTable::Entry &entry = counters.at(number);
    if (entry.holds != ReservationBook::None)
        return false;
    const Limit &limit = *registry.at(entry.terms).limit;
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return gcra::isIdle({entry.level, limit.quota, limit.period}, now.engine);
    case Algorithm::SlidingWindow:
        return slidingwindow::isIdle(entry.window, limit.period, now.engine);
    case Algorithm::CalendarWindow:
        return entry.level == 0 || isPast(entry, now.wall, haste);
    case Algorithm::Concurrency:
        return entry.level == 0;
    }
    Q_UNREACHABLE();
}

bool CounterBook::isPast(const CounterTable::Entry &entry, milliseconds wall, Haste haste) const
{
    const Periods &periods = registry.periodsOf(entry.terms, wall);
    const milliseconds start = startOfPeriod(entry.period);
    if (start >= periods.current.start)
        return false;
    return start < periods.previousStart || haste == Haste::Full
        || wall >= periods.current.start + Afterlife;
}

void CounterBook::remove(quint32 number)
{
    depart(number);
    registry.release(counters.at(number).terms);
    counters.remove(number);
}

// --- operations ------------------------------------------------------------------------------

void CounterBook::reset(quint32 number, Instant now)
{
    renew(number, now);
    CounterTable::Entry &entry = counters.at(number);
    const Limit &limit = *registry.at(entry.terms).limit;
    reservations.detach(entry.holds);
    entry.level = 0;
    if (limit.algorithm == Algorithm::Gcra)
        entry.level = gcra::fresh(limit.rate(), now.engine).tat;
    entry.window.cells.clear();
    counters.touch(number);
}

const LimitPtr &CounterBook::limitOf(quint32 number) const
{
    return registry.at(registry.latest(counters.at(number).terms)).limit;
}

LimitPtr CounterBook::restore(const CounterReading &reading, Instant now)
{
    const Limit &limit = *reading.limit;
    Standing standing;
    standing.terms = termsToRestore(reading);
    if (standing.terms == LimitRegistry::None || limit.algorithm == Algorithm::Concurrency)
        return nullptr;
    const ValueParts parts = partsOf(limit, reading.value);
    const QByteArray &owner = limit.isPolicy() ? reading.apiKey : parts.owner;
    standing.key = {registry.at(standing.terms).group, registry.intern(owner), parts.value, 0, 0};
    setPeriod(standing, now);
    standing.key = counters.hashed(standing.key);
    LimitPtr counted = registry.at(standing.terms).limit;
    const Limit &running = *counted;
    load(standing, running, now);
    if (limit.algorithm == Algorithm::CalendarWindow) {
        charge(standing, running, usageAt(limit, reading.state, now).taken(), now);
        return counted;
    }
    charge(standing, running, 0, now);
    CounterTable::Entry &entry = counters.at(standing.counter);
    if (limit.algorithm == Algorithm::Gcra)
        entry.level = gcra::merged(
            standing.bucket, std::get<GcraState>(reading.state), running.rate(), now.engine)
                          .tat;
    else
        slidingwindow::merge(entry.window,
            slidingwindow::rescaled(
                std::get<WindowState>(reading.state), limit.period, running.period, now.engine));
    return counted;
}

quint32 CounterBook::termsToRestore(const CounterReading &reading)
{
    if (reading.limit->scope == LimitScope::Header)
        return registry.adopt(reading.limit);
    const quint32 group = registry.groupOf(*reading.limit);
    return group == LimitRegistry::None ? LimitRegistry::None
                                        : registry.termsFor(group, reading.value);
}

} // namespace sluice::limits
