// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counterbook.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/matching.h"
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

milliseconds startOf(quint32 period)
{
    return std::chrono::minutes(period);
}

MicroAmount add(MicroAmount a, MicroAmount b)
{
    return clampTo64(static_cast<Int128>(a) + b);
}

/// From the TAT after a hold's charge to now, in 1/quota ns: what it still occupies, times the
/// period.
Int128 aheadOf(Int128 mark, const Rate &rate, EngineTime now)
{
    return std::max<Int128>(0, mark - static_cast<Int128>(now.count()) * rate.quota);
}

} // namespace

quint32 periodNumber(const CalendarPeriod &period)
{
    return static_cast<quint32>(std::chrono::floor<std::chrono::minutes>(period.start).count());
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
    if (limit.algorithm == Algorithm::CalendarWindow)
        return findCalendar(standing);
    standing.counter = counters.find(standing.key);
    if (standing.counter == None) {
        standing.bucket = gcra::fresh(limit.rate(), now.engine);
        return;
    }
    const CounterTable::Entry &entry = counters.at(standing.counter);
    if (limit.algorithm == Algorithm::Concurrency) {
        standing.level = clampTo64(entry.level);
        return;
    }
    if (limit.algorithm == Algorithm::Gcra) {
        standing.bucket = registry.upToDate(entry.terms, entry.level);
        return;
    }
    standing.stored = entry.window.get();
    const quint32 latest = registry.latest(entry.terms);
    if (latest != entry.terms)
        standing.renewed = registry.upToDate(entry.terms, *entry.window);
    const nanoseconds counted = registry.at(latest).limit->period;
    if (counted != limit.period)
        standing.renewed =
            slidingwindow::rescaled(standing.window(), counted, limit.period, now.engine);
}

/// The counter of the current period; after an edit of the calendar it may still stand under the
/// period that the calendar before had when it was edited.
void CounterBook::findCalendar(Standing &standing) const
{
    standing.counter = counters.find(standing.key);
    if (standing.counter != None) {
        standing.level = clampTo64(counters.at(standing.counter).level);
        return;
    }
    if (standing.terms == LimitRegistry::None)
        return;
    for (quint32 terms = registry.at(standing.terms).predecessor; terms != LimitRegistry::None;
         terms = registry.at(terms).predecessor) {
        const Terms &former = registry.at(terms);
        CounterKey key = standing.key;
        key.period = periodNumber(periodAt(former.limit->calendar, former.until.wall));
        const quint32 number = counters.find(counters.hashed(key));
        if (number == None || counters.at(number).terms != terms)
            continue;
        const CalendarState state = calendarState(counters.at(number));
        if (state.start != standing.period.start)
            continue;
        standing.counter = number;
        standing.level = state.amount;
        return;
    }
}

CalendarState CounterBook::calendarState(const CounterTable::Entry &entry) const
{
    return registry.upToDate(
        entry.terms, CalendarState{startOf(entry.period), clampTo64(entry.level)});
}

bool CounterBook::isDrained(
    const CounterTable::Entry &entry, const Hold &hold, EngineTime now) const
{
    const Limit &limit = *registry.at(entry.terms).limit;
    if (limit.algorithm == Algorithm::Gcra)
        return aheadOf(hold.mark, limit.rate(), now) == 0;
    return limit.algorithm == Algorithm::SlidingWindow
        && !slidingwindow::isLive(static_cast<qint64>(hold.mark), limit.period, now);
}

// Charges follow one another without gaps, so at any instant some of the oldest holds are drained,
// at most one is so in part, and the rest stands whole.
MicroAmount CounterBook::reservedAt(const Standing &standing, EngineTime now) const
{
    if (standing.counter == None)
        return 0;
    const CounterTable::Entry &entry = counters.at(standing.counter);
    if (entry.holds == ReservationBook::None)
        return 0;
    const ReservationBook::List &list = reservations.list(entry.holds);
    MicroAmount standingAmount = list.standing;
    quint32 number = list.firstStanding;
    while (number != None && isDrained(entry, reservations.hold(number), now)) {
        standingAmount -= reservations.hold(number).amount;
        number = reservations.hold(number).newer;
    }
    const Limit &limit = *registry.at(entry.terms).limit;
    if (number == None || limit.algorithm != Algorithm::Gcra)
        return standingAmount;
    const Hold &first = reservations.hold(number);
    const Int128 left = aheadOf(first.mark, limit.rate(), now) / limit.period.count();
    return standingAmount - std::max<MicroAmount>(0, first.amount - clampTo64(left));
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
    switch (reading.limit->algorithm) {
    case Algorithm::Gcra:
        reading.state = registry.upToDate(entry.terms, entry.level);
        break;
    case Algorithm::SlidingWindow:
        reading.state = registry.upToDate(entry.terms, *entry.window);
        break;
    case Algorithm::CalendarWindow:
        reading.state = calendarState(entry);
        break;
    case Algorithm::Concurrency:
        reading.state = SlotState{clampTo64(entry.level)};
        break;
    }
    Standing standing;
    standing.counter = number;
    reading.claims.reserved = reservedAt(standing, now.engine);
    reading.change = entry.change;
    return reading;
}

