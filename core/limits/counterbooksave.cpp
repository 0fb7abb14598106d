// SPDX-License-Identifier: GPL-3.0-or-later
// What of the counters is kept outside, and what has to happen to the records of those that
// changed.
#include "core/limits/counterbook.h"

#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

SavedCounter CounterBook::save(quint32 number, Instant now) const
{
    const CounterTable::Entry &entry = counters.at(number);
    SavedCounter saved;
    saved.limit = registry.at(termsToSave(entry)).limit;
    saved.owner = registry.ownerName(entry.owner);
    saved.value = counters.valueOf(number).toByteArray();
    saved.period = entry.period;
    saved.state = stateOf(entry);
    saved.reserved = reservedAt(number, now.engine);
    if (saysNothing(saved.state, *saved.limit, now.engine))
        saved.change = SavedCounter::Change::IsGone;
    return saved;
}

/// What a counter is saved as counted in, with all edits replayed.
quint32 CounterBook::termsToSave(const CounterTable::Entry &entry) const
{
    const quint32 terms = registry.latest(entry.terms);
    const Limit &limit = *registry.at(terms).limit;
    if (limit.algorithm != Algorithm::CalendarWindow)
        return terms;
    // Earlier periods may stand in what was the value's own amounts, or was not yet.
    const quint32 now = registry.termsFor(entry.group,
        displayValue(limit, registry.ownerName(entry.owner), entry.text.view().toByteArray()));
    const Limit &own = *registry.at(now).limit;
    const bool isRunning = registry.termsOf(own) != LimitRegistry::None;
    return isRunning && own.calendar == limit.calendar ? now : terms;
}

bool CounterBook::saysNothing(const CounterState &state, const Limit &limit, EngineTime now) const
{
    if (const auto *bucket = std::get_if<GcraState>(&state))
        return gcra::isIdle(*bucket, now);
    if (const auto *window = std::get_if<WindowState>(&state))
        return slidingwindow::isIdle(*window, limit.period, now);
    if (const auto *calendar = std::get_if<CalendarState>(&state))
        return calendar->amount == 0;
    return true; // slots end with their process
}

/// The record of a counter has to go: the counter does, or moves to another key.
void CounterBook::depart(quint32 number)
{
    CounterTable::Entry &entry = counters.at(number);
    if (!std::exchange(entry.isKept, false))
        return;
    push({registry.at(registry.latest(entry.terms)).limit, nullptr, SegmentText(entry.text.view()),
        entry.owner, entry.period});
}

void CounterBook::push(Departed &&departed)
{
    if (m_departed.empty())
        counters.setNews();
    m_departed.push_back(std::move(departed));
}

SavedCounter CounterBook::takeDeparted()
{
    const Departed &departed = m_departed.front();
    SavedCounter result;
    result.change =
        departed.renamedTo ? SavedCounter::Change::IsRenamed : SavedCounter::Change::IsGone;
    result.limit = departed.limit;
    result.renamedTo = departed.renamedTo;
    result.owner = registry.ownerName(departed.owner);
    result.value = departed.value.view().toByteArray();
    result.period = departed.period;
    m_departed.pop_front();
    return result;
}

std::vector<CounterBook::NamedGroup> CounterBook::limitsNamed(const QByteArray &name) const
{
    std::vector<NamedGroup> result;
    if (!counters.keepsUnsaved())
        return result;
    for (const quint32 group : registry.groupsNamed(name))
        result.emplace_back(group, registry.at(registry.newestOf(group)).limit);
    return result;
}

void CounterBook::departRenamed(
    const std::vector<NamedGroup> &before, const std::vector<quint32> &renamed)
{
    for (const auto &[group, limit] : before) {
        if (std::find(renamed.begin(), renamed.end(), group) == renamed.end())
            continue;
        push({limit, registry.at(registry.newestOf(group)).limit, {}, 0, 0});
    }
}

std::optional<SavedCounter> CounterBook::takeUnsaved(Instant now)
{
    while (m_departed.empty()) {
        const quint32 number = counters.takeUnsaved();
        if (number == CounterTable::None)
            return std::nullopt;
        renew(number, now); // which may move it, and with it records
        if (!m_departed.empty()) {
            counters.markUnsaved(number);
            break;
        }
        SavedCounter saved = save(number, now);
        const bool wasKept =
            std::exchange(counters.at(number).isKept, saved.change == SavedCounter::Change::Counts);
        if (wasKept || saved.change == SavedCounter::Change::Counts)
            return saved;
    }
    return takeDeparted();
}

} // namespace sluice::limits
