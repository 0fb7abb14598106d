// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counterbook.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/counterstore.h"
#include "core/limits/gcra.h"
#include "core/limits/matching.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

using namespace std::chrono_literals;

constexpr quint32 None = CounterTable::None;

constexpr milliseconds FirstStart = std::chrono::sys_days(1y / 1 / 1).time_since_epoch();
constexpr milliseconds PerNumber = 1min;

} // namespace

// Counted from the year 1 on, for wall clocks that stand before 1970 to count as well.
quint32 periodNumber(milliseconds start)
{
    const Int128 number = floorDivide((start - FirstStart).count(), PerNumber.count());
    return static_cast<quint32>(std::clamp<Int128>(number, 0, 0xFFFF'FFFF));
}

milliseconds startOfPeriod(quint32 number)
{
    return FirstStart + PerNumber * static_cast<qint64>(number);
}

const WindowState &Standing::window() const
{
    static const WindowState s_empty;
    if (renewed)
        return *renewed;
    return stored != nullptr ? *stored : s_empty;
}

// --- reading ---------------------------------------------------------------------------------

void CounterBook::load(Standing &standing, const Limit &limit, Instant now) const
{
    if (limit.algorithm == Algorithm::CalendarWindow) {
        if (standing.terms == LimitRegistry::None)
            findDraftCalendar(standing, now);
        else
            findCalendar(standing);
        return;
    }
    standing.counter = counters.find(standing.key);
    if (standing.counter == None) {
        standing.bucket = gcra::fresh(limit.rate(), now.engine);
        return;
    }
    const CounterTable::Entry &entry = counters.at(standing.counter);
    if (limit.algorithm == Algorithm::Concurrency)
        standing.level = clampTo64(entry.level);
    else if (limit.algorithm == Algorithm::SlidingWindow)
        loadWindow(standing, limit, entry, now.engine);
    else
        loadBucket(standing, limit, entry, now.engine);
}

void CounterBook::loadBucket(
    Standing &standing, const Limit &limit, const CounterTable::Entry &entry, EngineTime now) const
{
    standing.bucket = registry.upToDate(entry.terms, entry.level);
    // A draft reads as if it were applied now; a header policy keeps the quota of the last charge.
    if (standing.terms == LimitRegistry::None && limit.scope != LimitScope::Header)
        standing.bucket = gcra::rescaled(standing.bucket, limit.rate(), now);
}

void CounterBook::loadWindow(
    Standing &standing, const Limit &limit, const CounterTable::Entry &entry, EngineTime now) const
{
    standing.stored = &entry.window;
    const quint32 latest = registry.latest(entry.terms);
    if (latest != entry.terms)
        standing.renewed = registry.upToDate(entry.terms, entry.window);
    const nanoseconds counted = registry.at(latest).limit->period;
    if (counted != limit.period)
        standing.renewed = slidingwindow::rescaled(standing.window(), counted, limit.period, now);
}

/// The counter of the current period; after an edit of the calendar it may still stand under the
/// period that the calendar before had when it was edited.
void CounterBook::findCalendar(Standing &standing) const
{
    const quint32 direct = counters.find(standing.key);
    if (readCalendar(standing, direct) && standing.level != 0)
        return;
    quint32 terms = registry.at(standing.terms).predecessor;
    for (; terms != LimitRegistry::None; terms = registry.at(terms).predecessor) {
        const Terms &former = registry.at(terms);
        if (former.limit->calendar == registry.at(former.successor).limit->calendar)
            continue; // the same period, which has been looked at
        CounterKey key = standing.key;
        key.period = periodNumber(periodAt(former.limit->calendar, former.until.wall).start);
        const quint32 number = counters.find(counters.hashed(key));
        if (number == None || number == direct)
            continue;
        const CalendarState state = calendarState(counters.at(number));
        if (state.amount > 0 && state.start == standing.period.start) {
            readCalendar(standing, number);
            return;
        }
    }
}

bool CounterBook::readCalendar(Standing &standing, quint32 number) const
{
    standing.counter = number;
    if (number == None)
        return false;
    const CounterTable::Entry &entry = counters.at(number);
    standing.level = clampTo64(entry.level);
    if (registry.latest(entry.terms) != entry.terms) {
        const CalendarState state = calendarState(entry);
        standing.level = state.start == standing.period.start ? state.amount : 0;
    }
    return true;
}

/// A draft reads what is used in the current period of the running calendar.
void CounterBook::findDraftCalendar(Standing &standing, Instant now) const
{
    Standing running;
    running.terms = registry.newestOf(standing.key.group);
    if (running.terms == LimitRegistry::None)
        return;
    running.key = standing.key;
    setPeriod(running, now);
    running.key = counters.hashed(running.key);
    findCalendar(running);
    standing.counter = running.counter;
    standing.level = running.level;
}

void CounterBook::setPeriod(Standing &standing, Instant now) const
{
    if (registry.at(standing.terms).limit->algorithm != Algorithm::CalendarWindow)
        return;
    standing.key.period = periodNumber(registry.periodsOf(standing.terms, now.wall).current.start);
    standing.period = registry.periodsOf(registry.latest(standing.terms), now.wall).current;
}

bool CounterBook::fitsNextPeriod(
    const Standing &standing, MicroAmount capacity, MicroAmount cost, Instant now) const
{
    if (standing.terms == LimitRegistry::None)
        return true;
    Standing next = standing;
    next.period = registry.periodsOf(standing.terms, now.wall).next;
    next.key.period = periodNumber(next.period.start);
    next.key = counters.hashed(next.key);
    return !readCalendar(next, counters.find(next.key)) || next.level <= capacity - cost;
}

CalendarState CounterBook::calendarState(const CounterTable::Entry &entry) const
{
    return registry.upToDate(
        entry.terms, CalendarState{startOfPeriod(entry.period), clampTo64(entry.level)});
}

bool CounterBook::isDrained(
    const CounterTable::Entry &entry, const Hold &hold, EngineTime now) const
{
    const Limit &limit = *registry.at(entry.terms).limit;
    if (limit.algorithm == Algorithm::Gcra)
        return gcra::occupied({hold.mark, limit.quota, limit.period}, now) == 0;
    return limit.algorithm == Algorithm::SlidingWindow
        && !slidingwindow::isLive(static_cast<qint64>(hold.mark), limit.period, now);
}

// Charges follow one another without gaps, so at any instant some of the oldest holds are drained,
// at most one is so in part, and the rest stands whole.
MicroAmount CounterBook::reservedAt(quint32 counter, EngineTime now) const
{
    if (counter == None)
        return 0;
    const CounterTable::Entry &entry = counters.at(counter);
    if (entry.holds == ReservationBook::None)
        return 0;
    if (registry.latest(entry.terms) != entry.terms)
        return reservedAfterEdits(entry, now);
    const ReservationBook::List &list = reservations.list(entry.holds);
    Int128 reserved = list.standing;
    quint32 number = list.firstStanding;
    while (number != None && isDrained(entry, reservations.hold(number), now)) {
        reserved -= reservations.hold(number).amount;
        number = reservations.hold(number).newer;
    }
    if (number != None) {
        const Hold &first = reservations.hold(number);
        reserved += standingPart(*registry.at(entry.terms).limit, first, first.mark, now);
        reserved -= first.amount;
    }
    return clampTo64(reserved);
}

/// The same for a counter that edits have left behind, hold by hold.
MicroAmount CounterBook::reservedAfterEdits(const CounterTable::Entry &entry, EngineTime now) const
{
    const Limit &limit = *registry.at(registry.latest(entry.terms)).limit;
    Int128 reserved = 0;
    for (quint32 number = reservations.list(entry.holds).oldest; number != None;
         number = reservations.hold(number).newer) {
        const Hold &hold = reservations.hold(number);
        Int128 mark = hold.mark;
        if (limit.algorithm == Algorithm::Gcra)
            mark = registry.upToDate(entry.terms, mark).tat;
        else if (limit.algorithm == Algorithm::SlidingWindow)
            mark = registry.cellUpToDate(entry.terms, static_cast<qint64>(mark));
        reserved += standingPart(limit, hold, mark, now);
    }
    return clampTo64(reserved);
}

/// What a hold with that mark still occupies.
MicroAmount CounterBook::standingPart(
    const Limit &limit, const Hold &hold, Int128 mark, EngineTime now)
{
    if (limit.algorithm == Algorithm::SlidingWindow)
        return slidingwindow::isLive(static_cast<qint64>(mark), limit.period, now) ? hold.amount
                                                                                   : 0;
    if (limit.algorithm != Algorithm::Gcra)
        return hold.amount;
    const Int128 ahead = gcra::occupied({mark, limit.quota, limit.period}, now);
    return std::min(hold.amount, clampTo64(ahead / limit.period.count()));
}

CounterState CounterBook::stateOf(const CounterTable::Entry &entry) const
{
    switch (registry.at(entry.terms).limit->algorithm) {
    case Algorithm::Gcra:
        return registry.upToDate(entry.terms, entry.level);
    case Algorithm::SlidingWindow:
        return registry.upToDate(entry.terms, entry.window);
    case Algorithm::CalendarWindow:
        return calendarState(entry);
    case Algorithm::Concurrency:
        break;
    }
    return SlotState{clampTo64(entry.level)};
}

CounterReading CounterBook::read(quint32 number, Instant now) const
{
    const CounterTable::Entry &entry = counters.at(number);
    const QByteArray &owner = registry.ownerName(entry.owner);
    CounterReading reading;
    reading.limit = registry.at(registry.latest(entry.terms)).limit;
    reading.value = displayValue(*reading.limit, owner, counters.valueOf(number).toByteArray());
    if (reading.limit->isPolicy())
        reading.apiKey = owner;
    reading.state = stateOf(entry);
    reading.claims.reserved = reservedAt(number, now.engine);
    reading.change = entry.change;
    return reading;
}

// --- charging --------------------------------------------------------------------------------

/// Moves a counter to another period. Who is there counted in a period that an edit has ended.
void CounterBook::moveTo(quint32 number, const CounterKey &key)
{
    if (const quint32 former = counters.find(key); former != None) {
        reservations.detach(counters.at(former).holds);
        remove(former);
    }
    depart(number);
    counters.rekey(number, key.period);
}

/// Makes sure that the counter is there, under its current period, and counted in its terms.
void CounterBook::place(Standing &standing, Instant now)
{
    if (standing.counter == None) {
        standing.counter = counters.insert(standing.key, standing.terms);
        registry.retain(standing.terms);
        return;
    }
    if (counters.at(standing.counter).period != standing.key.period)
        moveTo(standing.counter, standing.key);
    counters.touch(standing.counter);
    CounterTable::Entry &entry = counters.at(standing.counter);
    // What was used in a period that an edit has ended since is settled with nobody.
    if (registry.at(standing.terms).limit->algorithm == Algorithm::CalendarWindow
        && standing.level == 0 && entry.level != 0)
        reservations.detach(entry.holds);
    setTerms(entry, standing.terms, now.engine);
}

void CounterBook::charge(Standing &standing, const Limit &limit, MicroAmount amount, Instant now)
{
    place(standing, now);
    CounterTable::Entry &entry = counters.at(standing.counter);
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        standing.bucket = gcra::charged(
            standing.bucket, registry.at(standing.terms).limit->rate(), amount, now.engine);
        entry.level = standing.bucket.tat;
        break;
    case Algorithm::SlidingWindow:
        if (standing.renewed)
            entry.window = *std::exchange(standing.renewed, std::nullopt);
        slidingwindow::charge(entry.window, limit.period, amount, now.engine);
        standing.stored = &entry.window;
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        standing.level = saturatingAdd64(standing.level, amount);
        entry.level = standing.level;
        break;
    }
    drain(entry, now.engine);
}

void CounterBook::mirror(Standing &standing, const Limit &limit, Instant now)
{
    place(standing, now);
    CounterTable::Entry &entry = counters.at(standing.counter);
    const Rate rate = registry.at(standing.terms).limit->rate();
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        entry.level = gcra::rescaled(standing.bucket, rate, now.engine).tat;
        break;
    case Algorithm::SlidingWindow:
        entry.window = standing.window();
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        entry.level = standing.level;
        break;
    }
}

