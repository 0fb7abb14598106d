// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/metrics/metricsboard.h"

namespace sluice::gateway {

void MetricsBoard::Part::note(const insight::RequestRecord &record)
{
    const std::scoped_lock lock(m_mutex);
    m_tally.add(record);
}

void MetricsBoard::Part::setInFlight(qint64 requests)
{
    const std::scoped_lock lock(m_mutex);
    m_inFlight = requests;
}

std::shared_ptr<MetricsBoard::Part> MetricsBoard::join()
{
    const std::scoped_lock lock(m_mutex);
    return m_parts.emplace_back(std::make_shared<Part>());
}

void MetricsBoard::leave(const std::shared_ptr<Part> &part)
{
    const std::scoped_lock lock(m_mutex);
    if (std::erase(m_parts, part) == 0)
        return;
    const std::scoped_lock partLock(part->m_mutex);
    m_past.add(part->m_tally);
}

MetricsBoard::Totals MetricsBoard::totals() const
{
    const std::scoped_lock lock(m_mutex);
    Totals totals{m_past, 0};
    for (const auto &part : m_parts) {
        const std::scoped_lock partLock(part->m_mutex);
        totals.requests.add(part->m_tally);
        totals.inFlight += part->m_inFlight;
    }
    return totals;
}

} // namespace sluice::gateway
