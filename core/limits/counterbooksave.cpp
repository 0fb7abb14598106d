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
    SavedCounter gone;
    gone.change = SavedCounter::Change::IsGone;
    gone.limit = registry.at(registry.latest(entry.terms)).limit;
    gone.owner = registry.ownerName(entry.owner);
    gone.value = counters.valueOf(number).toByteArray();
    gone.period = entry.period;
    if (m_departed.empty())
        counters.setNews();
    m_departed.push_back(std::move(gone));
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
        SavedCounter record;
        record.change = SavedCounter::Change::IsRenamed;
        record.limit = limit;
        record.renamedTo = registry.at(registry.newestOf(group)).limit;
        counters.setNews();
        m_departed.push_back(std::move(record));
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
    SavedCounter next = std::move(m_departed.front());
    m_departed.pop_front();
    return next;
}

} // namespace sluice::limits