QByteArray CounterBook::storeKeyOf(quint32 number, Instant now) const
{
    const CounterTable::Entry &entry = counters.at(number);
    const Limit &limit = *limitOf(number);
    CalendarPeriod period;
    if (limit.algorithm == Algorithm::CalendarWindow)
        period = registry.periodsOf(registry.latest(entry.terms), now.wall).current;
    return storeKey(
        limit, registry.ownerName(entry.owner), counters.valueOf(number).toByteArray(), period);
}

void CounterBook::hold(const Standing &standing, const LimitPtr &limit, MicroAmount amount,
    ReservationId id, EngineTime now)
{
    CounterTable::Entry &entry = counters.at(standing.counter);
    Hold hold;
    hold.limit = limit;
    hold.amount = amount;
    hold.counter = standing.counter;
    if (limit->algorithm == Algorithm::Gcra)
        hold.mark = entry.level;
    else if (limit->algorithm == Algorithm::SlidingWindow)
        hold.mark = slidingwindow::chargedCell(entry.window, limit->period, now);
    reservations.add(id, entry.holds, std::move(hold));
}

/// Passes over the holds that time has drained, so that nobody looks at them again.
void CounterBook::drain(const CounterTable::Entry &entry, EngineTime now)
{
    if (entry.holds == ReservationBook::None)
        return;
    ReservationBook::List &list = reservations.list(entry.holds);
    while (
        list.firstStanding != None && isDrained(entry, reservations.hold(list.firstStanding), now))
        reservations.drain(list);
}

