// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/slidingwindow.h"

#include <algorithm>
#include <numeric>

namespace sluice::limits::slidingwindow {

namespace {

using Cell = WindowState::Cell;
using Cells = CellList;

/// Long ago, whatever the period is.
constexpr qint64 GoneCell = std::numeric_limits<qint64>::min();

/// A unit may have come at the very end of its cell, so the cell counts through the 60 after it.
Cells::const_iterator firstLive(const WindowState &state, qint64 current)
{
    return std::find_if(state.cells.cbegin(), state.cells.cend(),
        [current](const Cell &cell) { return cell.index >= current - CellsPerPeriod; });
}

/// From now until the cell stops counting: the first whole ns at which cellAt() is 61 further.
nanoseconds untilGone(const Cell &cell, nanoseconds period, EngineTime now)
{
    const Int128 end = static_cast<Int128>(cell.index) + CellsPerPeriod + 1;
    return toWait(ceilDivide(end * period.count(), CellsPerPeriod) - now.count());
}

Int128 sum(Cells::const_iterator from, Cells::const_iterator to)
{
    return std::accumulate(from, to, static_cast<Int128>(0),
        [](Int128 total, const Cell &cell) { return total + cell.amount; });
}

/// Adds to the cell of that index, which is made in its place if it is not there.
void add(Cells &cells, qint64 index, MicroAmount amount)
{
    auto at = std::find_if(
        cells.begin(), cells.end(), [index](const Cell &cell) { return cell.index >= index; });
    if (at == cells.end() || at->index != index) {
        const auto place = at - cells.begin();
        at = cells.insert(cells.begin() + place, {index, 0});
    }
    at->amount = clampTo64(static_cast<Int128>(at->amount) + amount);
}

} // namespace

qint64 cellAt(EngineTime now, nanoseconds period)
{
    const Int128 scaled = static_cast<Int128>(now.count()) * CellsPerPeriod;
    return clampTo64(floorDivide(scaled, period.count()));
}

Answer ask(const WindowState &state, const Rate &rate, MicroAmount cost, EngineTime now)
{
    if (cost > rate.capacity())
        return {false, true, nanoseconds(0)};
    const auto live = firstLive(state, cellAt(now, rate.period));
    Int128 used = sum(live, state.cells.cend());
    const MicroAmount room = rate.capacity() - cost;
    if (used <= room)
        return {true, false, nanoseconds(0)};
    // The cost fits an empty window, so some cell on the way there makes enough room.
    auto leaving = live;
    for (used -= leaving->amount; used > room; used -= leaving->amount)
        ++leaving;
    return {false, false, untilGone(*leaving, rate.period, now)};
}

void charge(WindowState &state, nanoseconds period, MicroAmount cost, EngineTime now)
{
    const qint64 current = cellAt(now, period);
    state.cells.erase(state.cells.cbegin(), firstLive(state, current));
    if (cost == 0)
        return;
    if (state.cells.empty() || state.cells.back().index < current) {
        state.cells.append({current, 0});
    }
    // Should time have run back, the units stay in the later cell: held longer, never too short.
    Cell &cell = state.cells.back();
    cell.amount = clampTo64(static_cast<Int128>(cell.amount) + cost);
}

qint64 chargedCell(const WindowState &state, nanoseconds period, EngineTime now)
{
    const qint64 current = cellAt(now, period);
    return state.cells.empty() ? current : std::max(current, state.cells.back().index);
}

WindowState rescaled(const WindowState &state, nanoseconds from, nanoseconds to, EngineTime now)
{
    WindowState next;
    const qint64 current = cellAt(now, to);
    const auto live = firstLive(state, cellAt(now, from));
    for (auto cell = live; cell != state.cells.cend(); ++cell) {
        const qint64 index = rescaledCell(cell->index, from, to, now);
        if (index >= current - CellsPerPeriod)
            add(next.cells, index, cell->amount);
    }
    return next;
}

qint64 rescaledCell(qint64 cell, nanoseconds from, nanoseconds to, EngineTime now)
{
    if (!isLive(cell, from, now))
        return GoneCell; // else a longer period would bring it back
    const Int128 end = (static_cast<Int128>(cell) + 1) * from.count();
    return std::min(clampTo64(ceilDivide(end, to.count()) - 1), cellAt(now, to));
}

bool isLive(qint64 cell, nanoseconds period, EngineTime now)
{
    return cell >= cellAt(now, period) - CellsPerPeriod;
}

void adjust(WindowState &state, nanoseconds period, qint64 cell, MicroAmount amount, EngineTime now)
{
    const bool counts = isLive(cell, period, now);
    if (amount > 0) {
        charge(state, period, 0, now); // drops what has left
        add(state.cells, counts ? cell : cellAt(now, period), amount);
        return;
    }
    const auto found = std::find_if(state.cells.begin(), state.cells.end(),
        [cell](const Cell &candidate) { return candidate.index == cell; });
    if (!counts || found == state.cells.end())
        return;
    found->amount = std::max<MicroAmount>(0, found->amount + amount);
    if (found->amount == 0)
        state.cells.erase(found);
}

void merge(WindowState &state, const WindowState &other)
{
    for (const Cell &cell : other.cells)
        add(state.cells, cell.index, cell.amount);
}

bool isIdle(const WindowState &state, nanoseconds period, EngineTime now)
{
    return firstLive(state, cellAt(now, period)) == state.cells.cend();
}

Usage usage(const WindowState &state, const Rate &rate, EngineTime now)
{
    Usage usage;
    usage.quota = rate.capacity();
    usage.remaining = usage.quota;
    const auto live = firstLive(state, cellAt(now, rate.period));
    if (live == state.cells.cend())
        return usage;
    usage.used = clampTo64(sum(live, state.cells.cend()));
    usage.remaining = std::max<MicroAmount>(0, usage.quota - usage.used);
    usage.nextIn = ask(state, rate, std::min(MicroPerUnit, usage.quota), now).wait;
    usage.fullIn = untilGone(state.cells.back(), rate.period, now);
    return usage;
}

} // namespace sluice::limits::slidingwindow
