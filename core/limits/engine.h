// SPDX-License-Identifier: GPL-3.0-or-later
// The limit engine: decides, counts and remembers. Pure and deterministic: time comes in as an
// argument, no I/O, no QObject, no clock. Not thread-safe by itself; Limiter holds the lock.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/limitset.h"

namespace sluice::limits {

class Engine final
{
public:
    Engine();
    ~Engine();
    Q_DISABLE_COPY_MOVE(Engine)

    /// Decides one request against all limits that apply to it and charges all of them or none.
    /// A refusal changes no counter. Shadow limits never refuse.
    Decision reserve(EngineTime now, const LimitSet &limits, const Subject &subject);

    /// The same answer without changing anything (also creates no counter). The figures of the
    /// chain are those before the request, since nothing is charged. With limits that are not the
    /// ones applied last the counters read as if those were applied now.
    [[nodiscard]] Decision explain(
        EngineTime now, const LimitSet &limits, const Subject &subject) const;

    /// Takes over a new configuration: counters keep their used units, rescaled to the new capacity
    /// and period; counters of limits that are gone expire. reserve() does it for a set it meets
    /// for the first time.
    void apply(EngineTime now, const LimitSet &limits);

    /// Drops counters that are indistinguishable from fresh ones; looks at no more than `budget`,
    /// continuing where the last call stopped. Creating counters sweeps a little by itself.
    void sweep(EngineTime now, int budget);

    /// Counters changed after `since`, oldest change first, at most `limit` of them; continue with
    /// the change number of the last one.
    [[nodiscard]] std::vector<CounterReading> changesSince(quint64 since, int limit) const;

    [[nodiscard]] qint64 counterCount() const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::limits
