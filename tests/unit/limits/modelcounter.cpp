// SPDX-License-Identifier: GPL-3.0-or-later
#include "modelcounter.h"

#include <algorithm>

namespace sluice::test {

namespace {

constexpr qint64 Cells = 60;

Int128 divideUp(Int128 dividend, Int128 divisor)
{
    return (dividend + divisor - 1) / divisor;
}

} // namespace

milliseconds modelPeriod(config::CalendarUnit unit, milliseconds wall)
{
    const qint64 length = unit == config::CalendarUnit::Hour ? 3'600'000 : 86'400'000;
    return milliseconds(wall.count() / length * length);
}

ModelCounter::ModelCounter(const Limit &limit, Instant now)
    : m_algorithm(limit.algorithm),
      m_quota(limit.quota),
      m_period(limit.period.count()),
      m_calendar(limit.calendar),
      m_at(now.engine)
{
}

qint64 ModelCounter::cellAt(EngineTime now) const
{
    return static_cast<qint64>(static_cast<Int128>(now.count()) * Cells / m_period);
}

bool ModelCounter::isLive(qint64 cell, EngineTime now) const
{
    return cellAt(now) - cell <= Cells;
}

Int128 ModelCounter::leaked(EngineTime now) const
{
    return static_cast<Int128>((now - m_at).count()) * m_quota;
}

void ModelCounter::advance(EngineTime now)
{
    const Int128 gone = leaked(now);
    m_level = std::max<Int128>(0, m_level - gone);
    for (Piece &piece : m_pieces)
        piece.bound = std::max<Int128>(0, piece.bound - gone);
    m_at = now;
}

ModelCounter::Level ModelCounter::levelAt(Instant now) const
{
    Level level;
    switch (m_algorithm) {
    case Algorithm::Gcra:
        return {std::max<Int128>(0, m_level - leaked(now.engine)), m_period};
    case Algorithm::SlidingWindow:
        for (const auto &[cell, amount] : m_cells)
            level.volume += isLive(cell, now.engine) ? amount : 0;
        break;
    case Algorithm::CalendarWindow: {
        const auto found = m_periods.find(modelPeriod(m_calendar.unit, now.wall));
        level.volume = found == m_periods.end() ? 0 : found->second;
        break;
    }
    case Algorithm::Concurrency:
        level.volume = m_slots;
    }
    return level;
}

MicroAmount ModelCounter::reservedAt(Instant now) const
{
    Int128 sum = 0;
    for (const Piece &piece : m_pieces) {
        if (m_algorithm == Algorithm::Gcra) {
            const Int128 left = std::max<Int128>(0, piece.bound - leaked(now.engine));
            sum += std::min<Int128>(piece.amount, left / m_period);
        } else if (m_algorithm == Algorithm::SlidingWindow) {
            sum += isLive(piece.cell, now.engine) ? piece.amount : 0;
        } else if (m_algorithm == Algorithm::CalendarWindow) {
            const bool isCurrent = piece.period == modelPeriod(m_calendar.unit, now.wall);
            sum += isCurrent ? piece.amount : 0;
        } else {
            sum += piece.amount;
        }
    }
    return static_cast<MicroAmount>(sum);
}

void ModelCounter::charge(Instant now, const Limit &limit, MicroAmount amount, quint64 id)
{
    edit(now, limit);
    advance(now.engine);
    Piece piece{id, amount, 0, 0, {}};
    switch (m_algorithm) {
    case Algorithm::Gcra:
        m_level += static_cast<Int128>(amount) * m_period;
        piece.bound = m_level;
        break;
    case Algorithm::SlidingWindow:
        piece.cell = cellAt(now.engine);
        m_cells[piece.cell] += amount;
        break;
    case Algorithm::CalendarWindow:
        piece.period = modelPeriod(m_calendar.unit, now.wall);
        m_periods[piece.period] += amount;
        break;
    case Algorithm::Concurrency:
        m_slots += amount;
    }
    if (id != 0)
        m_pieces.push_back(piece);
}

MicroAmount ModelCounter::heldBy(quint64 id) const
{
    for (const Piece &piece : m_pieces) {
        if (piece.id == id)
            return piece.amount;
    }
    return -1;
}

void ModelCounter::settle(Instant now, quint64 id, MicroAmount actual)
{
    advance(now.engine);
    for (size_t i = 0; i < m_pieces.size(); ++i) {
        if (m_pieces[i].id != id)
            continue;
        if (actual > m_pieces[i].amount)
            settleMore(now, m_pieces[i], actual - m_pieces[i].amount);
        else
            settleLess(now, i, m_pieces[i].amount - actual);
        m_pieces.erase(m_pieces.begin() + static_cast<qsizetype>(i));
        return;
    }
}

void ModelCounter::settleMore(Instant now, const Piece &piece, MicroAmount amount)
{
    if (m_algorithm == Algorithm::Gcra)
        m_level += static_cast<Int128>(amount) * m_period;
    else if (m_algorithm == Algorithm::SlidingWindow)
        m_cells[isLive(piece.cell, now.engine) ? piece.cell : cellAt(now.engine)] += amount;
    else if (m_algorithm == Algorithm::CalendarWindow)
        m_periods[piece.period] += amount;
    else
        m_slots += amount;
}

void ModelCounter::settleLess(Instant now, size_t index, MicroAmount amount)
{
    const Piece &piece = m_pieces[index];
    if (m_algorithm == Algorithm::Gcra) {
        const Int128 credit = std::min(static_cast<Int128>(amount) * m_period, piece.bound);
        m_level -= credit;
        for (size_t i = index; i < m_pieces.size(); ++i)
            m_pieces[i].bound -= std::min(credit, m_pieces[i].bound);
    } else if (m_algorithm == Algorithm::SlidingWindow) {
        if (isLive(piece.cell, now.engine))
            m_cells[piece.cell] -= amount;
    } else if (m_algorithm == Algorithm::CalendarWindow) {
        m_periods[piece.period] -= amount;
    } else {
        m_slots -= amount;
    }
}

void ModelCounter::edit(Instant now, const Limit &limit)
{
    advance(now.engine);
    const qint64 period = limit.period.count();
    if (m_algorithm == Algorithm::Gcra && period != m_period) {
        m_level = divideUp(m_level * period, m_period);
        for (Piece &piece : m_pieces)
            piece.bound = divideUp(piece.bound * period, m_period);
    } else if (m_algorithm == Algorithm::SlidingWindow && period != m_period) {
        editWindow(now.engine, period);
    } else if (m_algorithm == Algorithm::CalendarWindow && limit.calendar.unit != m_calendar.unit) {
        editCalendar(now.wall, limit.calendar);
    }
    m_quota = limit.quota;
    m_period = period;
    m_calendar = limit.calendar;
}

void ModelCounter::editWindow(EngineTime now, qint64 period)
{
    const qint64 before = m_period;
    const auto moved = [&](qint64 cell) {
        // The last instant of the old cell that lies in the past decides.
        const Int128 last = static_cast<Int128>(cell + 1) * before - 1;
        const auto current = static_cast<qint64>(static_cast<Int128>(now.count()) * Cells / period);
        return std::min(static_cast<qint64>(last / period), current);
    };
    std::map<qint64, MicroAmount> cells;
    for (const auto &[cell, amount] : m_cells) {
        if (isLive(cell, now))
            cells[moved(cell)] += amount;
    }
    for (Piece &piece : m_pieces)
        piece.cell = isLive(piece.cell, now) ? moved(piece.cell) : -1;
    m_cells = cells;
}

void ModelCounter::editCalendar(milliseconds wall, const config::Calendar &calendar)
{
    const milliseconds from = modelPeriod(m_calendar.unit, wall);
    const milliseconds to = modelPeriod(calendar.unit, wall);
    std::erase_if(m_pieces, [from](const Piece &piece) { return piece.period != from; });
    for (Piece &piece : m_pieces)
        piece.period = to;
    m_periods = {{to, m_periods[from]}};
}

void ModelCounter::keepCurrent(Instant now)
{
    const milliseconds period = modelPeriod(m_calendar.unit, now.wall);
    std::erase_if(m_periods, [period](const auto &each) { return each.first != period; });
}

void ModelCounter::reset(Instant now)
{
    const milliseconds period = modelPeriod(m_calendar.unit, now.wall);
    const bool isCalendar = m_algorithm == Algorithm::CalendarWindow;
    std::erase_if(
        m_pieces, [&](const Piece &piece) { return !isCalendar || piece.period == period; });
    m_level = 0;
    m_cells.clear();
    m_periods.erase(period);
    m_slots = 0;
}

void ModelCounter::restore(Instant now, const ModelCounter &before)
{
    ModelCounter other = before;
    if (m_algorithm == Algorithm::Gcra) {
        other.advance(now.engine);
        advance(now.engine);
        m_level += other.m_period == m_period ? other.m_level
                                              : divideUp(other.m_level * m_period, other.m_period);
    } else if (m_algorithm == Algorithm::SlidingWindow) {
        if (other.m_period != m_period)
            other.editWindow(now.engine, m_period);
        other.m_period = m_period;
        for (const auto &[cell, amount] : other.m_cells)
            m_cells[cell] += other.isLive(cell, now.engine) ? amount : 0;
    } else if (m_algorithm == Algorithm::CalendarWindow) {
        m_periods[modelPeriod(m_calendar.unit, now.wall)] += other.levelAt(now).floor();
    }
}

} // namespace sluice::test
