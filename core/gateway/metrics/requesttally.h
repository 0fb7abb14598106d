// SPDX-License-Identifier: GPL-3.0-or-later
// What the requests that have ended come to, for metrics: a few sums, nothing of anybody. A value;
// each gateway thread has one.
#pragma once

#include "core/gateway/metrics/durationhistogram.h"
#include "core/insight/requestrecord.h"

#include <array>
#include <map>

namespace sluice::gateway {

class RequestTally final
{
public:
    static constexpr size_t Outcomes = 6; ///< insight::Outcome
    static constexpr size_t Verdicts = 9; ///< limits::Verdict

    /// By the provider that was chosen.
    struct Provider
    {
        quint64 errors = 0; ///< insight::isError()
        quint64 input = 0; ///< tokens
        quint64 output = 0; ///< tokens
        quint64 cost = 0; ///< micro-cents, of what has a price
    };

    RequestTally();

    /// Adds a request that has ended; one that still streams is not counted yet.
    void add(const insight::RequestRecord &record);
    void add(const RequestTally &other);

    std::array<quint64, Outcomes> outcomes{};
    std::array<quint64, Verdicts> refusals{}; ///< Admitted stays 0
    DurationHistogram duration; ///< arrival to the last byte, of all
    DurationHistogram overhead; ///< the gateway's own share, of those that asked a provider
    std::map<QByteArray, Provider> providers; ///< by name: as many as the configuration has
};

} // namespace sluice::gateway
