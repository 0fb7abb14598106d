// SPDX-License-Identifier: GPL-3.0-or-later
// Small configurations and subjects for the tests of the limit engine.
#pragma once

#include "core/limits/engine.h"

namespace sluice::test {

using namespace sluice::limits;
using namespace std::chrono_literals;

inline constexpr EngineTime Start{1'700'000'000'000'000'000};

inline config::LimitRule rule(const QByteArray &name, SegmentKind kind, qint64 requests,
    nanoseconds refill, LimitScope scope = LimitScope::Global)
{
    config::LimitRule result;
    result.name = name;
    result.scope = scope;
    result.segment.kind = kind;
    result.capacity = requests * MicroPerUnit;
    result.refill = refill;
    return result;
}

inline std::shared_ptr<const LimitSet> compile(const std::vector<config::LimitRule> &rules)
{
    config::Configuration configuration;
    configuration.limits = rules;
    return LimitSet::compile(configuration);
}

inline std::shared_ptr<const LimitSet> bucketPolicies(bool share = false)
{
    config::Configuration configuration;
    configuration.policyHeader.algorithm = config::PolicyHeader::Algorithm::TokenBucket;
    configuration.policyHeader.shareMissingSegment = share;
    return LimitSet::compile(configuration);
}

inline Subject subject(const QByteArray &apiKey, const QByteArray &endUser = {})
{
    Subject result;
    result.apiKey = apiKey;
    result.endUser = endUser;
    return result;
}

inline Subject withPolicy(Subject subject, QByteArrayView header)
{
    subject.policies = std::get<std::vector<Policy>>(config::parsePolicies(header));
    return subject;
}

/// All live counters.
inline std::vector<CounterReading> readings(const Engine &engine, Instant now = Start)
{
    quint32 from = 0;
    return engine.readings(now, from, 1'000'000);
}

/// What has changed since this was asked last.
inline std::vector<CounterReading> changes(Engine &engine, Instant now = Start)
{
    return engine.takeChanges(now, 1'000'000);
}

/// How many of `attempts` requests at one instant pass.
inline int admitted(Engine &engine, EngineTime now, const LimitSet &limits, const Subject &subject,
    int attempts = 1'000)
{
    int count = 0;
    for (int i = 0; i < attempts; ++i)
        count += engine.reserve(now, limits, subject).isAdmitted() ? 1 : 0;
    return count;
}

} // namespace sluice::test
