// SPDX-License-Identifier: GPL-3.0-or-later
// Step 2 of a request: who is calling, and for whom (spec: http, "Who is calling"). Pure, any
// thread.
#pragma once

#include "core/gateway/pipeline/bodypeek.h"
#include "core/gateway/pipeline/reply.h"
#include "core/gateway/pipeline/route.h"

#include <QDate>

#include <optional>
#include <variant>

namespace sluice::gateway {

struct Caller
{
    const config::ApiKey *key = nullptr; ///< null: authentication is off
    bool bringsOwnKey =
        false; ///< Helicone-Auth present: Authorization, x-api-key are the provider's
};

/// Refuses web pages whose origin is not allowed (403); nullopt = fine.
std::optional<Failure> checkOrigin(const Headers &headers, const config::Server &server);

/// Checks the gateway key against the snapshot and the route. today is the UTC date.
std::variant<Caller, Failure> authenticate(
    const Headers &headers, const Route &route, const Snapshot &snapshot, QDate today);

/// Who and what limits count by: key, member, team, end user, properties, entry and policies.
std::variant<limits::Subject, Failure> identify(const Headers &headers, const BodyPeek &body,
    const Route &route, const Caller &caller, const Snapshot &snapshot);

} // namespace sluice::gateway
