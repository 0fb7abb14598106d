// SPDX-License-Identifier: GPL-3.0-or-later
// What a shared store has to answer, from the engine's own pure functions: everything in memory, at
// the time that the test sets. One thread.
#pragma once

#include "core/limits/counterstore.h"

#include <map>

namespace sluice::test {

class StoreReference final : public limits::CounterStore
{
public:
    EngineTime now{0}; ///< the store's clock

    [[nodiscard]] bool isUp() const override { return true; }

    void reserve(const limits::StoreBatch &batch, Answered answered) override;
    void settle(const QByteArray &reservation,
        const std::vector<limits::StoreSettlement> &settlements) override;
    void merge(const std::vector<limits::StoreMerge> &merges, Done done) override;
    void reset(const std::vector<QByteArray> &keys, Done done) override;

    [[nodiscard]] limits::StoreAnswer decide(const limits::StoreBatch &batch);

private:
    struct Hold
    {
        QByteArray reservation;
        MicroAmount amount = 0;
        limits::Int128 mark = 0;
    };

    struct Counter
    {
        limits::Rate counted; ///< what the state is counted in
        limits::Int128 tat = 0;
        limits::WindowState window;
        MicroAmount level = 0; ///< calendar
        std::vector<Hold> holds; ///< in the order of admission

        [[nodiscard]] limits::GcraState bucket() const
        {
            return {tat, counted.quota, counted.period};
        }
    };

    [[nodiscard]] Counter fresh(const limits::StoreStep &step) const;
    [[nodiscard]] Counter load(const limits::StoreStep &step);
    [[nodiscard]] bool admits(const Counter &counter, const limits::StoreStep &step) const;
    void move(Counter &counter, limits::Algorithm algorithm, const limits::Rate &rate) const;
    void charge(Counter &counter, const limits::StoreStep &step, MicroAmount amount) const;
    void settleOne(Counter &counter, size_t index, const limits::StoreSettlement &settlement) const;
    void giveBack(
        Counter &counter, size_t index, limits::Algorithm algorithm, MicroAmount amount) const;
    [[nodiscard]] static MicroAmount held(const Counter &counter);
    [[nodiscard]] static limits::CounterState stateOf(
        const Counter &counter, const limits::StoreStep &step);

    std::map<QByteArray, Counter> m_counters;
};

} // namespace sluice::test
