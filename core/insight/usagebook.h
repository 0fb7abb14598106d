// SPDX-License-Identifier: GPL-3.0-or-later
// The console's memory of subjects and counters, built from activity batches. Pure; one thread.
// Figures are the enforcer's own counters, read with limits::usageAt().
#pragma once

#include "core/insight/activity.h"
#include "core/limits/limitset.h"

#include <QHash>

#include <array>
#include <optional>

namespace sluice::insight {

/// One minute of one subject.
struct MinuteFigures
{
    quint32 admitted = 0;
    quint32 refused = 0;
};

/// One link of a subject's chain of limits as it stands now.
struct ChainState
{
    limits::LimitPtr limit;
    QByteArray value; ///< the segment value of the counter
    QByteArray apiKey; ///< policies only
    limits::Usage usage;
    double share() const; ///< taken / quota, for drawing and ordering only

    [[nodiscard]] CounterId id() const { return {limit->name, value, apiKey}; }
};

class UsageBook final
{
public:
    static constexpr int Minutes = 60;

    /// A counter that was seen with a subject.
    struct Seen
    {
        int counter = 0; ///< index of the counter
        std::chrono::milliseconds at{0}; ///< wall time, last
    };

    struct Subject
    {
        SubjectId id;
        std::array<MinuteFigures, Minutes> minutes{}; ///< ring by minute of the wall clock
        qint64 lastMinute = 0; ///< the newest minute in the ring
        std::array<quint32, 12> slots5s{}; ///< requests by 5 s of the wall clock, for the rate
        qint64 lastSlot = 0;
        quint64 refusedTotal = 0; ///< since this console started
        quint64 wouldRefuseTotal = 0;
        Spent spent; ///< since this console started
        std::chrono::milliseconds lastSeen{0}; ///< wall time; 0 = never
        std::vector<Seen> seen;
    };

    /// Takes a batch in; returns the indexes of the subjects that changed (sorted, unique). Gateway
    /// threads report in any order: a reading older than the known one is left out, and so is one
    /// of a limit that is no longer configured.
    std::vector<int> ingest(const ActivityBatch &batch);

    /// Makes sure a subject is listed before its first request (configured keys).
    int addSubject(const SubjectId &id);

    /// Takes over a new configuration's limits: counters of limits that are gone are forgotten.
    void setLimits(const limits::LimitSet &limits);

    [[nodiscard]] int subjectCount() const { return static_cast<int>(m_subjects.size()); }

    [[nodiscard]] const Subject &subject(int index) const { return m_subjects[size_t(index)]; }

    [[nodiscard]] int indexOf(const SubjectId &id) const { return m_index.value(id, -1); }

    /// Requests in the last 60 seconds before now (wall time).
    [[nodiscard]] int requestsPerMinute(int index, std::chrono::milliseconds now) const;

    /// The last 60 minutes, oldest first.
    [[nodiscard]] std::array<MinuteFigures, Minutes> history(
        int index, std::chrono::milliseconds now) const;

    /// The chain of limits that was seen with the subject, in the order of checking.
    [[nodiscard]] std::vector<ChainState> chain(int index, limits::Instant now) const;

    /// The link with the least remaining share; enforced limits before shadow ones. Index into
    /// chain, or -1. With `counts` only links of those units are looked at.
    [[nodiscard]] static int tightest(
        const std::vector<ChainState> &chain, bool (*counts)(Unit unit) = nullptr);

    /// The counter of a limit that is fullest now, for the Policies page; false if none is known.
    [[nodiscard]] bool fullest(QByteArrayView limit, limits::Instant now, ChainState *state) const;

    /// One counter as last reported; null if it is not known. Valid until the next batch.
    [[nodiscard]] const limits::CounterReading *reading(const CounterId &id) const;

    /// All counters of one limit as last reported.
    [[nodiscard]] QList<limits::CounterReading> counters(QByteArrayView limit) const;

private:
    struct Counter
    {
        limits::CounterReading reading;
        bool isKnown = false; ///< a reading has arrived, and its limit is still configured
    };

    void take(const limits::CounterReading &reading);
    int counterIndex(const CounterId &id);
    void fold(Subject &subject, const SubjectDelta &delta, std::chrono::milliseconds at);
    void forgetSurplus(Subject &subject) const;

    std::vector<Subject> m_subjects;
    QHash<SubjectId, int> m_index;
    std::vector<Counter> m_counters;
    QHash<CounterId, int> m_counterIndex;
    std::optional<QHash<QByteArray, limits::LimitPtr>> m_limits; ///< configured ones, once known
};

} // namespace sluice::insight
