// SPDX-License-Identifier: GPL-3.0-or-later
// One request looked at by all limits that apply to it, without charging anything. Lives for one
// decision of one Engine; refers to the subject and to the engine's tables.
#pragma once

#include "core/limits/counterbook.h"
#include "core/limits/decision.h"
#include "core/limits/operationindex.h"
#include "core/limits/storeview.h"

#include <QVarLengthArray>

namespace sluice::limits {

/// How badly a limit refuses, in order of precedence (spec: limits, "One decision").
enum class Refusal : quint8 {
    None,
    Slots,
    Wait,
    NoRoom,
    StoreDown,
    Unpriced,
    NeverFits,
    MissingSegment
};

/// Where the state of a step comes from.
enum class Origin : quint8 {
    Engine, ///< its own counter, or what it has seen last of a shared store's
    Unasked, ///< a shared store that will be asked
    Store, ///< a shared store's answer
    Nowhere, ///< its store is down: uncounted, or refused
};

/// What the engine knows of one link of the chain; it has the same index there.
struct Step : Standing
{
    bool isLocated = false; ///< the key is whole: its counter may be there
    int twin = -1; ///< an earlier step with the same counter, which is charged in its place
    const QByteArray *owner = nullptr; ///< of the counter; lies in the subject
    bool counts = false; ///< false: skipped, or refused before it came to counting
    Refusal refusal = Refusal::None;
    Origin origin = Origin::Engine;
    const StoreReading *reading = nullptr; ///< for Origin::Store
    Instant now; ///< by the clock of whoever counts
    Expected expected; ///< of the limit's unit
    const Raise *raise = nullptr; ///< in force

    /// True if the engine's counter itself has to be charged when the request is admitted.
    [[nodiscard]] bool isCharged() const
    {
        return counts && twin < 0 && refusal == Refusal::None && origin == Origin::Engine;
    }
};

/// Everything that one request brings to a decision.
struct Question
{
    Instant now;
    const LimitSet &limits;
    const Subject &subject;
    const Estimate &estimate;
    const StoreView *stores = nullptr; ///< null: everything counts in memory
};

/// What a step counts in, raises included.
Rate rateOf(const Step &step, const Limit &limit);

/// Whether a charge has to be settled. Requests are settled at admission, unless it may turn out
/// that the limit does not concern the provider that serves them.
bool needsSettling(const Limit &limit, const Subject &subject);

class Evaluation final
{
public:
    /// Looks at all limits that apply, first to last, whatever the earlier ones say.
    Evaluation(const CounterBook &book, const OperationIndex &operations, const Question &question);

    /// What shared stores have to be asked for an answer, one question for each; names everything
    /// the reservation. To be called on a decision that admits.
    [[nodiscard]] std::vector<StoreQuestion> questions(const QByteArray &reservation) const;

    /// Whether more than one of engine and stores has to agree.
    [[nodiscard]] bool isMixed() const;

    /// Reads the figures of all links, once it is settled whether their counters are charged; if
    /// the request is admitted, the link with the least remaining share becomes the binding one.
    void finish();

    [[nodiscard]] size_t size() const { return decision.chain.size(); }

    [[nodiscard]] Step &step(size_t index) { return m_steps[static_cast<qsizetype>(index)]; }

    [[nodiscard]] const Limit &limit(size_t index) const { return *decision.chain[index].limit; }

    Decision decision;

private:
    void addPolicy(const Policy &policy);
    void add(const LimitPtr &limit, quint32 terms);
    void locate(Step &step, const Limit &limit, const QByteArray &owner);
    void findOrigin(size_t index);
    static void takeAnswer(Step &step);
    static void shareAnswer(Step &step, const Step &first);
    [[nodiscard]] Rate chargedRate(size_t index) const;
    [[nodiscard]] StoreStep storeStep(size_t index) const;
    void examine(size_t index);
    bool findCost(size_t index);
    void judge(size_t index);
    [[nodiscard]] Answer ask(const Step &step, const Limit &limit, MicroAmount cost) const;
    [[nodiscard]] Answer askAt(
        const Step &step, const Limit &limit, const Rate &rate, MicroAmount cost) const;
    [[nodiscard]] Answer askCalendar(
        const Step &step, MicroAmount capacity, MicroAmount cost) const;
    [[nodiscard]] Usage usageOf(const Step &step, const Limit &limit) const;
    void findTwin(size_t index);
    void lowerCost(size_t first, size_t end, MicroAmount cost);
    void checkRoom(LimitMode mode, qint64 &room);
    void conclude();
    [[nodiscard]] nanoseconds longestWait(nanoseconds wait) const;
    [[nodiscard]] nanoseconds waitLater(size_t index, nanoseconds wait) const;
    [[nodiscard]] nanoseconds nextPeriodWait(
        const Step &step, MicroAmount capacity, nanoseconds wait) const;
    void bindTightest();

    const CounterBook &m_book;
    const OperationIndex &m_operations;
    const Question m_question;
    QVarLengthArray<Step, 12> m_steps;
};

} // namespace sluice::limits
