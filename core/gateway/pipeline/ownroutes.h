// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway's own routes: answers that ask no provider and spend nothing. Pure, any thread.
#pragma once

#include "core/gateway/pipeline/route.h"
#include "core/gateway/sharedstores/storeboard.h"

namespace sluice::gateway {

/// Health and upstream's router check.
Response ownRouteResponse(Route::Kind kind, const QByteArray &body);

/// Readiness: a gateway that answers is ready, also while a store is down; which are is told.
Response readyResponse(const StoreProblems &problems);

/// The models of the configured providers (or of one router's), in OpenAI's list shape.
Response modelsResponse(const Route &route, const Snapshot &snapshot);

} // namespace sluice::gateway
