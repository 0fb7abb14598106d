// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/metrics/requesttally.h"

#include "core/insight/spent.h"

namespace sluice::gateway {

using std::chrono::microseconds;
using namespace std::chrono_literals;

namespace {

constexpr std::array<microseconds, 15> DurationBounds{
    5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s, 30s, 60s, 120s, 300s};

constexpr std::array<microseconds, 12> OverheadBounds{
    50us, 100us, 250us, 500us, 1ms, 2500us, 5ms, 10ms, 25ms, 50ms, 100ms, 1s};

quint64 natural(std::optional<qint64> figure)
{
    return static_cast<quint64>(std::max<qint64>(figure.value_or(0), 0));
}

} // namespace

RequestTally::RequestTally() : duration(DurationBounds), overhead(OverheadBounds) { }

void RequestTally::add(const insight::RequestRecord &record)
{
    if (record.outcome == insight::Outcome::Streaming)
        return;
    ++outcomes.at(static_cast<size_t>(record.outcome));
    if (record.decision.verdict != limits::Verdict::Admitted)
        ++refusals.at(static_cast<size_t>(record.decision.verdict));
    duration.add(record.duration);
    // Who was turned away may have chosen a provider, and has not asked it.
    if (record.provider.isEmpty() || record.outcome == insight::Outcome::Refused
        || record.outcome == insight::Outcome::Rejected)
        return;
    overhead.add(record.overhead);
    Provider &provider = providers[record.provider];
    provider.errors += insight::isError(record) ? 1 : 0;
    provider.input += natural(record.charge.tokens.input);
    provider.output += natural(record.charge.tokens.output);
    provider.cost += natural(record.charge.cost);
}

void RequestTally::add(const RequestTally &other)
{
    for (size_t i = 0; i < Outcomes; ++i)
        outcomes[i] += other.outcomes[i];
    for (size_t i = 0; i < Verdicts; ++i)
        refusals[i] += other.refusals[i];
    duration.add(other.duration);
    overhead.add(other.overhead);
    for (const auto &[name, more] : other.providers) {
        Provider &provider = providers[name];
        provider.errors += more.errors;
        provider.input += more.input;
        provider.output += more.output;
        provider.cost += more.cost;
    }
}

} // namespace sluice::gateway
