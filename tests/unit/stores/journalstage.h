// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the journal share: runs of a limiter with a journal, another program at the file,
// and a clock that stands where it is put. Lives on the test's thread.
#pragma once

#include "core/limits/limiter.h"
#include "core/stores/journal/journal.h"
#include "limitsetup.h"

#include <QMutex>
#include <QStringList>
#include <QTemporaryDir>

#include <atomic>

namespace sluice::test {

/// Stands where it is put.
class HandClock final : public Clock
{
public:
    explicit HandClock(Instant start) { set(start); }

    void set(Instant now)
    {
        m_engine = now.engine.count();
        m_wall = now.wall.count();
    }

    [[nodiscard]] EngineTime now() const override { return EngineTime(m_engine); }

    [[nodiscard]] milliseconds wall() const override { return milliseconds(m_wall); }

    void goOnFrom(EngineTime time) override { m_engine = std::max<qint64>(m_engine, time.count()); }

private:
    std::atomic<qint64> m_engine;
    std::atomic<qint64> m_wall;
};

/// Without pauses that a test would have to wait for.
stores::Journal::Options quickJournal();

/// All that a limiter would keep.
std::vector<CounterRecord> recordsOf(const Limiter &limiter);

class JournalStage
{
public:
    /// One run of a gateway, as far as it counts.
    struct Run
    {
        explicit Run(const HandClock &clock) : limiter(clock) { }

        Limiter limiter;
        std::unique_ptr<stores::Journal> journal;
    };

    JournalStage();

    std::unique_ptr<Run> open(const std::shared_ptr<const LimitSet> &inForce,
        const stores::Journal::Options &options = quickJournal());

    void openJournal(Run &run, const stores::Journal::Options &options = quickJournal());

    /// How many of so many requests of a key pass.
    static int count(Run &run, const QByteArray &key, int requests);

    /// Units that a key has used of the first limit.
    static MicroAmount used(const Run &run, const QByteArray &key);

    /// The only value of a query by another program; -1 if it cannot be answered (yet).
    [[nodiscard]] qint64 number(const QByteArray &sql) const;

    /// False if another program could not do it.
    [[nodiscard]] bool execute(const QByteArray &sql) const;

    /// What was reported last.
    QString problem();

    QTemporaryDir folder;
    QString path;
    HandClock clock{Start};
    std::shared_ptr<const LimitSet> limits; ///< "key": 100 requests an hour for each key

private:
    QMutex m_mutex; ///< guards m_problems
    QStringList m_problems;
};

} // namespace sluice::test