// --- charging --------------------------------------------------------------------------------

/// Makes sure that the counter is there, under its current period, and counted in its terms.
void CounterBook::place(Standing &standing, Instant now)
{
    if (standing.counter == None) {
        standing.counter = counters.insert(standing.key, standing.terms);
        registry.retain(standing.terms);
        return;
    }
    if (counters.at(standing.counter).period != standing.key.period)
        counters.rekey(standing.counter, standing.key.period);
    counters.touch(standing.counter);
    setTerms(counters.at(standing.counter), standing.terms, now.engine);
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
        if (!entry.window)
            entry.window = std::make_unique<WindowState>();
        if (standing.renewed)
            *entry.window = *std::exchange(standing.renewed, std::nullopt);
        slidingwindow::charge(*entry.window, limit.period, amount, now.engine);
        standing.stored = entry.window.get();
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        standing.level = add(standing.level, amount);
        entry.level = standing.level;
        break;
    }
    drain(entry, now.engine);
}

void CounterBook::hold(
    const Standing &standing, const LimitPtr &limit, MicroAmount amount, ReservationId id)
{
    CounterTable::Entry &entry = counters.at(standing.counter);
    Hold hold;
    hold.limit = limit;
    hold.amount = amount;
    hold.counter = standing.counter;
    if (limit->algorithm == Algorithm::Gcra)
        hold.mark = entry.level;
    else if (limit->algorithm == Algorithm::SlidingWindow && !entry.window->cells.empty())
        hold.mark = entry.window->cells.back().index;
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

// --- settling --------------------------------------------------------------------------------

void CounterBook::settle(ReservationId id, const Consumption &consumption, Instant now)
{
    const Reservation *reservation = reservations.find(id);
    if (reservation == nullptr)
        return;
    for (quint32 hold = reservation->firstHold; hold != None;
         hold = reservations.hold(hold).sibling)
        settleHold(*reservation, hold, consumption, now);
    reservations.close(id);
}

void CounterBook::settleHold(
    const Reservation &reservation, quint32 hold, const Consumption &consumption, Instant now)
{
    const Hold held = reservations.hold(hold);
    if (held.counter == None)
        return;
    renew(held.counter, now);
    CounterTable::Entry &entry = counters.at(held.counter);
    const Hold current = reservations.hold(hold); // renew() may have moved its mark
    ReservationBook::List &list = reservations.list(entry.holds);
    const bool wasServedElsewhere = !consumption.provider.isEmpty()
        && !matchesServed(
            current.limit->match, consumption.provider, reservation.model, consumption.model);
    const MicroAmount actual = wasServedElsewhere
        ? 0
        : std::max<MicroAmount>(0,
            actualOf(current.limit->unit, reservation.estimate, consumption)
                .value_or(current.amount));
    list.charged += std::max<MicroAmount>(0, actual - current.amount);
    list.settled += actual;
    list.givenBack += std::max<MicroAmount>(0, current.amount - actual);
    reservations.unlink(entry.holds, hold);
    if (actual < current.amount)
        giveBack(held.counter, current, current.newer, current.amount - actual, now);
    else if (actual > current.amount)
        chargeMore(held.counter, current, actual - current.amount, now);
    drain(entry, now.engine);
    counters.touch(held.counter);
}

/// A refund never gives back more than the reservation still occupies, and what was admitted behind
/// it moves up by the same amount (spec: limits, "Algorithms").
void CounterBook::giveBack(
    quint32 number, const Hold &hold, quint32 newer, MicroAmount amount, Instant now)
{
    CounterTable::Entry &entry = counters.at(number);
    const Limit &limit = *registry.at(entry.terms).limit;
    switch (limit.algorithm) {
    case Algorithm::Gcra: {
        const Int128 credit = std::min(static_cast<Int128>(amount) * limit.period.count(),
            aheadOf(hold.mark, limit.rate(), now.engine));
        entry.level -= credit;
        for (; newer != None; newer = reservations.hold(newer).newer)
            reservations.hold(newer).mark -= credit;
        break;
    }
    case Algorithm::SlidingWindow:
        slidingwindow::adjust(
            *entry.window, limit.period, static_cast<qint64>(hold.mark), -amount, now.engine);
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        entry.level = std::max<Int128>(0, entry.level - amount);
        break;
    }
}

void CounterBook::chargeMore(quint32 number, const Hold &hold, MicroAmount amount, Instant now)
{
    CounterTable::Entry &entry = counters.at(number);
    const Limit &limit = *registry.at(entry.terms).limit;
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        entry.level = gcra::charged(
            {entry.level, limit.quota, limit.period}, limit.rate(), amount, now.engine)
                          .tat;
        break;
    case Algorithm::SlidingWindow:
        slidingwindow::adjust(
            *entry.window, limit.period, static_cast<qint64>(hold.mark), amount, now.engine);
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        entry.level = add(clampTo64(entry.level), amount);
        break;
    }
}

