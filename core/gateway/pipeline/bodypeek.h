// SPDX-License-Identifier: GPL-3.0-or-later
// A glance at a request's JSON body: the few fields that routing and limits need, and where the
// model stands, without building a document. Pure, any thread (parsers are per thread).
#pragma once

#include <QByteArray>

#include <optional>

namespace sluice::gateway {

struct BodyPeek
{
    bool isJsonObject = false; ///< false: not JSON, or not an object; the fields are empty then
    QByteArray model;
    qsizetype modelAt = -1; ///< byte offset of the model's text, after its opening quote
    qsizetype modelSize = 0; ///< bytes between its quotes as written
    QByteArray user; ///< `user`, or Anthropic's `metadata.user_id`; text only
    bool isStream = false;
    /// The most tokens that the answer may have: the largest of `max_tokens`,
    /// `max_completion_tokens` and `max_output_tokens`, times `n`; 1 to 10^12, a larger product is
    /// 10^12. Absent if none is a whole number in that range; an `n` that is none counts as 1.
    std::optional<qint64> maxOutputTokens;
};

/// Reads a body. It may enlarge the array's capacity (not its content) for the parser's padding.
BodyPeek peekBody(QByteArray &body);

} // namespace sluice::gateway
