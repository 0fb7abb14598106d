// SPDX-License-Identifier: GPL-3.0-or-later
// Everything the engine remembers: the counters, what they are counted in and what open
// reservations hold of them. Each member does one thing to one counter, whatever its algorithm.
// Owned by one Engine; not thread-safe.
#pragma once

#include "core/limits/countertable.h"
#include "core/limits/limitregistry.h"
#include "core/limits/reservationbook.h"
#include "core/limits/savedcounter.h"

#include <QStringList>

#include <deque>

namespace sluice::limits {

/// A counter as one request meets it: where it is, and how it stands now with all edits replayed.
struct Standing
{
    CounterKey key;
    quint32 terms = LimitRegistry::None; ///< what a charge is counted in
    quint32 counter = CounterTable::None; ///< None = not there yet
    GcraState bucket; ///< GCRA
    const WindowState *stored = nullptr; ///< sliding window: as the table has it; null = empty
    std::optional<WindowState> renewed; ///< `stored` with edits replayed, if there were any
    CalendarPeriod period; ///< calendar window: the current one
    MicroAmount level = 0; ///< calendar window, concurrency: what is charged

    [[nodiscard]] const WindowState &window() const;
};

/// Calendar counters are kept a while after their period, unless there is no room for others.
enum class Haste : quint8 { None, Full };

class CounterBook final
{
public:
    CounterBook() = default;
    Q_DISABLE_COPY_MOVE(CounterBook)

    LimitRegistry registry;
    CounterTable counters;
    ReservationBook reservations;

    /// Finds the counter of `standing.key` (hashed) and reads it as `limit` counts now.
    void load(Standing &standing, const Limit &limit, Instant now) const;

    /// Whether the counter of the next period can take `cost`: after the wall clock was set back
    /// much of it may be used already.
    [[nodiscard]] bool fitsNextPeriod(
        const Standing &standing, MicroAmount capacity, MicroAmount cost, Instant now) const;

    /// What open reservations hold of a counter at this instant, micro-units; 0 for None.
    [[nodiscard]] MicroAmount reservedAt(quint32 counter, EngineTime now) const;

    /// Charges `amount` to a counter that load() has read, which is made if it is not there.
    void charge(Standing &standing, const Limit &limit, MicroAmount amount, Instant now);

    /// Takes over a counter that load() has found and that a shared store has told the state of.
    void mirror(Standing &standing, const Limit &limit, Instant now);

    /// The name of a counter in a shared store.
    [[nodiscard]] QByteArray storeKeyOf(quint32 number, Instant now) const;

    /// Makes what was charged just now a hold of the reservation.
    void hold(const Standing &standing, const LimitPtr &limit, MicroAmount amount, ReservationId id,
        EngineTime now);

    /// Replaces what a reservation holds by what was really used. Does nothing for one that is
    /// settled already.
    void settle(ReservationId id, const Consumption &consumption, Instant now);

    /// Takes over a new configuration.
    void apply(Instant now, const LimitSet &limits, const Renames &renames = {});

    /// Replays the edits since the counter's last charge.
    void renew(quint32 number, Instant now);

    /// Looks at the next `budget` counters and drops those that say nothing any more.
    void sweep(Instant now, int budget, Haste haste = Haste::None);

    /// The counters of one displayed value of the limits of that name: as many as there are API
    /// keys, for policies.
    [[nodiscard]] std::vector<quint32> numbersOf(
        const QByteArray &limit, const QByteArray &value, Instant now) const;

    /// Empties a counter; what reservations hold of it gives nothing back any more.
    void reset(quint32 number, Instant now);

    /// Adds what a reset has taken away, as far as it would still count; the reading is of a
    /// counter that reset() has emptied. Gives the limit as it counts now; null if it is gone, or
    /// counts slots.
    LimitPtr restore(const CounterReading &reading, Instant now);

    /// The limit of a counter as it counts now.
    [[nodiscard]] const LimitPtr &limitOf(quint32 number) const;

    /// The state of a counter with all edits replayed.
    [[nodiscard]] CounterState stateOf(const CounterTable::Entry &entry) const;

