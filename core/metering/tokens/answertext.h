// SPDX-License-Identifier: GPL-3.0-or-later
// The text that a model has generated, found in what a provider sends. Pure, any thread (parsers
// are per thread).
#pragma once

#include "core/metering/tokens/tokencounter.h"

#include <QByteArray>

namespace sluice::metering {

/// Feeds the generated text of one JSON document to the counter: of one event of a stream, or of a
/// whole answer; chat completions, completions and responses of OpenAI, messages of Anthropic.
/// Reasoning and tool calls are text too. Events continue the text of those before them, so that a
/// word in two events is one word; choices that are streamed side by side are taken as one text.
/// What repeats earlier events (`response.completed`) is left out. A document that is not JSON
/// changes nothing, and false is given back. May enlarge the array's capacity (not its content) for
/// the parser's padding.
bool readAnswerText(QByteArray &json, TokenCounter &counter);

} // namespace sluice::metering
