// SPDX-License-Identifier: GPL-3.0-or-later
// One counter by the definitions, slowly: a leaky bucket in exact fractions, a list of cells, a map
// of periods, a sum of slots. Shares no code with the engine but the plain values.
#pragma once

#include "core/limits/limit.h"

#include <map>
#include <vector>

namespace sluice::test {

using namespace sluice::limits;

/// The start of the hour or day (UTC) that the wall clock stands in.
milliseconds modelPeriod(config::CalendarUnit unit, milliseconds wall);

class ModelCounter
{
public:
    /// What the counter says at an instant, all in volumes: micro-units times `scale`.
    struct Level
    {
        Int128 volume = 0;
        qint64 scale = 1;

        [[nodiscard]] MicroAmount floor() const { return static_cast<MicroAmount>(volume / scale); }

        [[nodiscard]] MicroAmount ceil() const
        {
            return static_cast<MicroAmount>((volume + scale - 1) / scale);
        }
    };

    ModelCounter(const Limit &limit, Instant now);

    [[nodiscard]] Level levelAt(Instant now) const;
    [[nodiscard]] MicroAmount reservedAt(Instant now) const;

    /// Charges and, unless `id` is 0, holds for a reservation.
    void charge(Instant now, const Limit &limit, MicroAmount amount, quint64 id);

    /// Replaces what a reservation holds.
    void settle(Instant now, quint64 id, MicroAmount actual);

    /// What it holds, or -1.
    [[nodiscard]] MicroAmount heldBy(quint64 id) const;

    /// Other amounts or another calendar from now on; the used units stay.
    void edit(Instant now, const Limit &limit);

    /// Forgets what a calendar counted in other periods.
    void keepCurrent(Instant now);

    /// Of a calendar the current period alone.
    void reset(Instant now);
    void restore(Instant now, const ModelCounter &before);

private:
    struct Piece
    {
        quint64 id = 0;
        MicroAmount amount = 0;
        Int128 bound = 0; ///< bucket: the level up to which it reaches
        qint64 cell = 0; ///< window
        milliseconds period{0}; ///< calendar
    };

    [[nodiscard]] qint64 cellAt(EngineTime now) const;
    [[nodiscard]] bool isLive(qint64 cell, EngineTime now) const;
    [[nodiscard]] Int128 leaked(EngineTime now) const;
    void advance(EngineTime now);
    void editWindow(EngineTime now, qint64 period);
    void editCalendar(milliseconds wall, const config::Calendar &calendar);
    void settleMore(Instant now, const Piece &piece, MicroAmount amount);
    void settleLess(Instant now, size_t index, MicroAmount amount);

    Algorithm m_algorithm;
    MicroAmount m_quota;
    qint64 m_period;
    config::Calendar m_calendar;
    EngineTime m_at; ///< bucket: as of when level and bounds are
    Int128 m_level = 0; ///< bucket
    std::map<qint64, MicroAmount> m_cells; ///< window
    std::map<milliseconds, MicroAmount> m_periods; ///< calendar
    MicroAmount m_slots = 0;
    std::vector<Piece> m_pieces; ///< open, in the order of admission
};

} // namespace sluice::test
