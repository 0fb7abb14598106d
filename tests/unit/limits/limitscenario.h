// SPDX-License-Identifier: GPL-3.0-or-later
// Random but repeatable traffic for the limit engine: limits of every kind and their edits, who
// asks for what, what it used in the end, and clocks that are set.
#pragma once

#include "limitsetup.h"

#include <QRandomGenerator>

namespace sluice::test {

class LimitScenario
{
public:
    explicit LimitScenario(quint32 seed);

    /// Changes something about one limit.
    std::shared_ptr<const LimitSet> edited();

    /// All limits, also those that are deleted for now.
    std::shared_ptr<const LimitSet> complete();

    /// Gives one limit another name, with the next complete() or edited().
    Rename rename();

    /// A later instant; now and then the wall clock is set by an hour, forth and back.
    Instant later(Instant now);

    Subject request();
    Estimate estimate();
    Consumption consumption(const Estimate &estimate);
    Operations operations(EngineTime now);

    /// A limit of the file and a value that it may have counters for.
    std::pair<QByteArray, QByteArray> counter();

    bool chance(int oneIn) { return m_random.bounded(oneIn) == 0; }

    int below(int end) { return m_random.bounded(end); }

private:
    void addLimits();
    void addPolicies();
    void changeAmounts(config::LimitRule &rule);
    void changeOverrides(config::LimitRule &rule);
    void changeMatch(config::LimitRule &rule);
    QByteArray valueFor(SegmentKind kind);
    MicroAmount amount(int most);
    nanoseconds period();
    Policy policy();
    std::vector<Candidate> candidates();

    QRandomGenerator m_random;
    config::Configuration m_configuration;
    std::vector<config::LimitRule> m_rules; ///< those deleted for now included
    qint64 m_wallOffset = 0;
};

} // namespace sluice::test
