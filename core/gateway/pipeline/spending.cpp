// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/spending.h"

#include "core/metering/prices/price.h"
#include "core/metering/tokens/inputestimate.h"

#include <algorithm>
#include <array>

namespace sluice::gateway {

using limits::Expected;
using metering::Charge;
using metering::Source;
using metering::TokenUsage;

namespace {

/// So long after the provider's own timeout a reservation is swept.
constexpr std::chrono::minutes Grace{1};

constexpr std::array<QByteArrayView, 3> TextPaths{"completions", "responses", "messages"};
constexpr std::array<QByteArrayView, 3> FreePaths{
    "messages/count_tokens", "responses/input_tokens", "moderations"};
constexpr QByteArrayView GeminiCount(":countTokens");

MicroAmount micro(qint64 tokens)
{
    return tokens * MicroPerUnit; // at most 10^12 tokens
}

bool isForOneOf(const Route &route, const auto &endpoints)
{
    return std::any_of(endpoints.begin(), endpoints.end(),
        [&route](QByteArrayView endpoint) { return route.isFor(endpoint); });
}

} // namespace

bool needsPrice(const Snapshot &snapshot, const limits::Subject &subject)
{
    if (snapshot.configuration().prices.allowsUnpriced)
        return false;
    return snapshot.limits()->countsMoney()
        || std::any_of(subject.policies.begin(), subject.policies.end(),
            [](const limits::Policy &policy) { return policy.unit == Unit::Cents; });
}

Spending::Meter Spending::meterOf(const Route &route, const Request &request)
{
    if (request.head.method != "POST" || isForOneOf(route, FreePaths)
        || route.rest.endsWith(GeminiCount))
        return Meter::Nothing;
    if (isForOneOf(route, TextPaths))
        return Meter::Text;
    return route.isFor("embeddings") ? Meter::Vectors : Meter::Unknown;
}

void Spending::expect(const Route &route, const BodyPeek &body, Request &request,
    const Choice &choice, const Snapshot &snapshot, metering::LearnedModels &learned,
    std::chrono::milliseconds at)
{
    m_meter = meterOf(route, request);
    m_estimate.deadline = choice.target->provider.timeout + Grace;
    m_estimate.allowsUnpriced = snapshot.configuration().prices.allowsUnpriced;
    m_isStream = body.isStream;
    m_provider = choice.target->provider.name;
    m_model = choice.model;
    m_name = m_provider + '/' + m_model;
    m_learned = &learned;
    m_family = metering::tokenFamilyOf(m_provider, m_model);
    if (m_meter != Meter::Nothing && body.isJsonObject) {
        m_countedInput = metering::estimateInput(request.body, m_family);
        estimateTokens(body, snapshot);
    }
    price(snapshot, choice, at);
}

void Spending::estimateTokens(const BodyPeek &body, const Snapshot &snapshot)
{
    m_expected.input = m_learned->correctedInput(m_name, m_countedInput);
    m_estimate.input.firm = micro(*m_expected.input);
    if (m_meter == Meter::Vectors) {
        m_expected.output = 0;
    } else if (body.maxOutputTokens) {
        m_expected.output = body.maxOutputTokens;
        m_estimate.output.firm = micro(*m_expected.output);
    } else {
        m_expected.output = m_learned->outputPercentile95(m_name).value_or(
            snapshot.configuration().estimatedOutputTokens);
        m_estimate.output.guess = micro(*m_expected.output);
    }
}

void Spending::price(const Snapshot &snapshot, const Choice &choice, std::chrono::milliseconds at)
{
    m_price = snapshot.priceOf(choice.target->provider, m_model, at);
    if (m_price == nullptr)
        return;
    // The guess comes on top of what is firm, and may lift the request into another tier.
    const bool isGuess = m_estimate.output.guess > 0;
    TokenUsage firm = m_expected;
    if (isGuess)
        firm.output = 0;
    const MicroAmount whole = metering::costOf(*m_price, m_expected);
    const MicroAmount least = metering::costOf(*m_price, firm);
    m_estimate.cents = Expected{least, whole - least};
}

void Spending::begin(int status, const Headers &headers)
{
    m_isError = status >= 300;
    m_hasBytes = false;
    m_isStream = headerValue(headers, "content-type").startsWith("text/event-stream");
    // A coded answer cannot be read along; the gateway asks for none.
    const QByteArray coding = headerValue(headers, "content-encoding");
    if (m_meter == Meter::Nothing || (!coding.isEmpty() && coding != "identity"))
        return;
    m_reader.emplace(
        m_isStream ? metering::UsageReader::Form::EventStream : metering::UsageReader::Form::Json,
        m_family);
}

Spending::Settlement Spending::settle(AnswerEnd end)
{
    Settlement result;
    result.consumption = limits::Consumption::nothing();
    result.charge = chargeOf(end);
    if (m_price != nullptr && !result.charge.isEmpty())
        result.charge.cost = metering::costOf(*m_price, result.charge.tokens);
    limits::Consumption &consumption = result.consumption;
    consumption.provider = m_provider;
    consumption.model = m_model;
    const Charge &charge = result.charge;
    if (charge.tokens.input)
        consumption.input = micro(*charge.tokens.input);
    if (charge.tokens.output)
        consumption.output = micro(*charge.tokens.output);
    if (charge.cost)
        consumption.cents = *charge.cost;
    if (charge.outputSource == Source::Estimated)
        consumption.output = consumption.cents = std::nullopt;
    return result;
}

Charge Spending::chargeOf(AnswerEnd end)
{
    if (m_meter == Meter::Nothing || end == AnswerEnd::NeverSent || end == AnswerEnd::Unanswered)
        return {};
    Charge charge;
    if (m_reader)
        charge.tokens = m_reader->finish();
    learn(charge.tokens, end);
    const bool isReported = !charge.tokens.isEmpty();
    // Nothing is known of a body that is not JSON, and an error costs what it reports.
    if (!isReported && (m_isError || !m_expected.input))
        return {};
    if (!charge.tokens.input) {
        charge.tokens.input = m_expected.input;
        charge.inputSource = Source::Counted;
    }
    if (!charge.tokens.output)
        completeOutput(charge, end);
    return charge;
}

/// The output that nobody has reported.
void Spending::completeOutput(Charge &charge, AnswerEnd end) const
{
    const bool isReadable = m_reader ? m_reader->isReadable() : !m_hasBytes;
    const bool isKnown = m_meter != Meter::Unknown || !m_hasBytes;
    const bool isCounted = isReadable && isKnown && (m_isStream || end == AnswerEnd::Complete);
    if (!isCounted) {
        charge.tokens.output = m_expected.output;
        charge.outputSource = Source::Estimated;
        return;
    }
    const qint64 counted = m_reader ? m_reader->countedOutput() : 0;
    // What has been learned may raise the estimator's own count, never lower it.
    charge.tokens.output = std::max(m_learned->correctedOutput(m_name, counted), counted);
    charge.outputSource = Source::Counted;
}

void Spending::learn(const TokenUsage &reported, AnswerEnd end) const
{
    if (end != AnswerEnd::Complete || m_isError || !reported.input || !m_expected.input)
        return;
    metering::LearnedModels::Sample sample;
    sample.estimatedInput = m_countedInput;
    sample.reportedInput = reported.input;
    sample.reportedOutput = reported.output;
    if (reported.output && m_meter == Meter::Text) {
        sample.countedOutput = m_reader->countedOutput();
        sample.visibleOutput = *reported.output - reported.reasoning.value_or(0);
    }
    m_learned->learn(m_name, sample);
}

} // namespace sluice::gateway
