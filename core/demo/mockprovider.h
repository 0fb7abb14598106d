// SPDX-License-Identifier: GPL-3.0-or-later
// A provider that answers like OpenAI and Anthropic without any model: seeded text, exact books.
// A RequestHandler for an HttpFront of its own; lives on that front's thread.
#pragma once

#include "core/demo/mockbooks.h"
#include "core/demo/mockexchange.h"
#include "core/demo/seededrandom.h"
#include "core/gateway/front/requesthandler.h"

#include <QObject>

namespace sluice::demo {

struct MockQuestion;

/// Serves (with or without the leading /v1) chat/completions, completions, embeddings, responses,
/// models, messages and messages/count_tokens, `GET /health` and `GET /-/books`. Any credential is
/// accepted, none too. These model names misbehave on purpose:
///   mock-401, mock-429 (with Retry-After: 7), mock-500   that status in the path's dialect
///   mock-close     breaks the connection off in the middle of the answer
///   mock-garbage   answers 200 with bytes that are neither JSON nor server-sent events
///   mock-slow      waits MockOptions::slowLatency before the first byte
class MockProvider final : public QObject, public gateway::RequestHandler
{
    Q_OBJECT

public:
    /// The books must outlive the provider, the provider the sinks it was given.
    MockProvider(const MockOptions &options, MockBooks &books);
    ~MockProvider() override;
    Q_DISABLE_COPY_MOVE(MockProvider)

    std::optional<gateway::Response> checkHead(
        const gateway::RequestHead &head, const QHostAddress &peer) override;
    void handle(gateway::Request &&request, gateway::ResponseSink &sink) override;
    gateway::Response frontError(
        int status, QByteArrayView code, const QString &message, QByteArrayView target) override;

private:
    bool answerOwnPaths(const gateway::Request &request, gateway::ResponseSink &sink) const;
    MockExchange::Plan plan(const gateway::Request &request, const QByteArray &path);
    void applyModelName(MockExchange::Plan &plan, const MockQuestion &question) const;
    [[nodiscard]] MockAnswer refusal(
        const QByteArray &path, int status, const QString &message, const QString &code) const;

    MockOptions m_options;
    MockBooks &m_books;
    SeededRandom m_random; ///< jitter and random errors
};

} // namespace sluice::demo
