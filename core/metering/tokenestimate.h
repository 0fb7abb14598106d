// SPDX-License-Identifier: GPL-3.0-or-later
// How many tokens a text may have, before a provider has counted them. Pure, any thread.
#pragma once

#include <QtGlobal>

namespace sluice::metering {

/// Tokens in `textBytes` bytes of text or of a JSON request body: one for every four bytes, rounded
/// up, at least 1. Four bytes is what the current tokenizers need for English prose; code takes
/// less, other scripts and the body's own punctuation are not told apart. A first step: it looks at
/// the size alone and is meant for reservations, which are settled by what the provider reports.
qint64 estimateTokens(qint64 textBytes);

} // namespace sluice::metering
