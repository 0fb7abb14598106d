// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/builtinproviders.h"

#include <initializer_list>

namespace sluice::config {

namespace {

Provider provider(const char *name, const char *baseUrl, const char *apiKeyEnv,
    std::initializer_list<const char *> models)
{
    Provider result;
    result.name = name;
    result.baseUrl = baseUrl;
    result.apiKeyEnv = apiKeyEnv;
    for (const char *model : models)
        result.models.append(model);
    return result;
}

Provider anthropic()
{
    Provider result = provider("anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY",
        {"claude-3-5-haiku-latest", "claude-3-7-sonnet-latest", "claude-haiku-4-5",
            "claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-5", "claude-opus-4-6",
            "claude-sonnet-4-0", "claude-sonnet-4-5", "claude-sonnet-4-6"});
    result.dialect = Dialect::Anthropic;
    result.version = "2023-06-01";
    return result;
}

/// Tells the usage of streams unasked, and has refused to be asked (422, 400).
Provider unasked(Provider provider)
{
    provider.injectsUsage = false;
    return provider;
}

Provider openAi()
{
    return provider("openai", "https://api.openai.com", "OPENAI_API_KEY",
        {"gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano",
            "gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro", "gpt-5.1",
            "gpt-5.2", "o1", "o3", "o3-mini", "o4-mini", "text-embedding-3-large",
            "text-embedding-3-small"});
}

} // namespace

std::vector<Provider> builtInProviders()
{
    return {openAi(), anthropic(),
        provider("gemini", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY",
            {"gemini-2.0-flash", "gemini-2.0-flash-lite", "gemini-2.5-flash",
                "gemini-2.5-flash-lite", "gemini-2.5-pro", "gemini-3-flash-preview",
                "gemini-3-pro-preview", "gemini-embedding-001"}),
        unasked(provider("mistral", "https://api.mistral.ai", "MISTRAL_API_KEY",
            {"codestral-2508", "devstral-2512", "magistral-medium", "magistral-small",
                "ministral-3b", "ministral-8b-latest", "mistral-embed", "mistral-large",
                "mistral-medium-latest", "mistral-small-latest", "pixtral-large"})),
        unasked(provider("groq", "https://api.groq.com/openai", "GROQ_API_KEY",
            {"llama-3.1-8b-instant", "llama-3.3-70b-versatile",
                "meta-llama/llama-4-maverick-17b-128e-instruct",
                "meta-llama/llama-4-scout-17b-16e-instruct", "moonshotai/kimi-k2-instruct",
                "openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3-32b"})),
        provider("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY",
            {"deepseek-chat", "deepseek-reasoner"}),
        provider("xai", "https://api.x.ai", "XAI_API_KEY",
            {"grok-3", "grok-3-mini", "grok-4-0709", "grok-4-fast-non-reasoning",
                "grok-4-fast-reasoning", "grok-code-fast-1"}),
        provider("hyperbolic", "https://api.hyperbolic.xyz", "HYPERBOLIC_API_KEY",
            {"deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-V3",
                "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen2.5-72B-Instruct"}),
        provider("ollama", "http://localhost:11434", "",
            {"deepseek-r1", "gemma3", "llama3.1", "llama3.2", "mistral", "phi4", "qwen3"})};
}

QByteArray canonicalProvider(const QByteArray &name)
{
    return name == "google" ? QByteArrayLiteral("gemini") : name;
}

} // namespace sluice::config
