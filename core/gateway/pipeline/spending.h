// SPDX-License-Identifier: GPL-3.0-or-later
// What a request is expected to use before it is sent, and what it turned out to use: between the
// figures of metering and the amounts of limits (spec: limits, "Reservations"; metering). There is
// one settlement for plain, streamed, failed and abandoned requests. One exchange, one gateway
// thread; owned by it.
#pragma once

#include "core/gateway/pipeline/forwarding.h"
#include "core/limits/estimate.h"
#include "core/metering/charge.h"
#include "core/metering/tokens/learnedmodels.h"
#include "core/metering/usage/usagereader.h"

namespace sluice::gateway {

/// Whether the provider must have a price, because a limit in money refuses what has none.
bool needsPrice(const Snapshot &snapshot, const limits::Subject &subject);

/// How an answer ended.
enum class AnswerEnd : quint8 {
    Complete,
    NeverSent, ///< no provider has had the whole request: nothing was used
    Unanswered, ///< the provider failed instead of answering: nothing was used
    Broken, ///< by the provider, in the middle, or it took too long
    Abandoned, ///< by the client, or because the gateway stops
};

class Spending
{
public:
    /// Estimates; the request's body may get more capacity. learned and the snapshot must
    /// outlive this; at: wall time of the request, for prices that change.
    void expect(const Route &route, const BodyPeek &body, Request &request, const Choice &choice,
        const Snapshot &snapshot, metering::LearnedModels &learned, std::chrono::milliseconds at);

    [[nodiscard]] const limits::Estimate &estimate() const { return m_estimate; }

    /// The provider has begun to answer, perhaps another time; from here on the answer is read
    /// along.
    void begin(int status, const Headers &headers);

    /// Whether the answer is a stream of events that can be read along.
    [[nodiscard]] bool readsStream() const { return m_reader && m_isStream; }

    void feed(QByteArrayView chunk)
    {
        m_hasBytes = m_hasBytes || !chunk.isEmpty();
        if (m_reader)
            m_reader->feed(chunk);
    }

    struct Settlement
    {
        metering::Charge charge;
        limits::Consumption consumption; ///< absent amounts: the reservation stands
    };

    /// What the request used. To be called once.
    [[nodiscard]] Settlement settle(AnswerEnd end);

private:
    /// What is known of a path.
    enum class Meter : quint8 {
        Nothing, ///< costs nothing, or nothing that is counted in tokens
        Text, ///< answers with text that can be counted
        Vectors, ///< answers without text
        Unknown, ///< what the provider reports is taken; without a report the estimate stands
    };

    static Meter meterOf(const Route &route, const Request &request);
    void estimateTokens(const BodyPeek &body, const Snapshot &snapshot);
    void price(const Snapshot &snapshot, const Choice &choice, std::chrono::milliseconds at);
    [[nodiscard]] metering::Charge chargeOf(AnswerEnd end);
    void completeOutput(metering::Charge &charge, AnswerEnd end) const;
    void learn(const metering::TokenUsage &reported, AnswerEnd end) const;

    limits::Estimate m_estimate;
    QByteArray m_provider;
    QByteArray m_model;
    QByteArray m_name; ///< "provider/model"
    metering::LearnedModels *m_learned = nullptr;
    const config::ModelPrice *m_price = nullptr; ///< of the snapshot; null: unpriced
    std::optional<metering::UsageReader> m_reader;
    metering::TokenUsage m_expected; ///< input and output, as far as they are known
    qint64 m_countedInput = 0; ///< tokens in the request's text, by the estimator alone
    Meter m_meter = Meter::Nothing;
    metering::TokenFamily m_family = metering::TokenFamily::Other;
    bool m_isStream = false; ///< as asked, then as answered
    bool m_isError = false; ///< the provider's status is no success
    bool m_hasBytes = false;
};

} // namespace sluice::gateway
