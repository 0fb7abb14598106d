// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/settlementqueue.h"

#include <algorithm>
#include <iterator>

namespace sluice::stores {

void SettlementQueue::push(PostgresSettlement settlement)
{
    m_queue.push_back(std::move(settlement));
    if (m_queue.size() > m_most) {
        m_queue.pop_front();
        ++m_dropped;
    }
}

void SettlementQueue::add(
    const QByteArray &reservation, const std::vector<limits::StoreSettlement> &settlements)
{
    for (const limits::StoreSettlement &settlement : settlements) {
        if (settlement.step.isHeld)
            push({reservation, settlement.step.key, settlement.actual});
    }
}

std::vector<PostgresSettlement> SettlementQueue::take(size_t most)
{
    const auto end = m_queue.begin() + static_cast<qsizetype>(std::min(most, m_queue.size()));
    std::vector<PostgresSettlement> taken(
        std::make_move_iterator(m_queue.begin()), std::make_move_iterator(end));
    m_queue.erase(m_queue.begin(), end);
    return taken;
}

void SettlementQueue::putBack(std::vector<PostgresSettlement> &&settlements)
{
    m_queue.insert(m_queue.begin(), std::make_move_iterator(settlements.begin()),
        std::make_move_iterator(settlements.end()));
}

void SettlementQueue::addLost(const limits::StoreBatch &batch, EngineTime until)
{
    for (const limits::StoreStep &step : batch.steps) {
        if (step.isHeld)
            m_lost.push_back({{batch.reservation, step.key, 0}, until});
    }
}

void SettlementQueue::release(EngineTime now)
{
    for (const Lost &lost : m_lost)
        push(lost.settlement);
    std::erase_if(m_lost, [now](const Lost &lost) { return lost.until < now; });
}

std::optional<EngineTime> SettlementQueue::nextRelease() const
{
    const auto last = std::max_element(m_lost.cbegin(), m_lost.cend(),
        [](const Lost &a, const Lost &b) { return a.until < b.until; });
    return last == m_lost.cend() ? std::nullopt : std::optional(last->until);
}

} // namespace sluice::stores
