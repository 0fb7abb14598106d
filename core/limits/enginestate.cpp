// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/enginestate.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/segmentvalue.h"
#include "core/limits/slidingwindow.h"

#include <QHash>

namespace sluice::limits::enginestate {

namespace {

class Loader
{
public:
    Loader(CounterBook &book, Instant now) : m_book(book), m_now(now) { }

    LoadReport load(const std::vector<SavedCounter> &counters)
    {
        LoadReport report;
        for (size_t i = 0; i < counters.size(); ++i) {
            if (!isSound(counters[i])) {
                ++report.broken;
                report.dropped.push_back(i);
            } else if (saysNothing(counters[i])) {
                ++report.idle;
                report.dropped.push_back(i);
            } else {
                ++report.loaded;
                if (!put(counters[i]))
                    report.dropped.push_back(i);
            }
        }
        return report;
    }

private:
    struct Place
    {
        quint32 group = LimitRegistry::None; ///< of the running limit
        quint32 adopted = LimitRegistry::None; ///< terms of a limit that is gone, or a client's
    };

    [[nodiscard]] bool isSound(const SavedCounter &counter) const
    {
        const Limit &limit = *counter.limit;
        if (limit.algorithm == Algorithm::Concurrency || limit.quota <= 0)
            return false;
        const auto *window = std::get_if<WindowState>(&counter.state);
        return window == nullptr || window->cells.empty()
            || window->cells.back().index <= slidingwindow::cellAt(m_now.engine, limit.period);
    }

    [[nodiscard]] bool saysNothing(const SavedCounter &counter) const
    {
        if (const auto *bucket = std::get_if<GcraState>(&counter.state))
            return gcra::isIdle(*bucket, m_now.engine);
        if (const auto *window = std::get_if<WindowState>(&counter.state))
            return slidingwindow::isIdle(*window, counter.limit->period, m_now.engine);
        return std::get<CalendarState>(counter.state).amount == 0;
    }

    /// False if the record does not stand for the counter: it has moved to another key.
    bool put(const SavedCounter &counter)
    {
        const Limit &saved = *counter.limit;
        const quint32 terms =
            termsOf(counter.limit, displayValue(saved, counter.owner, counter.value));
        const LimitPtr to = m_book.registry.at(terms).limit;
        const quint32 owner = m_book.registry.intern(counter.owner);
        CounterKey key{m_book.registry.at(terms).group, owner, counter.value, 0, 0};
        CounterState state = counter.state;
        bool isCountedAnew = false;
        if (auto *calendar = std::get_if<CalendarState>(&state)) {
            isCountedAnew = moveCalendar(*calendar, saved.calendar, to->calendar);
            key.period = periodNumber(calendar->start);
        } else {
            isCountedAnew = saved.rate() != to->rate();
        }
        key = m_book.counters.hashed(key);
        const bool hasMoved = key.period != counter.period;
        if (const quint32 known = m_book.counters.find(key); known != CounterTable::None) {
            add(counter);
            m_book.counters.at(known).isKept |= !hasMoved;
            m_book.counters.markUnsaved(known);
            return !hasMoved;
        }
        const quint32 number = m_book.counters.insert(key, terms);
        m_book.registry.retain(terms);
        CounterTable::Entry &entry = m_book.counters.at(number);
        fill(entry, saved, *to, state);
        entry.isKept = !hasMoved;
        if (hasMoved || isCountedAnew)
            m_book.counters.markUnsaved(number);
        return !hasMoved;
    }

    /// Somebody has counted before the record could be read.
    void add(const SavedCounter &counter)
    {
        CounterReading reading;
        reading.limit = counter.limit;
        reading.value = displayValue(*counter.limit, counter.owner, counter.value);
        reading.apiKey = counter.owner;
        reading.state = counter.state;
        m_book.restore(reading, m_now);
    }

    /// The running terms of the counter, or those of a limit that is gone or of a client's policy.
    quint32 termsOf(const LimitPtr &limit, const QByteArray &displayed)
    {
        Place &place = placeOf(limit);
        if (place.group != LimitRegistry::None)
            return m_book.registry.termsFor(place.group, displayed);
        if (place.adopted == LimitRegistry::None)
            place.adopted = m_book.registry.adopt(limit);
        return place.adopted;
    }

    Place &placeOf(const LimitPtr &limit)
    {
        const auto known = m_places.find(limit.get());
        if (known != m_places.end())
            return *known;
        Place place;
        if (limit->scope != LimitScope::Header)
            place.group = m_book.registry.groupOf(*limit);
        return *m_places.insert(limit.get(), place);
    }

    /// True if what is used goes on in a period of the other calendar.
    bool moveCalendar(CalendarState &state, const Calendar &from, const Calendar &to) const
    {
        if (from == to)
            return false;
        const CalendarState moved =
            calendarwindow::rescaled(state, periodAt(from, m_now.wall), periodAt(to, m_now.wall));
        if (moved.amount == 0)
            return false;
        state = moved;
        return true;
    }

    void fill(
        CounterTable::Entry &entry, const Limit &saved, const Limit &to, CounterState &state) const
    {
        if (const auto *bucket = std::get_if<GcraState>(&state)) {
            entry.level = gcra::rescaled(*bucket, to.rate(), m_now.engine).tat;
        } else if (auto *window = std::get_if<WindowState>(&state)) {
            if (saved.period != to.period)
                *window = slidingwindow::rescaled(*window, saved.period, to.period, m_now.engine);
            entry.window = std::move(*window);
        } else {
            entry.level = std::get<CalendarState>(state).amount;
        }
    }

    CounterBook &m_book;
    const Instant m_now;
    QHash<const Limit *, Place> m_places;
};

} // namespace

std::vector<SavedCounter> save(const CounterBook &book, Instant now)
{
    std::vector<SavedCounter> result;
    for (quint32 number = 0; number < book.counters.numbersEnd(); ++number) {
        if (!book.counters.isUsed(number))
            continue;
        SavedCounter saved = book.save(number, now);
        if (saved.change == SavedCounter::Change::Counts)
            result.push_back(std::move(saved));
    }
    return result;
}

LoadReport load(CounterBook &book, Instant now, const std::vector<SavedCounter> &counters)
{
    return Loader(book, now).load(counters);
}

} // namespace sluice::limits::enginestate
