// SPDX-License-Identifier: GPL-3.0-or-later
// The shared stores of one gateway thread, as the limits in force name them. Lives on that thread.
#pragma once

#include "core/gateway/sharedstores/storeboard.h"
#include "core/limits/limiter.h"

namespace sluice::gateway {

/// Makes the store of a configuration, on the thread that will use it.
using StoreFactory = std::function<std::unique_ptr<limits::CounterStore>(
    const config::Store &, limits::CounterStore::Listener)>;

using StorePtr = std::shared_ptr<limits::CounterStore>;

class StorePool final
{
public:
    /// worker: its number on the board. Limiter, board and factory must outlive the pool.
    StorePool(
        limits::Limiter &limiter, StoreBoard &board, const StoreFactory &factory, quint32 worker);

    ~StorePool() { close(); }
    Q_DISABLE_COPY_MOVE(StorePool)

    /// Lets go of everything, on the thread that it lives on.
    void close();

    /// Opens what the limits name newly and lets go of what they do not name any more. Cheap if
    /// nothing has changed.
    void follow(const limits::LimitSet &limits);

    /// Which stores can be asked now; by index of the limits that were followed last.
    [[nodiscard]] limits::StoreView view() const;

    /// The store of that index; null for a local one. It lives as long as somebody has it.
    [[nodiscard]] StorePtr at(int index) const;

    /// Tells the stores that are up what they have to hear of: counters that were reset, and what
    /// memory has counted while they were down. To be called now and then.
    void payDues();

    /// The same at once, because counters of that limit were reset; the log says so if their store
    /// hears of it only later.
    void noteReset(const QByteArray &limit);

    /// Whether this thread has taken something on that its store has not confirmed yet.
    [[nodiscard]] bool owes() const;

private:
    struct Entry
    {
        config::Store config;
        StorePtr store;
        std::vector<limits::StoreMerge> asked; ///< to be added; perhaps it is, without an answer
        QByteArray askedId; ///< CounterStore::merge()
        limits::StoreDues dues; ///< after that
        bool isPaying = false; ///< an answer is awaited
    };

    std::shared_ptr<Entry> open(const config::Store &config);
    void close(const std::shared_ptr<Entry> &entry);
    static void pay(const std::shared_ptr<Entry> &entry);
    static void paid(
        const std::weak_ptr<Entry> &payer, const Result<void> &done, void (*forget)(Entry &));

    limits::Limiter &m_limiter;
    StoreBoard &m_board;
    const StoreFactory &m_factory;
    quint32 m_worker;
    quint64 m_serial = 0; ///< of the limits that were followed last
    std::vector<std::shared_ptr<Entry>> m_entries; ///< by index; null for local ones
};

} // namespace sluice::gateway
