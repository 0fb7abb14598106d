// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokens/tokenfamily.h"

#include <QByteArray>

#include <algorithm>

namespace sluice::metering {

namespace {

struct Rule
{
    QByteArrayView text;
    TokenFamily family;
};

/// The first text that the model's name contains decides.
constexpr std::array NameRules{
    Rule{"distill-llama", TokenFamily::Llama3},
    Rule{"distill-qwen", TokenFamily::Qwen},
    Rule{"deepseek", TokenFamily::DeepSeek},
    Rule{"claude", TokenFamily::Claude2},
    Rule{"gemini", TokenFamily::Gemma},
    Rule{"gemma", TokenFamily::Gemma},
    Rule{"qwen", TokenFamily::Qwen},
    Rule{"qwq", TokenFamily::Qwen},
    // These have tokenizers that nothing here was fitted to.
    Rule{"codellama", TokenFamily::Other},
    Rule{"llama-2", TokenFamily::Other},
    Rule{"llama2", TokenFamily::Other},
    Rule{"llama-4", TokenFamily::Other},
    Rule{"llama4", TokenFamily::Other},
    Rule{"mixtral", TokenFamily::Other},
    Rule{"mistral-7b", TokenFamily::Other},
    Rule{"llama", TokenFamily::Llama3},
    Rule{"mistral", TokenFamily::Tekken},
    Rule{"ministral", TokenFamily::Tekken},
    Rule{"magistral", TokenFamily::Tekken},
    Rule{"codestral", TokenFamily::Tekken},
    Rule{"devstral", TokenFamily::Tekken},
    Rule{"pixtral", TokenFamily::Tekken},
    Rule{"gpt-4o", TokenFamily::O200k},
    Rule{"gpt-4.", TokenFamily::O200k},
    Rule{"gpt-4", TokenFamily::Cl100k},
    Rule{"gpt-3.5", TokenFamily::Cl100k},
    Rule{"text-embedding-3", TokenFamily::Cl100k},
    Rule{"text-embedding-ada", TokenFamily::Cl100k},
    Rule{"gpt-", TokenFamily::O200k},
};

constexpr std::array ProviderRules{
    Rule{"openai", TokenFamily::O200k},
    Rule{"anthropic", TokenFamily::Claude2},
    Rule{"gemini", TokenFamily::Gemma},
    Rule{"google", TokenFamily::Gemma},
    Rule{"mistral", TokenFamily::Tekken},
    Rule{"deepseek", TokenFamily::DeepSeek},
};

bool contains(QByteArrayView name, QByteArrayView text)
{
    const auto isSame = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::search(name.begin(), name.end(), text.begin(), text.end(), isSame) != name.end();
}

template <size_t Size>
const Rule *findRule(const std::array<Rule, Size> &rules, QByteArrayView name)
{
    const auto *found = std::find_if(
        rules.begin(), rules.end(), [name](const Rule &rule) { return contains(name, rule.text); });
    return found == rules.end() ? nullptr : found;
}

/// "o1", "o3-mini", "o4-mini-2025-04-16": too short to be looked for within a name.
bool isReasoningName(QByteArrayView name)
{
    return name.size() >= 2 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9'
        && (name.size() == 2 || name[2] == '-');
}

} // namespace

TokenFamily tokenFamilyOf(QByteArrayView provider, QByteArrayView model)
{
    const QByteArrayView name = model.sliced(model.lastIndexOf('/') + 1);
    if (isReasoningName(name))
        return TokenFamily::O200k;
    if (const Rule *rule = findRule(NameRules, name))
        return rule->family;
    const Rule *rule = findRule(ProviderRules, provider);
    return rule == nullptr ? TokenFamily::Other : rule->family;
}

} // namespace sluice::metering
