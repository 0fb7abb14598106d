// SPDX-License-Identifier: GPL-3.0-or-later
// The limit engine by its definitions, slowly: keys are maps, every limit is asked one by one, and
// what a request would get at another instant is found by asking again. Shares no code with the
// engine but the plain values.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/estimate.h"
#include "core/limits/limitset.h"
#include "modelcounter.h"

#include <map>
#include <tuple>

namespace sluice::test {

class LimitModel
{
public:
    struct Link
    {
        LimitPtr limit;
        QByteArray value;
        LinkVerdict verdict = LinkVerdict::Passes;
        Verdict refusal = Verdict::Admitted; ///< what the link alone would answer
        MicroAmount cost = 0;
        MicroAmount used = 0;
        MicroAmount reserved = 0;
        MicroAmount remaining = 0;
        MicroAmount capacity = 0;
    };

    struct Outcome
    {
        Verdict verdict = Verdict::Admitted;
        std::vector<Link> links;
        int binding = -1; ///< of an admission
        quint64 id = 0; ///< of the reservation
    };

    using Key = std::tuple<QByteArray, QByteArray, QByteArray>; ///< identity, owner, value
    using Removed = std::vector<std::pair<Key, ModelCounter>>;

    void apply(Instant now, const std::shared_ptr<const LimitSet> &limits);

    void setOperations(const Operations &operations) { m_operations = operations; }

    /// What a request gets, without charging it.
    [[nodiscard]] Outcome ask(Instant now, const Subject &subject, const Estimate &estimate) const;

    Outcome decide(Instant now, const Subject &subject, const Estimate &estimate);

    void settle(Instant now, quint64 id, const Consumption &consumption);

    /// Settles at the estimate what has passed its deadline.
    void sweep(Instant now);

    Removed reset(Instant now, const QByteArray &limit, const QByteArray &value);
    void restore(Instant now, const Removed &removed);

    [[nodiscard]] size_t openCount() const { return m_open.size(); }

private:
    struct Open
    {
        Estimate estimate;
        Subject subject;
        EngineTime deadline;
        std::vector<std::pair<Key, LimitPtr>> holds;
    };

    [[nodiscard]] std::vector<LimitPtr> chainFor(const Subject &subject) const;
    [[nodiscard]] Link judge(
        Instant now, const LimitPtr &limit, const Subject &subject, const Estimate &estimate) const;
    void judgeCost(Instant now, Link &link, const Key &key) const;
    [[nodiscard]] bool helpsInTime(Instant now, Link link, const Key &key) const;
    void shareTwins(Instant now, std::vector<Link> &links, const Subject &subject) const;
    [[nodiscard]] MicroAmount extraOf(const Link &link, Instant now) const;
    [[nodiscard]] bool isBlocked(Instant now, const Subject &subject) const;
    void read(Instant now, Link &link, const Key &key) const;
    void charge(Instant now, const Subject &subject, const Estimate &estimate, Outcome &outcome);
    static int bindingOf(const std::vector<Link> &links);

    std::shared_ptr<const LimitSet> m_limits;
    Operations m_operations;
    std::map<Key, ModelCounter> m_counters;
    std::map<quint64, Open> m_open;
    quint64 m_lastId = 0;
};

} // namespace sluice::test