    [[nodiscard]] CounterReading read(quint32 number, Instant now) const;

    /// The counter as a record keeps it; `IsGone` if it says nothing.
    [[nodiscard]] SavedCounter save(quint32 number, Instant now) const;

    /// What has to happen to the records next; nothing if they are as the counters are. Only after
    /// counters.keepUnsaved().
    std::optional<SavedCounter> takeUnsaved(Instant now);

    /// What contradicts "charged = settled + open + given back", one sentence each; empty if the
    /// books are right. Looks at every counter: for tests and on request.
    [[nodiscard]] QStringList violations(Instant now) const;

private:
    /// A record that stands for no counter any more, or a limit whose records have got its new
    /// name.
    struct Departed
    {
        LimitPtr limit;
        LimitPtr renamedTo; ///< null: the record goes
        SegmentText value;
        quint32 owner = 0;
        quint32 period = 0;
    };

    void loadBucket(Standing &standing, const Limit &limit, const CounterTable::Entry &entry,
        EngineTime now) const;
    void loadWindow(Standing &standing, const Limit &limit, const CounterTable::Entry &entry,
        EngineTime now) const;
    void findCalendar(Standing &standing) const;
    void findDraftCalendar(Standing &standing, Instant now) const;
    bool readCalendar(Standing &standing, quint32 number) const;
    void setPeriod(Standing &standing, Instant now) const;
    [[nodiscard]] MicroAmount reservedAfterEdits(
        const CounterTable::Entry &entry, EngineTime now) const;
    static MicroAmount standingPart(
        const Limit &limit, const Hold &hold, Int128 mark, EngineTime now);
    [[nodiscard]] CalendarState calendarState(const CounterTable::Entry &entry) const;
    void moveTo(quint32 number, const CounterKey &key);
    void place(Standing &standing, Instant now);
    void setTerms(CounterTable::Entry &entry, quint32 terms, EngineTime now);
    void moveMarks(const CounterTable::Entry &entry, quint32 terms, EngineTime now);
    void drain(const CounterTable::Entry &entry, EngineTime now);
    [[nodiscard]] bool isDrained(
        const CounterTable::Entry &entry, const Hold &hold, EngineTime now) const;
    void settleHold(
        const Reservation &reservation, quint32 hold, const Consumption &consumption, Instant now);
    void giveBack(quint32 number, const Hold &hold, quint32 newer, MicroAmount amount, Instant now);
    void chargeMore(quint32 number, const Hold &hold, MicroAmount amount, Instant now);
    void move(const Moved &moved, Instant now);
    [[nodiscard]] std::vector<quint32> findOwners(
        quint32 group, quint32 terms, const QByteArray &value, Instant now) const;
    void renewCalendar(quint32 number);
    [[nodiscard]] quint32 termsToRestore(const CounterReading &reading);
    [[nodiscard]] bool isIdle(quint32 number, Instant now, Haste haste) const;
    [[nodiscard]] bool isPast(
        const CounterTable::Entry &entry, milliseconds wall, Haste haste) const;
    void remove(quint32 number);
    void depart(quint32 number);
    void push(Departed &&departed);
    SavedCounter takeDeparted();
    using NamedGroup = std::pair<quint32, LimitPtr>; ///< with its newest limit
    [[nodiscard]] std::vector<NamedGroup> limitsNamed(const QByteArray &name) const;
    void departRenamed(const std::vector<NamedGroup> &before, const std::vector<quint32> &renamed);
    [[nodiscard]] quint32 termsToSave(const CounterTable::Entry &entry) const;
    [[nodiscard]] bool saysNothing(
        const CounterState &state, const Limit &limit, EngineTime now) const;
    [[nodiscard]] QString violationOf(quint32 number, EngineTime now) const;

    quint32 m_sweepAt = 0;
    std::deque<Departed> m_departed; ///< comes before what any counter has to say
};

/// The start of a period as CounterKey::period, and back.
quint32 periodNumber(milliseconds start);
milliseconds startOfPeriod(quint32 number);

} // namespace sluice::limits
