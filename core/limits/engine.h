// SPDX-License-Identifier: GPL-3.0-or-later
// The limit engine: decides, counts and remembers. Pure and deterministic: time comes in as an
// argument, no I/O, no QObject, no clock. Not thread-safe by itself; Limiter holds the lock.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/estimate.h"
#include "core/limits/limitset.h"
#include "core/limits/rename.h"
#include "core/limits/savedcounter.h"
#include "core/limits/storeview.h"

#include <QStringList>

namespace sluice::limits {

/// What a request needs to be decided by stores that are not asked yet.
struct Plan
{
    Decision decision; ///< of everything else; final if there are no questions
    std::vector<StoreQuestion> questions;
    bool isMixed = false; ///< more than one authority has to agree
};

class Engine final
{
public:
    Engine();
    ~Engine();
    Q_DISABLE_COPY_MOVE(Engine)

    /// Decides one request against all limits that apply to it and reserves what it is expected to
    /// use on all of them or on none. A refusal changes no counter. Shadow limits never refuse. An
    /// admitted request with a reservation has to be settled.
    /// stores: what shared stores have said; without it their limits count in memory.
    Decision reserve(Instant now, const LimitSet &limits, const Subject &subject,
        const Estimate &estimate = {}, const StoreView *stores = nullptr);

    /// Looks at a request as reserve() does but charges nothing, and says what the shared stores
    /// that are up have to be asked before reserve(). A refusal is final, and has no questions.
    Plan plan(Instant now, const LimitSet &limits, const Subject &subject, const Estimate &estimate,
        const StoreView &stores, const QByteArray &reservation);

    /// What that shared store has to hear of: what was reset, what was counted in memory while it
    /// was down, and what an undo has given back. Forgets it.
    StoreDues takeDues(Instant now, int store);

    /// The same answer without changing anything (also creates no counter). The figures of the
    /// chain are those before the request, since nothing is charged. With limits that are not the
    /// ones applied last the counters read as if those were applied now.
    [[nodiscard]] Decision explain(Instant now, const LimitSet &limits, const Subject &subject,
        const Estimate &estimate = {}) const;

    /// Replaces what a reservation holds by what was really used, and frees its slots. Idempotent:
    /// a reservation that is settled already stays as it is.
    void settle(Instant now, ReservationId id, const Consumption &consumption);

    /// Takes over a new configuration: counters keep their used units, rescaled to the new capacity
    /// and period; counters of limits that are gone expire. reserve() does it for a set it meets
    /// for the first time. Limits in `renames` go on under their new
    /// names.
    void apply(Instant now, const LimitSet &limits, const Renames &renames = {});

    /// Drops counters that are indistinguishable from fresh ones and settles reservations whose
    /// deadline has passed at their estimate; looks at no more than `budget` of each, continuing
    /// where the last call stopped. Creating counters sweeps a little by itself.
    void sweep(Instant now, int budget);

    /// How many reservations sweep() had to settle so far.
    [[nodiscard]] qint64 overdueCount() const;

    /// Raises and blocks that are in force from now on, instead of those before.
    void setOperations(Instant now, const Operations &operations);

    /// Empties the counter of one value (as displayed) of a limit: one, or for a policy one for
    /// each API key; see takeDues() for shared stores. Gives the readings from before, which
    /// restore() takes.
    std::vector<CounterReading> reset(
        Instant now, const QByteArray &limit, const QByteArray &value);

    /// Adds what reset() has taken away, as far as it would still count now; see takeDues(), too.
    void restore(Instant now, const std::vector<CounterReading> &readings);

    /// Counters that have changed since they were taken last, the longest waiting one first, at
    /// most `limit` of them.
    std::vector<CounterReading> takeChanges(Instant now, int limit);

    /// The live counters from number `from` on, at most `limit` of them or none; moves `from` past
    /// them, and past the end to 0.
    [[nodiscard]] std::vector<CounterReading> readings(Instant now, quint32 &from, int limit) const;

    /// All counters that say something, for another engine. Open reservations are saved as if they
    /// had been settled at their estimate, since the process that holds them will be gone; slots
    /// are not.
    [[nodiscard]] std::vector<SavedCounter> save(Instant now) const;

    /// Adds saved counters to those there are, counted as the limits say now; these are taken over
    /// first. `now` must not be before the time that they were saved at.
    LoadReport load(Instant now, const LimitSet &limits, const std::vector<SavedCounter> &counters);

    /// From now on takeUnsaved() hears of every counter whose record is not as it is. Those that
    /// load() has added have one.
    void beginSaving();

    /// What records of counters have to follow, in this order, at most so many: none only if the
    /// records are up to date. Nothing before beginSaving().
    std::vector<SavedCounter> takeUnsaved(Instant now, int limit);

    /// Whether there is something for takeUnsaved() although nothing was before; asked once.
    [[nodiscard]] bool takeNews();

    /// What has become of the records that were written.
    enum class Records : quint8 { Gone, There };

    /// Lets takeUnsaved() give the counters from number `from` on, at most so many of them; moves
    /// `from` past them, and past the end to 0.
    void saveAgain(quint32 &from, int limit, Records records);

    [[nodiscard]] qint64 counterCount() const;
    [[nodiscard]] qint64 openReservations() const;

    /// What contradicts "charged = settled + open + given back" for any counter; empty if all books
    /// are right.
    [[nodiscard]] QStringList violations(Instant now) const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::limits
