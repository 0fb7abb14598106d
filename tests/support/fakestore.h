// SPDX-License-Identifier: GPL-3.0-or-later
// A shared store in memory: one server, and the stores through which gateway threads ask it. Counts
// as StoreModel does; can be down, and can keep its answers back. One thread.
#pragma once

#include "storemodel.h"

#include <set>

namespace sluice::test {

class FakeStore;

/// Counters and their holds, of gateways that never die.
class FakeServer final
{
public:
    limits::StoreAnswer reserve(const limits::StoreBatch &batch);
    void settle(
        const QByteArray &reservation, const std::vector<limits::StoreSettlement> &settlements);
    /// As CounterStore::merge().
    void merge(const QByteArray &id, const std::vector<limits::StoreMerge> &merges);

    /// The next merge is done, but nobody hears of it: to all it looks as if the store went down.
    void losesNextMergeAnswer() { m_losesMergeAnswer = true; }

    /// Everybody who asks is told of it; what hangs fails.
    void setDown(bool isDown);

    /// Answers are kept back until they are let go.
    void hold() { m_isHolding = true; }

    void letGo();

    /// Micro-units that count now, of the one counter whose name contains the text.
    [[nodiscard]] MicroAmount used(QByteArrayView part) const;

    /// Of all counters.
    [[nodiscard]] int openHolds() const { return m_model.openHolds(); }

    limits::Instant now{std::chrono::seconds(1'700'000'000)};
    int asked = 0;

private:
    friend class FakeStore;

    void remember(const limits::StoreStep &step) { m_steps[step.key] = step; }

    StoreModel m_model{std::chrono::hours(24 * 365 * 100)};
    std::map<QByteArray, limits::StoreStep> m_steps; ///< as they were asked last, by their keys
    std::set<FakeStore *> m_stores;
    std::vector<std::function<void()>> m_pending;
    bool m_isDown = false;
    bool m_isHolding = false;
    bool m_losesMergeAnswer = false;
    std::set<QByteArray> m_merged; ///< ids
};

class FakeStore final : public limits::CounterStore
{
public:
    FakeStore(FakeServer &server, Listener listener);
    ~FakeStore() override;
    Q_DISABLE_COPY_MOVE(FakeStore)

    [[nodiscard]] bool isUp() const override { return !m_server.m_isDown; }

    void reserve(const limits::StoreBatch &batch, Answered answered) override;
    void settle(const QByteArray &reservation,
        const std::vector<limits::StoreSettlement> &settlements) override;
    void merge(
        const QByteArray &id, const std::vector<limits::StoreMerge> &merges, Done done) override;
    void reset(const std::vector<QByteArray> &keys, Done done) override;

private:
    friend class FakeServer;

    FakeServer &m_server;
    Listener m_listener;
};

} // namespace sluice::test
