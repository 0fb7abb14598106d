// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/limiter.h"

#include <algorithm>

namespace sluice::limits {

namespace {

// The lock is given up after so many, for requests not to wait on a long list.
constexpr int ReadingsPerLock = 64;
constexpr int SweptPerLock = 512;
constexpr int SavedPerLock = 32;
constexpr int MarkedPerLock = 4096;

} // namespace

/// Holds the lock while something is changed, and tells the listener once it is free again.
class Limiter::Change
{
public:
    explicit Change(Limiter &limiter) : m_limiter(limiter), m_lock(limiter.m_mutex) { }

    ~Change()
    {
        if (!m_limiter.m_engine.takeNews())
            return;
        const auto listener = m_limiter.m_listener;
        m_lock.unlock();
        if (listener)
            (*listener)();
    }

    Q_DISABLE_COPY_MOVE(Change)

private:
    Limiter &m_limiter;
    std::unique_lock<std::mutex> m_lock;
};

// The clock is read under the lock everywhere, so that time never runs back for the engine.

Limiter::Limiter(const Clock &clock) : m_clock(clock), m_limits(LimitSet::compile({})) { }

void Limiter::apply(std::shared_ptr<const LimitSet> limits, const Renames &renames)
{
    const Change change(*this);
    m_engine.apply(Instant(m_clock), *limits, renames);
    m_limits.swap(limits);
}

Decision Limiter::reserve(const Subject &subject, const Estimate &estimate)
{
    const Change change(*this);
    return m_engine.reserve(Instant(m_clock), *m_limits, subject, estimate);
}

std::optional<Plan> Limiter::plan(const Subject &subject, const Estimate &estimate,
    const StoreView &stores, const QByteArray &reservation, quint64 serial)
{
    const std::scoped_lock lock(m_mutex);
    if (m_limits->serial() != serial)
        return std::nullopt;
    return m_engine.plan(Instant(m_clock), *m_limits, subject, estimate, stores, reservation);
}

std::optional<Decision> Limiter::reserve(
    const Subject &subject, const Estimate &estimate, const StoreView &stores, quint64 serial)
{
    const std::scoped_lock lock(m_mutex);
    if (m_limits->serial() != serial)
        return std::nullopt;
    return m_engine.reserve(Instant(m_clock), *m_limits, subject, estimate, &stores);
}

StoreDues Limiter::takeDues(int store)
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.takeDues(Instant(m_clock), store);
}

Decision Limiter::explain(const Subject &subject, const Estimate &estimate) const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.explain(Instant(m_clock), *m_limits, subject, estimate);
}

void Limiter::settle(ReservationId id, const Consumption &consumption)
{
    if (id == 0)
        return;
    const Change change(*this);
    m_engine.settle(Instant(m_clock), id, consumption);
}

void Limiter::setOperations(const Operations &operations)
{
    const Change change(*this);
    m_engine.setOperations(Instant(m_clock), operations);
}

std::vector<CounterReading> Limiter::reset(const QByteArray &limit, const QByteArray &value)
{
    const Change change(*this);
    return m_engine.reset(Instant(m_clock), limit, value);
}

void Limiter::restore(const std::vector<CounterReading> &readings)
{
    const Change change(*this);
    m_engine.restore(Instant(m_clock), readings);
}

std::vector<CounterReading> Limiter::takeChanges(int limit)
{
    std::vector<CounterReading> readings;
    while (std::ssize(readings) < limit) {
        const int wanted = std::min(ReadingsPerLock, limit - static_cast<int>(readings.size()));
        const std::scoped_lock lock(m_mutex);
        auto page = m_engine.takeChanges(Instant(m_clock), wanted);
        std::move(page.begin(), page.end(), std::back_inserter(readings));
        // Going on after a short page would chase counters that change meanwhile.
        if (std::ssize(page) < wanted)
            break;
    }
    return readings;
}

std::vector<CounterReading> Limiter::readings() const
{
    std::vector<CounterReading> readings;
    quint32 from = 0;
    do {
        const std::scoped_lock lock(m_mutex);
        auto page = m_engine.readings(Instant(m_clock), from, ReadingsPerLock);
        std::move(page.begin(), page.end(), std::back_inserter(readings));
    } while (from != 0);
    return readings;
}

std::vector<SavedCounter> Limiter::save() const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.save(Instant(m_clock));
}

LoadReport Limiter::load(const std::vector<SavedCounter> &counters)
{
    const Change change(*this);
    return m_engine.load(Instant(m_clock), *m_limits, counters);
}

void Limiter::beginSaving()
{
    const Change change(*this);
    m_engine.beginSaving();
}

std::vector<SavedCounter> Limiter::takeUnsaved(int limit)
{
    std::vector<SavedCounter> changes;
    while (std::ssize(changes) < limit) {
        const int wanted = std::min(SavedPerLock, limit - static_cast<int>(changes.size()));
        const std::scoped_lock lock(m_mutex);
        auto page = m_engine.takeUnsaved(Instant(m_clock), wanted);
        std::move(page.begin(), page.end(), std::back_inserter(changes));
        if (std::ssize(page) < wanted)
            break;
    }
    return changes;
}

void Limiter::saveAgain(Engine::Records records)
{
    quint32 from = 0;
    do {
        const Change change(*this);
        m_engine.saveAgain(from, MarkedPerLock, records);
    } while (from != 0);
}

void Limiter::setListener(std::function<void()> listener)
{
    const std::scoped_lock lock(m_mutex);
    m_listener =
        listener ? std::make_shared<const std::function<void()>>(std::move(listener)) : nullptr;
}

qint64 Limiter::overdueCount() const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.overdueCount();
}

qint64 Limiter::counterCount() const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.counterCount();
}

qint64 Limiter::openReservations() const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.openReservations();
}

QStringList Limiter::violations() const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.violations(Instant(m_clock));
}

std::shared_ptr<const LimitSet> Limiter::limits() const
{
    const std::scoped_lock lock(m_mutex);
    return m_limits;
}

void Limiter::sweep(int budget)
{
    for (; budget > 0; budget -= SweptPerLock) {
        const Change change(*this);
        m_engine.sweep(Instant(m_clock), std::min(budget, SweptPerLock));
    }
}

} // namespace sluice::limits
