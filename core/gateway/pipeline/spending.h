// SPDX-License-Identifier: GPL-3.0-or-later
// What a request is expected to use before it is sent, and what it turned out to use: between the
// figures of metering and the amounts of limits (spec: limits, "Reservations"). One exchange, one
// gateway thread; owned by it.
#pragma once

#include "core/gateway/pipeline/forwarding.h"
#include "core/limits/estimate.h"
#include "core/metering/usagereader.h"

namespace sluice::gateway {

/// Whether any limit that may concern the request counts tokens or money. If not, estimating and
/// reading along would be wasted.
bool countsTokens(const limits::LimitSet &limits, const limits::Subject &subject);

/// Whether the provider must have a price, because a limit in money refuses what has none.
bool needsPrice(const Snapshot &snapshot, const limits::Subject &subject);

class Spending
{
public:
    /// Estimates; `bytes` is the request's body, whose capacity may grow, wallTime when it began. The
    /// snapshot must outlive this.
    void expect(const Route &route, const BodyPeek &body, QByteArray &bytes, const Choice &choice,
        const Snapshot &snapshot, std::chrono::milliseconds wallTime);

    /// The expectation; without expect() only the deadline is set, for `timeout` of the provider.
    [[nodiscard]] const limits::Estimate &estimate() const { return m_estimate; }

    void setDeadline(std::chrono::milliseconds timeout);

    /// The provider has begun to answer; from here on the answer is read along.
    void begin(int status, const Headers &headers);

    void feed(QByteArrayView chunk)
    {
        m_hasBytes = true;
        if (m_reader)
            m_reader->feed(chunk);
    }

    /// How the answer ended.
    enum class End : quint8 {
        Complete,
        NeverBegan, ///< no provider answered: nothing was used
        Broken, ///< by the provider, in the middle
        Abandoned, ///< by the client
    };

    /// What the request used. What nobody reported is absent: the reservation stands.
    [[nodiscard]] limits::Consumption consumption(End end);

private:
    [[nodiscard]] MicroAmount costOf(const metering::TokenUsage &usage) const;

    limits::Estimate m_estimate;
    QByteArray m_provider;
    QByteArray m_model;
    const config::ModelPrice *m_price = nullptr; ///< of the snapshot; null: unpriced
    std::optional<metering::UsageReader> m_reader;
    bool m_isMetered = false; ///< expect() was called
    bool m_isStream = false;
    bool m_isError = false; ///< the provider's status
    bool m_hasBytes = false;
};

} // namespace sluice::gateway
