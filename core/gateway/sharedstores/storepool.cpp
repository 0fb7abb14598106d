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

void StorePool::payDues()
{
    for (size_t i = 0; i < m_entries.size(); ++i) {
        const auto &entry = m_entries[i];
        if (!entry || entry->isPaying || !m_board.isUp(entry->config) || !entry->store->isUp())
            continue;
        limits::StoreDues more = m_limiter.takeDues(static_cast<int>(i));
        limits::StoreDues &dues = entry->dues;
        // What was owed to a counter that is emptied now is not owed any more.
        std::erase_if(dues.merges, [&more](const limits::StoreMerge &merge) {
            return std::find(more.resets.begin(), more.resets.end(), merge.step.key)
                != more.resets.end();
        });
        std::move(more.resets.begin(), more.resets.end(), std::back_inserter(dues.resets));
        std::move(more.merges.begin(), more.merges.end(), std::back_inserter(dues.merges));
        pay(entry);
    }
}

void StorePool::noteReset(const QByteArray &limit)
{
    const auto limits = m_limiter.limits();
    follow(*limits);
    payDues();
    const limits::LimitPtr found = limits->find(limit);
    const int store = found ? found->store : 0; // the policies of clients are in none of the lists
    const auto &entry = m_entries[static_cast<size_t>(store)];
    if (entry && !(m_board.isUp(entry->config) && entry->store->isUp()))
        qCWarning(lcGateway, "%s is reset in %ls only when that is back", limit.constData(),
            qUtf16Printable(storeName(entry->config)));
}

bool StorePool::owes() const
{
    return std::any_of(m_entries.begin(), m_entries.end(), [](const auto &entry) {
        return entry
            && (entry->isPaying || !entry->asked.empty() || !entry->dues.resets.empty()
                || !entry->dues.merges.empty());
    });
}

/// One thing at a time. What was asked and not answered is asked again as it was: only so does the
/// store know it again.
void StorePool::pay(const std::shared_ptr<Entry> &entry)
{
    limits::StoreDues &dues = entry->dues;
    const std::weak_ptr<Entry> payer = entry;
    if (entry->asked.empty() && dues.resets.empty() && !dues.merges.empty()) {
        entry->asked.swap(dues.merges);
        entry->askedId = makeSecret(MergeIdBits);
    }
    if (!entry->asked.empty()) {
        entry->isPaying = true;
        entry->store->merge(entry->askedId, entry->asked, [payer](const Result<void> &done) {
            paid(payer, done, [](Entry &merged) { merged.asked.clear(); });
        });
    } else if (!dues.resets.empty()) {
        entry->isPaying = true;
        entry->store->reset(dues.resets, [payer](const Result<void> &done) {
            paid(payer, done, [](Entry &emptied) { emptied.dues.resets.clear(); });
        });
    }
}

/// What failed is paid later.
void StorePool::paid(
    const std::weak_ptr<Entry> &payer, const Result<void> &done, void (*forget)(Entry &))
{
    const auto entry = payer.lock();
    if (!entry)
        return;
    entry->isPaying = false;
    if (!done)
        return;
    forget(*entry);
    pay(entry);
}

} // namespace sluice::gateway
