// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/spent.h"

#include <algorithm>
#include <limits>

namespace sluice::insight {

namespace {

void addTo(qint64 &sum, qint64 number)
{
    if (__builtin_add_overflow(sum, std::max<qint64>(number, 0), &sum))
        sum = std::numeric_limits<qint64>::max();
}

} // namespace

void Spent::add(const RequestRecord &record)
{
    errors += isError(record) ? 1 : 0;
    turnedAway += record.decision.verdict == limits::Verdict::Unpriced ? 1 : 0;
    const metering::Charge &charge = record.charge;
    if (charge.isEmpty())
        return;
    addTo(input, charge.tokens.input.value_or(0));
    addTo(cachedInput, charge.tokens.cachedInput.value_or(0));
    addTo(output, charge.tokens.output.value_or(0));
    addTo(cost, charge.cost.value_or(0));
    ++charged;
    unpriced += charge.isUnpriced() ? 1 : 0;
    estimated += charge.isEstimate() ? 1 : 0;
}

void Spent::add(const Spent &other)
{
    addTo(input, other.input);
    addTo(cachedInput, other.cachedInput);
    addTo(output, other.output);
    addTo(cost, other.cost);
    charged += other.charged;
    unpriced += other.unpriced;
    turnedAway += other.turnedAway;
    estimated += other.estimated;
    errors += other.errors;
}

qint64 Spent::tokens() const
{
    qint64 sum = input;
    addTo(sum, output);
    return sum;
}

bool isError(const RequestRecord &record)
{
    if (record.outcome == Outcome::UpstreamFailed)
        return true;
    return record.outcome == Outcome::Completed && record.status >= 400;
}

} // namespace sluice::insight
