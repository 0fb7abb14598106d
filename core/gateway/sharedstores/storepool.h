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

    /// Adds what was counted in memory to the stores that are back. To be called now and then.
    void mergeSurplus();

    /// Empties the counters of one value of a limit, if a shared store has them. Failures go to the
    /// log.
    void reset(const QByteArray &limit, const QByteArray &value);

private:
    struct Entry
    {
        config::Store config;
        StorePtr store;
        std::vector<limits::StoreMerge> owed; ///< not asked to be added yet
        std::vector<limits::StoreMerge> asked; ///< to be added; perhaps it is, without an answer
        QByteArray askedId; ///< CounterStore::merge()
        bool isMerging = false; ///< the answer is awaited
    };

    std::shared_ptr<Entry> open(const config::Store &config);
    void close(const std::shared_ptr<Entry> &entry);
    static void merge(const std::shared_ptr<Entry> &entry);

    limits::Limiter &m_limiter;
    StoreBoard &m_board;
    const StoreFactory &m_factory;
    quint32 m_worker;
    quint64 m_serial = 0; ///< of the limits that were followed last
    std::vector<std::shared_ptr<Entry>> m_entries; ///< by index; null for local ones
};

} // namespace sluice::gateway
