// SPDX-License-Identifier: GPL-3.0-or-later
// The engine and the running limits behind one short lock, shared by all gateway threads.
#pragma once

#include "core/limits/engine.h"

#include <functional>
#include <memory>
#include <mutex>

namespace sluice::limits {

/// Every member may be called from any thread. The lock is never held across a call-out.
class Limiter final
{
public:
    /// The clock must outlive the limiter.
    explicit Limiter(const Clock &clock);

    /// Swaps in a new configuration's limits between two requests.
    void apply(std::shared_ptr<const LimitSet> limits, const Renames &renames = {});

    /// Decides a request against the limits in force at this instant.
    Decision reserve(const Subject &subject, const Estimate &estimate = {});

    /// What shared stores have to be asked first; see Engine::plan(). Nothing if the limits in
    /// force are not those of that serial number any more, which the view belongs to.
    std::optional<Plan> plan(const Subject &subject, const Estimate &estimate,
        const StoreView &stores, const QByteArray &reservation, quint64 serial);

    /// Decides with what the stores have said; nothing as for plan().
    std::optional<Decision> reserve(
        const Subject &subject, const Estimate &estimate, const StoreView &stores, quint64 serial);

    /// See Engine::takeDues().
    StoreDues takeDues(int store);

    [[nodiscard]] Decision explain(const Subject &subject, const Estimate &estimate = {}) const;

    /// See Engine::settle(). Does nothing for the id 0.
    void settle(ReservationId id, const Consumption &consumption);

    void setOperations(const Operations &operations);
    std::vector<CounterReading> reset(const QByteArray &limit, const QByteArray &value);

    void restore(const std::vector<CounterReading> &readings);

    std::vector<CounterReading> takeChanges(int limit);

    /// All live counters. Other threads may decide meanwhile, so the readings are consistent one by
    /// one, not among each other.
    [[nodiscard]] std::vector<CounterReading> readings() const;

    /// How many reservations were never settled and had to be swept.
    [[nodiscard]] qint64 overdueCount() const;

    [[nodiscard]] std::shared_ptr<const LimitSet> limits() const;

    void sweep(int budget);

    [[nodiscard]] qint64 openReservations() const;

    [[nodiscard]] qint64 counterCount() const;

    /// See Engine::save(). Requests wait meanwhile.
    [[nodiscard]] std::vector<SavedCounter> save() const;

    /// See Engine::load(). Requests wait meanwhile.
    LoadReport load(const std::vector<SavedCounter> &counters);

    /// See Engine::beginSaving().
    void beginSaving();

    /// See Engine::takeUnsaved().
    std::vector<SavedCounter> takeUnsaved(int limit);

    /// Lets takeUnsaved() give all counters.
    void saveAgain(Engine::Records records);

    /// Called after a change when there is something for takeUnsaved() although nothing was before:
    /// on the thread that made the change, without the lock. It must not wait for anything.
    void setListener(std::function<void()> listener);

    [[nodiscard]] QStringList violations() const;

    [[nodiscard]] const Clock &clock() const { return m_clock; }

private:
    class Change;

    const Clock &m_clock;
    mutable std::mutex m_mutex; ///< guards the members below
    Engine m_engine;
    std::shared_ptr<const LimitSet> m_limits;
    std::shared_ptr<const std::function<void()>> m_listener; ///< may be null
};

} // namespace sluice::limits
