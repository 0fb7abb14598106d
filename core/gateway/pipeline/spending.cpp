// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/spending.h"

#include "core/metering/inputestimate.h"
#include "core/metering/price.h"

#include <algorithm>

namespace sluice::gateway {

using limits::Consumption;
using limits::Expected;
using metering::TokenUsage;

namespace {

/// So long after the provider's own timeout a reservation is swept.
constexpr std::chrono::minutes Grace{1};

bool isTokens(Unit unit)
{
    return unit != Unit::Request && unit != Unit::ConcurrentRequest;
}

MicroAmount micro(qint64 tokens)
{
    return tokens * MicroPerUnit; // at most 10^12 tokens
}

/// Embeddings answer with numbers, not with text.
bool answersWithText(const Route &route)
{
    return !route.endpoint.startsWith("embeddings") && !route.rest.endsWith("/embeddings");
}

} // namespace

bool countsTokens(const limits::LimitSet &limits, const limits::Subject &subject)
{
    return limits.countsTokens()
        || std::any_of(subject.policies.begin(), subject.policies.end(),
            [](const limits::Policy &policy) { return isTokens(policy.unit); });
}

bool needsPrice(const Snapshot &snapshot, const limits::Subject &subject)
{
    if (snapshot.configuration().prices.allowsUnpriced)
        return false;
    return snapshot.limits()->countsMoney()
        || std::any_of(subject.policies.begin(), subject.policies.end(),
            [](const limits::Policy &policy) { return policy.unit == Unit::Cents; });
}

void Spending::setDeadline(std::chrono::milliseconds timeout)
{
    m_estimate.deadline = timeout + Grace;
}

void Spending::expect(const Route &route, const BodyPeek &body, QByteArray &bytes,
    const Choice &choice, const Snapshot &snapshot, std::chrono::milliseconds wallTime)
{
    const config::Configuration &values = snapshot.configuration();
    m_isMetered = true;
    m_provider = choice.target->provider.name;
    m_model = choice.model;
    TokenUsage firm;
    TokenUsage guess;
    if (body.isJsonObject) {
        firm.input = metering::estimateInput(bytes, metering::tokenFamilyOf(m_provider, m_model));
        firm.output = body.maxOutputTokens.value_or(0);
        if (!body.maxOutputTokens && answersWithText(route))
            guess.output = values.estimatedOutputTokens;
    }
    m_estimate.input.firm = micro(firm.input.value_or(0));
    m_estimate.output = {micro(firm.output.value_or(0)), micro(guess.output.value_or(0))};
    m_estimate.allowsUnpriced = values.prices.allowsUnpriced;
    m_price = snapshot.priceOf(choice.target->provider, m_model, wallTime);
    if (m_price)
        m_estimate.cents =
            Expected{metering::costOf(*m_price, firm), metering::costOf(*m_price, guess)};
}

void Spending::begin(int status, const Headers &headers)
{
    m_isError = status >= 400;
    m_isStream = headerValue(headers, "content-type").startsWith("text/event-stream");
    // A coded answer cannot be read along; the gateway asks for none.
    const QByteArray coding = headerValue(headers, "content-encoding");
    if (!m_isMetered || (!coding.isEmpty() && coding != "identity"))
        return;
    m_reader.emplace(
        m_isStream ? metering::UsageReader::Form::EventStream : metering::UsageReader::Form::Json);
}

Consumption Spending::consumption(End end)
{
    Consumption result;
    if (end == End::NeverBegan)
        result = Consumption::nothing();
    result.provider = m_provider;
    result.model = m_model;
    if (!m_isMetered || end == End::NeverBegan)
        return result;
    const TokenUsage usage = m_reader ? m_reader->finish() : TokenUsage();
    if (usage.isEmpty() && m_isError) {
        result.input = result.output = result.cents = 0;
        return result;
    }
    if (usage.input)
        result.input = micro(*usage.input);
    if (usage.output)
        result.output = micro(*usage.output);
    else if (m_isStream && !m_hasBytes)
        result.output = 0; // the provider had sent nothing yet
    if (result.input || result.output)
        result.cents = costOf(usage);
    return result;
}

/// What was not reported is taken as it was expected.
MicroAmount Spending::costOf(const TokenUsage &usage) const
{
    if (!m_price)
        return 0;
    TokenUsage whole = usage;
    const auto tokens = [](const Expected &expected) {
        return (expected.firm + expected.guess) / MicroPerUnit;
    };
    if (!whole.input)
        whole.input = tokens(m_estimate.input);
    if (!whole.output)
        whole.output = m_isStream && !m_hasBytes ? 0 : tokens(m_estimate.output);
    return metering::costOf(*m_price, whole);
}

} // namespace sluice::gateway
