// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of reservations, and whether the books are right.
#include "core/limits/counterbook.h"

#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

constexpr quint32 None = CounterTable::None;

} // namespace

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
    const MicroAmount actual = finalAmount(
        *current.limit, reservation.estimate, reservation.model, current.amount, consumption);
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
            gcra::occupied({hold.mark, limit.quota, limit.period}, now.engine));
        entry.level -= credit;
        for (; newer != None; newer = reservations.hold(newer).newer)
            reservations.hold(newer).mark -= credit;
        break;
    }
    case Algorithm::SlidingWindow:
        slidingwindow::adjust(
            entry.window, limit.period, static_cast<qint64>(hold.mark), -amount, now.engine);
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
            entry.window, limit.period, static_cast<qint64>(hold.mark), amount, now.engine);
        break;
    case Algorithm::CalendarWindow:
    case Algorithm::Concurrency:
        entry.level = saturatingAdd64(clampTo64(entry.level), amount);
        break;
    }
}

// --- books -------------------------------------------------------------------------------------

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
    const CounterReading reading = read(number, now);
    const MicroAmount taken = usageAt(*reading.limit, reading.state, Instant(now)).taken();
    const bool isCalendar = reading.limit->algorithm == Algorithm::CalendarWindow;
    const MicroAmount charged = isCalendar ? clampTo64(entry.level) : taken;
    if (reservedAt(number, now) > charged)
        return u"open reservations hold more than is charged"_s;
    return {};
}

} // namespace sluice::limits
