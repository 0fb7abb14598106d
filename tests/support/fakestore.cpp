// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakestore.h"

namespace sluice::test {

using namespace Qt::StringLiterals;
using namespace sluice::limits;

namespace {

const Error Unreachable{ErrorCode::Io, u"the fake store is down"_s, {}};

Limit limitOf(const StoreStep &step)
{
    Limit limit;
    limit.algorithm = step.algorithm;
    limit.quota = step.rate.quota;
    limit.period = step.rate.period;
    return limit;
}

} // namespace

StoreAnswer FakeServer::reserve(const StoreBatch &batch)
{
    for (const StoreStep &step : batch.steps)
        remember(step);
    return m_model.reserve("gateway", batch, now);
}

void FakeServer::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    m_model.settle(reservation, settlements, now);
}

void FakeServer::merge(const QByteArray &id, const std::vector<StoreMerge> &merges)
{
    if (!m_merged.insert(id).second)
        return;
    for (const StoreMerge &merge : merges)
        remember(merge.step);
    m_model.merge(merges, now);
}

void FakeServer::setDown(bool isDown)
{
    m_isDown = isDown;
    for (FakeStore *store : m_stores)
        store->m_listener(!isDown, isDown ? Unreachable.message : QString());
    if (isDown)
        letGo();
}

void FakeServer::letGo()
{
    m_isHolding = false;
    for (const auto &answer : std::exchange(m_pending, {}))
        answer();
}

MicroAmount FakeServer::used(QByteArrayView part) const
{
    for (const auto &[key, step] : m_steps)
        if (key.contains(part))
            return usageAt(limitOf(step), m_model.state(step, now), now).used;
    return 0;
}

FakeStore::FakeStore(FakeServer &server, Listener listener)
    : m_server(server), m_listener(std::move(listener))
{
    m_server.m_stores.insert(this);
}

FakeStore::~FakeStore()
{
    m_server.m_stores.erase(this);
}

void FakeStore::reserve(const StoreBatch &batch, Answered answered)
{
    ++m_server.asked;
    const auto answer = [&server = m_server, batch, answered = std::move(answered)] {
        if (server.m_isDown)
            answered(Unreachable);
        else
            answered(server.reserve(batch));
    };
    if (m_server.m_isHolding)
        m_server.m_pending.emplace_back(answer);
    else
        answer();
}

void FakeStore::settle(
    const QByteArray &reservation, const std::vector<StoreSettlement> &settlements)
{
    m_server.settle(reservation, settlements);
}

void FakeStore::merge(const QByteArray &id, const std::vector<StoreMerge> &merges, Done done)
{
    if (m_server.m_isDown)
        return done(Unreachable);
    m_server.merge(id, merges);
    if (std::exchange(m_server.m_losesMergeAnswer, false))
        return done(Unreachable);
    done({});
}

void FakeStore::reset(const std::vector<QByteArray> &keys, Done done)
{
    m_server.m_model.reset(keys);
    done({});
}

} // namespace sluice::test
