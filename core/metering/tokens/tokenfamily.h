// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers that models are known or believed to use. Pure, any thread.
#pragma once

#include "core/metering/tokens/tokenweights.h"

#include <QByteArrayView>
#include <QLatin1StringView>

namespace sluice::metering {

/// Which figures an estimate uses.
enum class TokenFamily : quint8 {
    O200k, ///< OpenAI since gpt-4o
    Cl100k, ///< OpenAI's gpt-4, gpt-3.5 and embeddings
    Claude2, ///< the only tokenizer that Anthropic has published; later ones count differently
    Llama3,
    Tekken, ///< Mistral since 2024
    Gemma, ///< Gemini and Gemma
    DeepSeek,
    Qwen,
    Other, ///< unknown: the figures of O200k
};

constexpr int TokenFamilies = 9;

/// The family of a model by its name, which may carry a maker ("meta-llama/Llama-3.3-70B"), else by
/// its provider. Case does not matter.
TokenFamily tokenFamilyOf(QByteArrayView provider, QByteArrayView model);

/// True if the figures were compared with the tokenizer that the family's models use. Not so for
/// Claude2 (current models have another, unpublished one) and Other.
bool isValidated(TokenFamily family);

/// The tokenizer whose counts the figures were fitted to: "o200k_base".
QLatin1StringView tokenizerOf(TokenFamily family);

const tokenweights::Weights &weightsOf(TokenFamily family);

} // namespace sluice::metering
