// SPDX-License-Identifier: GPL-3.0-or-later
// The usage members of one JSON document, in the names that the providers give them. Pure, any
// thread (parsers are per thread).
#pragma once

#include "core/metering/tokenusage.h"

#include <QByteArray>

namespace sluice::metering {

/// What has been read so far. A later document replaces the members that it has, so that the
/// figures of a stream are put together: Anthropic sends the input first and the output last.
struct UsageFields
{
    std::optional<qint64> prompt; ///< OpenAI's prompt_tokens: with the cached ones
    std::optional<qint64> completion; ///< completion_tokens
    std::optional<qint64> total; ///< total_tokens
    std::optional<qint64> input; ///< input_tokens of OpenAI (with the cached ones) or Anthropic
    std::optional<qint64> output; ///< output_tokens
    std::optional<qint64> cachedDetail; ///< cached_tokens: part of prompt and input
    std::optional<qint64> cacheRead; ///< Anthropic's: beside its input
    std::optional<qint64> cacheCreation; ///< Anthropic's: beside its input

    /// The figures in one convention. A total alone is input: so do embeddings.
    [[nodiscard]] TokenUsage usage() const;
};

/// Reads `usage`, `message.usage` and `response.usage` of a JSON object. Members that are no whole
/// number from 0 to 10^12 and texts that are not JSON change nothing. May enlarge the array's
/// capacity (not its content) for the parser's padding.
void readUsageFields(QByteArray &json, UsageFields &fields);

/// False if readUsageFields() would find nothing; costs a fraction of it.
bool mayHaveUsage(QByteArrayView json);

} // namespace sluice::metering
