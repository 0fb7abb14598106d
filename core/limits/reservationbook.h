// SPDX-License-Identifier: GPL-3.0-or-later
// What admitted requests hold until their real usage is known: the open reservations, and for each
// counter the holds on it in the order of admission. Owned by one CounterBook; not thread-safe.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/estimate.h"

#include <deque>
#include <vector>

namespace sluice::limits {

/// What one reservation holds of one counter.
struct Hold
{
    static constexpr quint32 None = 0xFFFF'FFFF;

    LimitPtr limit; ///< as it stood at the admission
    MicroAmount amount = 0; ///< micro-units
    /// GCRA: the TAT after this charge, in 1/quota ns of the counter's terms; sliding window: the
    /// cell of the admission.
    Int128 mark = 0;
    quint32 counter = None; ///< its number; None once a reset has forgotten it
    quint32 older = None; ///< neighbours on the same counter
    quint32 newer = None;
    quint32 sibling = None; ///< the next hold of the same reservation
    bool isDrained = false; ///< occupies nothing any more: it has been refilled, or its cell left
};

/// One admitted request.
struct Reservation
{
    Estimate estimate;
    QByteArray model; ///< as asked
    EngineTime deadline{0}; ///< unsettled until then: swept
    quint32 firstHold = Hold::None;
    quint32 generation = 0; ///< of its place, so that an id is never mistaken for a later one
};

class ReservationBook final
{
public:
    static constexpr quint32 None = Hold::None;

    /// The holds on one counter, and what has become of those before them.
    struct List
    {
        quint32 oldest = None;
        quint32 newest = None;
        quint32 firstStanding = None; ///< the oldest hold that is not drained
        Int128 standing = 0; ///< sum of the holds from there on
        Int128 charged = 0; ///< all that was ever charged through holds, debts included
        Int128 settled = 0;
        Int128 givenBack = 0;
    };

    ReservationBook() = default;
    Q_DISABLE_COPY_MOVE(ReservationBook)

    ReservationId open(const Estimate &estimate, const QByteArray &model, EngineTime deadline);

    /// The reservation, or null if it is settled or never was. Valid until close().
    [[nodiscard]] const Reservation *find(ReservationId id) const;

    /// Adds a hold to a reservation and to the counter's list, which is made if `list` is None.
    void add(ReservationId id, quint32 &list, Hold &&hold);

    [[nodiscard]] Hold &hold(quint32 number) { return m_holds[number]; }

    [[nodiscard]] const Hold &hold(quint32 number) const { return m_holds[number]; }

    [[nodiscard]] List &list(quint32 number) { return m_lists[number]; }

    [[nodiscard]] const List &list(quint32 number) const { return m_lists[number]; }

    /// Takes a hold out of its counter's list; the list goes with the last one.
    void unlink(quint32 &list, quint32 number);

    /// Forgets a reservation whose holds are in no list any more.
    void close(ReservationId id);

    /// Marks a hold, and all before it, as drained: it is the oldest standing one.
    void drain(List &list);

    /// Cuts all holds of a counter off: they give back nothing.
    void detach(quint32 &list);

    /// The next open reservation whose deadline has passed, looking at no more than `budget` places
    /// (which it counts down); 0 if there is none.
    ReservationId nextOverdue(EngineTime now, int &budget);

    [[nodiscard]] qint64 openCount() const { return m_openCount; }

private:
    static quint32 placeOf(ReservationId id) { return static_cast<quint32>(id) - 1; }

    // Grow without moving what they hold: no pause, however many are open.
    std::deque<Reservation> m_reservations;
    std::vector<quint32> m_freeReservations;
    std::deque<Hold> m_holds;
    std::vector<quint32> m_freeHolds;
    std::deque<List> m_lists;
    std::vector<quint32> m_freeLists;
    quint32 m_sweepAt = 0;
    qint64 m_openCount = 0;
};

} // namespace sluice::limits
