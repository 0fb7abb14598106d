// SPDX-License-Identifier: GPL-3.0-or-later
// Step 4 of a request: which provider, and exactly what it is sent (spec: http, "Who is calling" 2
// and "Forwarding"). Pure, any thread.
#pragma once

#include "core/gateway/pipeline/caller.h"
#include "core/gateway/upstream/upstream.h"

#include <QRandomGenerator>

namespace sluice::gateway {

/// The provider for a request and the model name it gets.
struct Choice
{
    std::shared_ptr<const ProviderTarget> target;
    QByteArray model; ///< without a "provider/" prefix; differs from the body's if that had one
    int candidates = 1; ///< providers that could have served the request
};

/// Picks among the providers of the route: by the model's "provider/" prefix, else by weight among
/// those that speak the caller's dialect. pricedAt: those without a price at that time leave the
/// rotation, as long as one is left.
std::variant<Choice, Failure> chooseProvider(const Route &route, const BodyPeek &body,
    const Snapshot &snapshot, QRandomGenerator &random,
    std::optional<std::chrono::milliseconds> pricedAt = {});

/// The 401 if the provider needs a key and there is neither its secret nor the client's own to
/// send. To be asked before limits are charged: a 401 spends nothing.
std::optional<Failure> checkCredential(
    const Headers &headers, const Caller &caller, const Choice &choice, const Snapshot &snapshot);

/// Whether the provider has to be asked for the usage of the stream, because the client did not ask
/// (spec: metering). The answer then has more in it than the client expects.
bool mustAskForUsage(const Route &route, const BodyPeek &body, const Choice &choice);

/// Builds the upstream request: path, header hygiene, the provider's credential or the client's
/// own. request.body is moved; its model is rewritten only if the choice asks for another one, and
/// `stream_options` only if the usage is asked for.
UpstreamRequest buildUpstreamRequest(Request &&request, const Route &route, const Caller &caller,
    const BodyPeek &body, const Choice &choice, const Snapshot &snapshot, bool asksForUsage);

/// The provider's response headers as the client gets them: without hop-by-hop fields and framing.
/// Adds helicone-provider and helicone-provider-req-id as configured.
Headers clientHeaders(
    Headers &&upstream, const QByteArray &provider, const config::ResponseHeaders &options);

} // namespace sluice::gateway