void CounterBook::setTerms(CounterTable::Entry &entry, quint32 terms, EngineTime now)
{
    if (entry.terms == terms)
        return;
    moveMarks(entry, terms, now);
    registry.retain(terms);
    registry.release(std::exchange(entry.terms, terms));
}

/// Holds follow their counter into other terms, as its state does.
void CounterBook::moveMarks(const CounterTable::Entry &entry, quint32 terms, EngineTime now)
{
    if (entry.holds == ReservationBook::None)
        return;
    const Limit &to = *registry.at(terms).limit;
    const nanoseconds from = registry.at(registry.latest(entry.terms)).limit->period;
    for (quint32 number = reservations.list(entry.holds).oldest; number != None;
         number = reservations.hold(number).newer) {
        Int128 &mark = reservations.hold(number).mark;
        if (to.algorithm == Algorithm::Gcra) {
            mark = gcra::rescaled(registry.upToDate(entry.terms, mark), to.rate(), now).tat;
        } else if (to.algorithm == Algorithm::SlidingWindow) {
            const qint64 cell = registry.cellUpToDate(entry.terms, static_cast<qint64>(mark));
            mark =
                from == to.period ? cell : slidingwindow::rescaledCell(cell, from, to.period, now);
        }
    }
}

} // namespace sluice::limits