// --- edits -----------------------------------------------------------------------------------

void CounterBook::apply(Instant now, const LimitSet &limits)
{
    const LimitRegistry::Changes changes = registry.apply(now, limits);
    for (const Moved &moved : changes.moved)
        move(moved, now);
    if (!changes.hasChanged)
        return;
    const quint32 end = std::min(counters.numbersEnd(), RenewedAtOnce);
    for (quint32 number = 0; number < end; ++number) {
        if (counters.isUsed(number))
            renew(number, now);
    }
}

/// Own amounts of one value have come, gone or changed: its counters are moved at once.
void CounterBook::move(const Moved &moved, Instant now)
{
    const Limit &limit = *registry.at(moved.terms).limit;
    Standing standing;
    standing.terms = moved.terms;
    standing.key.group = moved.group;
    if (limit.algorithm == Algorithm::CalendarWindow) {
        standing.period = registry.periodsOf(moved.terms, now.wall).current;
        standing.key.period = periodNumber(standing.period);
    }
    std::vector<quint32> found;
    findOwners(found, standing.key, limit, moved.value);
    for (const quint32 number : found) {
        renew(number, now);
        const CounterTable::Entry &entry = counters.at(number);
        standing.key.owner = entry.owner;
        standing.key.value = counters.valueOf(number);
        standing.key = counters.hashed(standing.key);
        load(standing, limit, now);
        charge(standing, limit, 0, now);
    }
}

/// The counters of one displayed value, whoever owns them.
void CounterBook::findOwners(
    std::vector<quint32> &found, CounterKey key, const Limit &limit, const QByteArray &value) const
{
    const ValueParts parts = partsOf(limit, value);
    key.value = parts.value;
    const bool isOwned = !limit.isPolicy() || !parts.owner.isEmpty();
    const quint32 owner = registry.ownerOf(parts.owner);
    for (quint32 i = isOwned ? owner : 1; i < (isOwned ? owner + 1 : registry.ownersEnd()); ++i) {
        key.owner = i;
        const quint32 number = counters.find(counters.hashed(key));
        if (number != None)
            found.push_back(number);
    }
}

std::vector<quint32> CounterBook::numbersOf(
    const QByteArray &limit, const QByteArray &value, Instant now) const
{
    std::vector<quint32> found;
    for (const quint32 group : registry.groupsNamed(limit)) {
        const quint32 terms = registry.termsFor(group, value);
        const Limit &of = *registry.at(terms).limit;
        CounterKey key;
        key.group = group;
        if (of.algorithm == Algorithm::CalendarWindow)
            key.period = periodNumber(registry.periodsOf(terms, now.wall).current);
        findOwners(found, key, of, value);
    }
    return found;
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
        *entry.window = registry.upToDate(entry.terms, *entry.window);
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
    const CounterTable::Entry &entry = counters.at(number);
    const CalendarState state = calendarState(entry);
    // What belongs to no current period stays where it is, and is swept there.
    if (state.amount > 0 && state.start != startOf(entry.period))
        counters.rekey(number, periodNumber({state.start, state.start}));
}

