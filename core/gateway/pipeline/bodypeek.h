// SPDX-License-Identifier: GPL-3.0-or-later
// A glance at a request's JSON body: the few fields that routing and limits need, and where the
// model stands, without building a document. Pure, any thread (parsers are per thread).
#pragma once

#include <QByteArray>

#include <optional>

namespace sluice::gateway {

/// `stream_options` of a body, and where it stands.
struct StreamOptions
{
    enum class Form : quint8 {
        Absent,
        Unfit, ///< neither an object nor null: left to the provider to complain about
        Null,
        Empty, ///< an object without members
        WithoutUsage, ///< an object without `include_usage`
        WithUsage, ///< an object with `include_usage`
    };
    Form form = Form::Absent;
    bool includesUsage = false; ///< the client asked for the usage of its stream
    qsizetype at = -1; ///< Null, Empty, WithoutUsage: of its value; WithUsage: of that member's
    qsizetype size = 0; ///< of the value at `at`, Null and WithUsage only
};

struct BodyPeek
{
    bool isJsonObject = false; ///< false: not JSON, or not an object; the fields are empty then
    QByteArray model;
    qsizetype modelAt = -1; ///< byte offset of the model's text, after its opening quote
    qsizetype modelSize = 0; ///< bytes between its quotes as written
    QByteArray user; ///< `user`, or Anthropic's `metadata.user_id`; text only
    bool isStream = false;
    StreamOptions streamOptions;
    qsizetype end = -1; ///< byte offset of the brace that closes the object
    /// The most tokens that the answer may have: the largest of `max_tokens`,
    /// `max_completion_tokens` and `max_output_tokens`, times `n`; 1 to 10^12, a larger product is
    /// 10^12. Absent if none is a whole number in that range; an `n` that is none counts as 1.
    std::optional<qint64> maxOutputTokens;
};

/// Reads a body. It may enlarge the array's capacity (not its content) for the parser's padding.
BodyPeek peekBody(QByteArray &body);

} // namespace sluice::gateway
