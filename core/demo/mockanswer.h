// SPDX-License-Identifier: GPL-3.0-or-later
// What the mock provider was asked and what it will say, as values; the shapes of the two dialects
// are pure functions of these. Any thread.
#pragma once

#include "core/gateway/http.h"

#include <QJsonObject>

#include <chrono>
#include <vector>

namespace sluice::demo {

/// What one answer costs in tokens, by the mock's own count.
struct MockBill
{
    qint64 input = 0; ///< with the cached ones and the written ones
    qint64 cachedInput = 0; ///< part of input
    qint64 cacheWrite = 0; ///< part of input
    qint64 cacheWrite1h = 0; ///< part of cacheWrite
    qint64 output = 0; ///< with the reasoning
    qint64 reasoning = 0; ///< part of output

    friend bool operator==(const MockBill &, const MockBill &) = default;
};

/// How the mock behaves (`sluicectl mock`, spec/cli.md).
struct MockOptions
{
    std::chrono::milliseconds latency{0}; ///< before the first byte
    std::chrono::milliseconds jitter{0}; ///< up to this much more, seeded
    std::chrono::milliseconds chunkInterval{20}; ///< between two tokens of a stream
    std::chrono::milliseconds slowLatency{30'000}; ///< before the first byte of `mock-slow`
    int tokens = 24; ///< output tokens of an answer, unless the request asks for fewer
    int errorsPerMillion = 0; ///< share of requests answered 500
    bool variesTokens = false; ///< seeded lengths, cached input, cache writes and reasoning
    bool keepsReceipts = false; ///< MockBooks::receipts(), in memory without a bound
    quint64 seed = 1;
    QHostAddress address{QHostAddress::LocalHost};
    quint16 port = 0; ///< 0 = any free one
};

enum class MockEndpoint : quint8 {
    ChatCompletions,
    Completions,
    Embeddings,
    Responses,
    Messages,
    CountTokens,
};

/// A request that made sense.
struct MockQuestion
{
    MockEndpoint endpoint = MockEndpoint::ChatCompletions;
    QJsonObject body;
    QString model;
    QByteArray user;
    quint64 seed = 0; ///< of this request's text
    qint64 inputTokens = 0;
    int outputTokens = 0; ///< per choice, without the reasoning
    // Nothing unless MockOptions::variesTokens:
    qint64 cachedInput = 0; ///< part of inputTokens
    qint64 cacheWrite = 0; ///< part of inputTokens; Anthropic only
    qint64 cacheWrite1h = 0; ///< part of cacheWrite
    qint64 reasoningTokens = 0; ///< beside outputTokens, all choices together
    int choices = 1;
    bool isStream = false;
    bool includesUsage = false; ///< stream_options.include_usage
    bool wasCut = false; ///< the request's maximum was below the mock's length

    [[nodiscard]] qint64 allOutputTokens() const
    {
        return qint64{outputTokens} * choices + reasoningTokens;
    }

    /// Of an answer that has text.
    [[nodiscard]] MockBill bill() const
    {
        return {
            inputTokens, cachedInput, cacheWrite, cacheWrite1h, allOutputTokens(), reasoningTokens};
    }
};

/// One step of a stream: bytes of one or more events, and the output tokens they carry.
struct MockStep
{
    QByteArray bytes;
    int tokens = 0;
};

/// The answer to be given, complete before its first byte is sent.
struct MockAnswer
{
    int status = 200;
    gateway::Headers headers;
    QByteArray body; ///< of a plain answer
    std::vector<MockStep> steps; ///< of a stream; empty = plain
    MockBill bill; ///< of the whole; input is billed with the first byte
};

/// One answer as the mock has it in its books.
struct MockReceipt
{
    enum class End : quint8 {
        Whole,
        Broken, ///< by the mock itself
        Abandoned, ///< by the client
    };
    QByteArray key; ///< what the request's X-Books-Key says
    QByteArray user;
    QString model;
    bool isStream = false;
    int status = 0; ///< 0: the client left before the first byte
    End end = End::Whole;
    MockBill bill; ///< Whole: what the answer has told; else what it would have told
    qint64 sentTokens = 0; ///< of the output, up to its end
};

/// The instant that every answer says it was created at, so that answers are reproducible.
constexpr qint64 MockCreated = 1'760'000'000;

} // namespace sluice::demo
