// SPDX-License-Identifier: GPL-3.0-or-later
// How many tokens a request's input may have, before the provider has counted them. Pure, any
// thread (parsers are per thread).
#pragma once

#include "core/metering/tokens/tokenfamily.h"

#include <QByteArray>

namespace sluice::metering {

/// Tokens of a request body, at least 1: the texts of messages, `system`, `prompt`, `input` and
/// `instructions`, tool calls and their results, definitions of tools and formats (their JSON as
/// text), and what providers add for each message; token ids count as they are. Pictures, sound and
/// files count as flat figures whatever their size, because base64 is not what the model reads. A
/// JSON object of another kind is counted as text, anything else is a token for four bytes.
/// May enlarge the array's capacity (not its content) for the parser's padding.
qint64 estimateInput(QByteArray &body, TokenFamily family);

} // namespace sluice::metering
