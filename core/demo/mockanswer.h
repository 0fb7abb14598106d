// SPDX-License-Identifier: GPL-3.0-or-later
// What the mock provider was asked and what it will say, as values; the shapes of the two dialects
// are pure functions of these. Any thread.
#pragma once

#include "core/gateway/http.h"

#include <QJsonObject>

#include <chrono>
#include <vector>

namespace sluice::demo {

/// How the mock behaves (`sluicectl mock`, spec/cli.md).
struct MockOptions
{
    std::chrono::milliseconds latency{0}; ///< before the first byte
    std::chrono::milliseconds jitter{0}; ///< up to this much more, seeded
    std::chrono::milliseconds chunkInterval{20}; ///< between two tokens of a stream
    std::chrono::milliseconds slowLatency{30'000}; ///< before the first byte of `mock-slow`
    int tokens = 24; ///< output tokens of an answer, unless the request asks for fewer
    int errorsPerMillion = 0; ///< share of requests answered 500
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
    int outputTokens = 0; ///< per choice
    int choices = 1;
    bool isStream = false;
    bool includesUsage = false; ///< stream_options.include_usage
    bool wasCut = false; ///< the request's maximum was below the mock's length
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
    qint64 inputTokens = 0; ///< billed with the first byte
    qint64 outputTokens = 0; ///< billed with a plain answer
};

/// The instant that every answer says it was created at, so that answers are reproducible.
constexpr qint64 MockCreated = 1'760'000'000;

} // namespace sluice::demo
