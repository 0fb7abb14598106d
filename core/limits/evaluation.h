// SPDX-License-Identifier: GPL-3.0-or-later
// One request looked at by all limits that apply to it, without charging anything. Lives for one
// decision of one Engine; refers to the subject and to the engine's tables.
#pragma once

#include "core/limits/answer.h"
#include "core/limits/countertable.h"
#include "core/limits/decision.h"
#include "core/limits/limitregistry.h"

#include <QVarLengthArray>

namespace sluice::limits {

/// How badly a limit refuses, in order of precedence.
enum class Refusal : quint8 { None, Wait, NoRoom, NeverFits, MissingSegment };

/// What the engine knows of one link of the chain; it has the same index there.
struct Step
{
    CounterKey key;
    quint32 terms = LimitRegistry::None; ///< what a charge is counted in
    quint32 counter = CounterTable::None; ///< None = not there yet
    bool isLocated = false; ///< the key is whole: its counter may be there
    int twin = -1; ///< an earlier step with the same counter, which is charged in its place
    bool counts = false; ///< false: skipped, or refused before it came to counting
    Refusal refusal = Refusal::None;
    GcraState bucket; ///< GCRA: as it stands now
    const WindowState *stored = nullptr; ///< sliding window: as the table has it; null = empty
    std::optional<WindowState> renewed; ///< `stored` with edits replayed, if there were any

    [[nodiscard]] const WindowState &window() const;

    /// True if the counter itself has to be charged when the request is admitted.
    [[nodiscard]] bool isCharged() const { return counts && twin < 0 && refusal == Refusal::None; }
};

class Evaluation final
{
public:
    /// Looks at all limits that apply, first to last, whatever the earlier ones say.
    Evaluation(const LimitRegistry &registry, const CounterTable &counters, EngineTime now,
        const LimitSet &limits, const Subject &subject);

    /// Reads the figures of all links, once it is settled whether their counters are charged; if
    /// the request is admitted, the link with the least remaining share becomes the binding one.
    void finish();

    [[nodiscard]] size_t size() const { return decision.chain.size(); }

    [[nodiscard]] Step &step(size_t index) { return m_steps[static_cast<qsizetype>(index)]; }

    [[nodiscard]] const Limit &limit(size_t index) const { return *decision.chain[index].limit; }

    Decision decision;

private:
    void addPolicy(const Policy &policy, const config::PolicyHeader &header);
    void add(const LimitPtr &limit, quint32 terms);
    void locate(Step &step, const Limit &limit, const QByteArray &owner);
    void examine(size_t index);
    void load(Step &step, const Limit &limit) const;
    void findTwin(size_t index);
    void checkRoom(LimitMode mode, qint64 &room);
    void conclude();
    void bindTightest();

    const LimitRegistry &m_registry;
    const CounterTable &m_counters;
    EngineTime m_now;
    const Subject &m_subject;
    QVarLengthArray<Step, 12> m_steps;
};

} // namespace sluice::limits
