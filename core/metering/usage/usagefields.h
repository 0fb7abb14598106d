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
    using Count = std::optional<qint64>;

    Count prompt; ///< OpenAI's prompt_tokens: with the cached ones
    Count completion; ///< completion_tokens
    Count total; ///< total_tokens
    Count input; ///< input_tokens of OpenAI (with the cached ones) or Anthropic
    Count output; ///< output_tokens
    Count cachedDetail; ///< cached_tokens and its like: part of prompt and input
    Count cacheRead; ///< Anthropic's: beside its input
    Count cacheCreation; ///< Anthropic's: beside its input
    Count cacheCreation1h; ///< Anthropic's: part of cacheCreation
    Count reasoning; ///< part of completion and output, with some servers beside it
    /// Output of a message that has only begun: more than nothing, less than the whole. Another
    /// `output` replaces it.
    Count outputSoFar;

    /// The figures in one convention, without outputSoFar. A total alone is input: so do
    /// embeddings.
    [[nodiscard]] TokenUsage usage() const;

private:
    [[nodiscard]] Count withHidden(const TokenUsage &usage) const;
};

/// Reads `usage`, `message.usage`, `response.usage`, `x_groq.usage` and Gemini's `usageMetadata` of
/// a JSON object. Members
/// that are no whole number from 0 to 10^12 and texts that are not JSON change nothing. False if
/// the text is no JSON object. May enlarge the array's capacity (not its content) for the parser's
/// padding.
bool readUsageFields(QByteArray &json, UsageFields &fields);

/// False if readUsageFields() would find nothing, which costs a fraction of it to see.
bool mayHaveUsage(QByteArrayView json);

/// Whether `"usage"` stands anywhere in a text, be it null.
bool mentionsUsage(QByteArrayView text);

} // namespace sluice::metering
