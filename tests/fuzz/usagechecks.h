// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every usage that is read from an answer, whatever its bytes. One thread.
#pragma once

#include "core/metering/prices/price.h"
#include "core/metering/usage/usagereader.h"
#include "tests/fuzz/fuzzinput.h"

namespace sluice::test {

using metering::TokenUsage;
using metering::UsageReader;

/// Reads a whole answer that arrives in chunks of 1 to max bytes; 0: at once.
inline TokenUsage readUsage(UsageReader::Form form, QByteArrayView bytes, qsizetype max = 0)
{
    UsageReader reader(form);
    if (max == 0)
        reader.feed(bytes);
    else
        forChunks(bytes, max, [&reader](QByteArrayView chunk) { reader.feed(chunk); });
    const TokenUsage usage = reader.finish();
    promise(reader.finish() == usage && reader.usage() == usage, "the end may be told twice");
    return usage;
}

/// What one figure of a provider may be.
constexpr qint64 MaxCount = 1'000'000'000'000;

inline void checkFigures(const TokenUsage &usage)
{
    const auto isCount = [](const std::optional<qint64> &count, qint64 max = MaxCount) {
        return !count || (*count >= 0 && *count <= max);
    };
    // Anthropic's three kinds of input are added up.
    promise(isCount(usage.input, 3 * MaxCount), "input is a count");
    promise(isCount(usage.cachedInput), "cached input is a count");
    promise(isCount(usage.cacheWrite), "cache writes are a count");
    promise(isCount(usage.cacheWrite1h), "cache writes for an hour are a count");
    promise(isCount(usage.output), "output is a count");
    promise(isCount(usage.reasoning), "reasoning is a count");
    config::ModelPrice dear;
    dear.rates = {MaxCount, MaxCount, MaxCount, MaxCount, MaxCount, MaxCount};
    promise(metering::costOf(dear, usage) >= 0, "a cost is not negative");
}

} // namespace sluice::test
