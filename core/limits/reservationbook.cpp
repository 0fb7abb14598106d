// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/reservationbook.h"

#include <algorithm>

namespace sluice::limits {

namespace {

/// A place of a slab: one that was given back, or a new one.
template <typename T> quint32 take(std::deque<T> &slab, std::vector<quint32> &freed)
{
    if (freed.empty()) {
        slab.emplace_back();
        return static_cast<quint32>(slab.size() - 1);
    }
    const quint32 number = freed.back();
    freed.pop_back();
    return number;
}

} // namespace

ReservationId ReservationBook::open(
    const Estimate &estimate, const QByteArray &model, EngineTime deadline)
{
    const quint32 place = take(m_reservations, m_freeReservations);
    Reservation &reservation = m_reservations[place];
    reservation.estimate = estimate;
    reservation.model = model;
    reservation.deadline = deadline;
    reservation.firstHold = None;
    ++reservation.generation;
    ++m_openCount;
    return static_cast<quint64>(reservation.generation) << 32U | (place + 1);
}

const Reservation *ReservationBook::find(ReservationId id) const
{
    const quint32 place = placeOf(id);
    if (id == 0 || place >= m_reservations.size())
        return nullptr;
    const Reservation &reservation = m_reservations[place];
    const bool isOpen =
        reservation.generation == id >> 32U && reservation.deadline > EngineTime::min();
    return isOpen ? &reservation : nullptr;
}

void ReservationBook::add(ReservationId id, quint32 &list, Hold &&hold)
{
    if (list == None) {
        list = take(m_lists, m_freeLists);
        m_lists[list] = List();
    }
    const quint32 number = take(m_holds, m_freeHolds);
    List &of = m_lists[list];
    Reservation &reservation = m_reservations[placeOf(id)];
    hold.older = of.newest;
    hold.sibling = reservation.firstHold;
    reservation.firstHold = number;
    if (of.newest != None)
        m_holds[of.newest].newer = number;
    else
        of.oldest = number;
    of.newest = number;
    if (of.firstStanding == None)
        of.firstStanding = number;
    of.standing += hold.amount;
    of.charged += hold.amount;
    m_holds[number] = std::move(hold);
}

void ReservationBook::unlink(quint32 &list, quint32 number)
{
    Hold &hold = m_holds[number];
    List &of = m_lists[list];
    if (!hold.isDrained)
        of.standing -= hold.amount;
    if (of.firstStanding == number)
        of.firstStanding = hold.newer;
    (hold.older != None ? m_holds[hold.older].newer : of.oldest) = hold.newer;
    (hold.newer != None ? m_holds[hold.newer].older : of.newest) = hold.older;
    hold.counter = hold.older = hold.newer = None;
    if (of.oldest == None) {
        m_freeLists.push_back(list);
        list = None;
    }
}

void ReservationBook::close(ReservationId id)
{
    Reservation &reservation = m_reservations[placeOf(id)];
    for (quint32 number = reservation.firstHold; number != None;) {
        const quint32 next = m_holds[number].sibling;
        m_holds[number] = Hold();
        m_freeHolds.push_back(number);
        number = next;
    }
    reservation.deadline = EngineTime::min();
    reservation.model.clear();
    m_freeReservations.push_back(placeOf(id));
    --m_openCount;
}

void ReservationBook::drain(List &list)
{
    Hold &hold = m_holds[list.firstStanding];
    hold.isDrained = true;
    list.standing -= hold.amount;
    list.firstStanding = hold.newer;
}

void ReservationBook::detach(quint32 &list)
{
    if (list == None)
        return;
    for (quint32 number = m_lists[list].oldest; number != None;) {
        Hold &hold = m_holds[number];
        number = hold.newer;
        hold.counter = hold.older = hold.newer = None;
    }
    m_freeLists.push_back(std::exchange(list, None));
}

ReservationId ReservationBook::nextOverdue(EngineTime now, int &budget)
{
    const auto size = static_cast<quint32>(m_reservations.size());
    while (budget-- > 0 && m_openCount > 0) {
        if (m_sweepAt >= size)
            m_sweepAt = 0;
        const quint32 place = m_sweepAt++;
        const Reservation &reservation = m_reservations[place];
        if (reservation.deadline > EngineTime::min() && reservation.deadline <= now)
            return static_cast<quint64>(reservation.generation) << 32U | (place + 1);
    }
    return 0;
}

} // namespace sluice::limits
