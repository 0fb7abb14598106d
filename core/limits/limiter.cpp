// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/limiter.h"

#include <algorithm>

namespace sluice::limits {

namespace {

// The lock is given up after so many, for requests not to wait on a long list.
constexpr int ReadingsPerLock = 128;
constexpr int SweptPerLock = 512;

} // namespace

// The clock is read under the lock everywhere, so that time never runs back for the engine.

Limiter::Limiter(const Clock &clock) : m_clock(clock), m_limits(LimitSet::compile({})) { }

void Limiter::apply(std::shared_ptr<const LimitSet> limits)
{
    const std::scoped_lock lock(m_mutex);
    m_engine.apply(m_clock.now(), *limits);
    m_limits.swap(limits);
}

Decision Limiter::reserve(const Subject &subject)
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.reserve(m_clock.now(), *m_limits, subject);
}

Decision Limiter::explain(const Subject &subject) const
{
    const std::scoped_lock lock(m_mutex);
    return m_engine.explain(m_clock.now(), *m_limits, subject);
}

std::vector<CounterReading> Limiter::changesSince(quint64 since, int limit) const
{
    std::vector<CounterReading> readings;
    while (std::ssize(readings) < limit) {
        const int wanted = std::min(ReadingsPerLock, limit - static_cast<int>(readings.size()));
        const std::scoped_lock lock(m_mutex);
        auto page = m_engine.changesSince(since, wanted);
        const bool isLast = std::ssize(page) < wanted;
        if (!page.empty())
            since = page.back().change;
        std::move(page.begin(), page.end(), std::back_inserter(readings));
        // Going on after a short page would chase counters that change meanwhile.
        if (isLast)
            break;
    }
    return readings;
}

std::shared_ptr<const LimitSet> Limiter::limits() const
{
    const std::scoped_lock lock(m_mutex);
    return m_limits;
}

void Limiter::sweep(int budget)
{
    for (; budget > 0; budget -= SweptPerLock) {
        const std::scoped_lock lock(m_mutex);
        m_engine.sweep(m_clock.now(), std::min(budget, SweptPerLock));
    }
}

} // namespace sluice::limits
