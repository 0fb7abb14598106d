// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway's own answers: one error envelope in the caller's dialect (spec: http, "Errors").
// Pure, any thread.
#pragma once

#include "core/gateway/http.h"
#include "core/limits/decision.h"

namespace sluice::gateway {

/// What SDKs are willing to wait before they ask again by themselves.
constexpr std::chrono::seconds LongestRetry{120};

/// An error that the gateway itself answers.
struct Failure
{
    int status = 400;
    QByteArray type =
        "invalid_request_error"; ///< OpenAI's word; Anthropic's is derived from status
    QByteArray code;
    QString message; ///< one sentence; never holds a secret

    friend bool operator==(const Failure &, const Failure &) = default;
};

/// The envelope in OpenAI's or Anthropic's form.
Response failureResponse(const Failure &failure, config::Dialect dialect);

/// The answer to a request that limits refused: status, code, message and the `limit` object that
/// tells name, scope, segment, value, unit, quota, used, window, mode, wait and source line.
/// Rate-limit headers are added by the caller.
Response refusalResponse(
    const limits::Decision &decision, config::Dialect dialect, const QString &fileName);

/// The Failure behind a refusal, for records.
Failure refusalFailure(const limits::Decision &decision, const QString &fileName);

/// The event that ends a stream which the provider broke off, in the caller's dialect.
QByteArray streamErrorEvent(const QString &message, config::Dialect dialect);

/// The fields that every answer carries: the gateway's id of it, the caller's own x-request-id (the
/// same id if the caller sent none), and the gateway's own share of the time.
void appendAnswerFields(const QByteArray &id, const QByteArray &externalId,
    std::chrono::nanoseconds ownTime, Headers &headers);

/// Anthropic's paths end in /messages or /messages/...; everything else speaks OpenAI.
config::Dialect dialectOf(QByteArrayView target);

} // namespace sluice::gateway