void CounterBook::sweep(Instant now, int budget)
{
    for (; budget > 0 && counters.size() > 0; --budget) {
        if (m_sweepAt >= counters.numbersEnd())
            m_sweepAt = 0;
        const quint32 number = m_sweepAt++;
        if (!counters.isUsed(number))
            continue;
        renew(number, now);
        if (isIdle(number, now))
            remove(number);
    }
}

bool CounterBook::isIdle(quint32 number, Instant now) const
{
    const CounterTable::Entry &entry = counters.at(number);
    if (entry.holds != ReservationBook::None)
        return false;
    const Limit &limit = *registry.at(entry.terms).limit;
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return gcra::isIdle({entry.level, limit.quota, limit.period}, now.engine);
    case Algorithm::SlidingWindow:
        return slidingwindow::isIdle(*entry.window, limit.period, now.engine);
    case Algorithm::CalendarWindow:
        return entry.level == 0 || isPast(entry, now.wall);
    case Algorithm::Concurrency:
        return entry.level == 0;
    }
    Q_UNREACHABLE();
}

bool CounterBook::isPast(const CounterTable::Entry &entry, milliseconds wall) const
{
    const Periods &periods = registry.periodsOf(entry.terms, wall);
    const milliseconds start = startOf(entry.period);
    if (start >= periods.current.start)
        return false;
    return start < periods.previousStart || wall >= periods.current.start + Afterlife;
}

void CounterBook::remove(quint32 number)
{
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
    if (entry.window)
        entry.window->cells.clear();
    counters.touch(number);
}

void CounterBook::restore(const CounterReading &reading, Instant now)
{
    const Limit &limit = *reading.limit;
    Standing standing;
    standing.key.group = registry.groupOf(limit);
    if (standing.key.group == LimitRegistry::None || limit.algorithm == Algorithm::Concurrency)
        return;
    standing.terms = registry.termsFor(standing.key.group, reading.value);
    if (standing.terms == LimitRegistry::None)
        return;
    const ValueParts parts = partsOf(limit, reading.value);
    standing.key.owner = registry.intern(limit.isPolicy() ? reading.apiKey : parts.owner);
    standing.key.value = parts.value;
    if (limit.algorithm == Algorithm::CalendarWindow) {
        standing.period = registry.periodsOf(standing.terms, now.wall).current;
        standing.key.period = periodNumber(standing.period);
    }
    standing.key = counters.hashed(standing.key);
    const Limit &running = *registry.at(standing.terms).limit;
    load(standing, running, now);
    const MicroAmount still = usageAt(limit, reading.state, now).taken();
    if (limit.algorithm != Algorithm::SlidingWindow)
        return charge(standing, running, still, now);
    charge(standing, running, 0, now);
    slidingwindow::merge(
        *counters.at(standing.counter).window, std::get<WindowState>(reading.state));
}

// --- books -----------------------------------------------------------------------------------

QStringList CounterBook::violations(Instant now) const
{
    QStringList result;
    for (quint32 number = 0; number < counters.numbersEnd(); ++number) {
        if (!counters.isUsed(number))
            continue;
        if (const QString violation = violationOf(number, now.engine); !violation.isEmpty())
            result.append(QString::fromUtf8(registry.at(counters.at(number).terms).limit->name)
                + u": " + violation);
    }
    return result;
}

QString CounterBook::violationOf(quint32 number, EngineTime now) const
{
    using namespace Qt::StringLiterals;
    const CounterTable::Entry &entry = counters.at(number);
    if (entry.holds == ReservationBook::None)
        return {};
    const ReservationBook::List &list = reservations.list(entry.holds);
    Int128 open = 0;
    for (quint32 hold = list.oldest; hold != None; hold = reservations.hold(hold).newer)
        open += reservations.hold(hold).amount;
    if (list.charged != list.settled + open + list.givenBack)
        return u"what was charged is not what was settled, is open and was given back"_s;
    Standing standing;
    standing.counter = number;
    const CounterReading reading = read(number, now);
    const MicroAmount taken = usageAt(*reading.limit, reading.state, Instant(now)).taken();
    const bool isCalendar = reading.limit->algorithm == Algorithm::CalendarWindow;
    const MicroAmount charged = isCalendar ? clampTo64(entry.level) : taken;
    if (reservedAt(standing, now) > charged)
        return u"open reservations hold more than is charged"_s;
    return {};
}

} // namespace sluice::limits
