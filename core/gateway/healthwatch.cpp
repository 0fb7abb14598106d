// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/healthwatch.h"

#include "core/base/logging.h"

namespace sluice::gateway {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds ReportedStep{1'000}; ///< less is how clocks are kept right

} // namespace

void HealthWatch::check(const limits::Limiter &limiter)
{
    const qint64 overdue = limiter.overdueCount();
    const std::scoped_lock lock(m_mutex);
    checkClock(limiter.clock());
    if (overdue > m_overdue) {
        qCWarning(lcGateway,
            "%lld reservations were never settled and count as they were estimated",
            static_cast<long long>(overdue - m_overdue));
    }
    m_overdue = overdue;
}

void HealthWatch::checkClock(const Clock &clock)
{
    const milliseconds offset = clock.wall() - std::chrono::floor<milliseconds>(clock.now());
    if (!m_offset)
        m_offset = offset;
    const milliseconds step = offset - *m_offset;
    if (step < ReportedStep && step > -ReportedStep)
        return;
    m_offset = offset;
    qCWarning(lcGateway,
        "the wall clock was set by %lld ms: calendar limits follow it, all others go on as before",
        static_cast<long long>(step.count()));
}

} // namespace sluice::gateway
