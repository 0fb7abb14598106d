// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/sharedstores/storepool.h"

#include "core/base/ids.h"
#include "core/base/logging.h"

#include <algorithm>

namespace sluice::gateway {

namespace {

constexpr int MergeIdBits = 128;

} // namespace

StorePool::StorePool(
    limits::Limiter &limiter, StoreBoard &board, const StoreFactory &factory, quint32 worker)
    : m_limiter(limiter), m_board(board), m_factory(factory), m_worker(worker)
{
}

void StorePool::close()
{
    m_serial = 0;
    for (const auto &entry : std::exchange(m_entries, {}))
        close(entry);
}

void StorePool::follow(const limits::LimitSet &limits)
{
    if (limits.serial() == m_serial)
        return;
    m_serial = limits.serial();
    const std::vector<std::shared_ptr<Entry>> before = std::exchange(m_entries, {});
    for (const config::Store &config : limits.stores()) {
        const auto kept = std::find_if(before.begin(), before.end(),
            [&config](const auto &entry) { return entry && entry->config == config; });
        if (kept != before.end())
            m_entries.push_back(*kept);
        else
            m_entries.push_back(config.isShared() && m_factory ? open(config) : nullptr);
    }
    for (const auto &entry : before) {
        if (std::find(m_entries.begin(), m_entries.end(), entry) == m_entries.end())
            close(entry);
    }
}

std::shared_ptr<StorePool::Entry> StorePool::open(const config::Store &config)
{
    auto entry = std::make_shared<Entry>();
    entry->config = config;
    entry->store = m_factory(config, [this, config](bool isUp, const QString &problem) {
        m_board.note(config, m_worker, isUp ? QString() : problem);
    });
    return entry;
}

void StorePool::close(const std::shared_ptr<Entry> &entry)
{
    if (!entry)
        return;
    m_board.forget(entry->config, m_worker);
    entry->store.reset();
}

limits::StoreView StorePool::view() const
{
    limits::StoreView view;
    for (const auto &entry : m_entries)
        view.isUp.push_back(entry && entry->store && m_board.isUp(entry->config));
    return view;
}

StorePtr StorePool::at(int index) const
{
    const auto &entry = m_entries[static_cast<size_t>(index)];
    return entry ? entry->store : nullptr;
}

void StorePool::mergeSurplus()
{
    for (size_t i = 0; i < m_entries.size(); ++i) {
        const auto &entry = m_entries[i];
        if (!entry || entry->isMerging || !m_board.isUp(entry->config) || !entry->store->isUp())
            continue;
        for (limits::StoreMerge &surplus : m_limiter.takeSurplus(static_cast<int>(i)))
            entry->owed.push_back(std::move(surplus));
        if (!entry->asked.empty() || !entry->owed.empty())
            merge(entry);
    }
}

void StorePool::reset(const QByteArray &limit, const QByteArray &value)
{
    const auto limits = m_limiter.limits();
    const limits::LimitPtr found = limits->find(limit);
    if (!found || !limits->storeOf(*found).isShared())
        return;
    follow(*limits);
    const StorePtr store = at(found->store);
    if (!store)
        return;
    store->reset(m_limiter.storeKeys(limit, value), [limit](const Result<void> &done) {
        if (!done)
            qCWarning(lcGateway, "%s is not reset: %ls", limit.constData(),
                qUtf16Printable(done.error().message));
    });
}

/// What was asked and not answered is asked again as it was: only so does the store know it again.
void StorePool::merge(const std::shared_ptr<Entry> &entry)
{
    if (entry->asked.empty()) {
        entry->asked.swap(entry->owed);
        entry->askedId = makeSecret(MergeIdBits);
    }
    entry->isMerging = true;
    const std::weak_ptr<Entry> weak = entry;
    entry->store->merge(entry->askedId, entry->asked, [weak](const Result<void> &done) {
        const auto merged = weak.lock();
        if (!merged)
            return;
        merged->isMerging = false;
        if (done)
            merged->asked.clear();
    });
}

} // namespace sluice::gateway
