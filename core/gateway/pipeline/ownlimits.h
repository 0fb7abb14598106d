// SPDX-License-Identifier: GPL-3.0-or-later
// GET /-/me: what the caller may still use (spec: http, "URLs"). Spends nothing. Any thread.
#pragma once

#include "core/gateway/pipeline/caller.h"
#include "core/limits/limiter.h"

namespace sluice::gateway {

/// The enforced limits that apply to the caller at any entry point it may use, each once. Segments
/// that the request does not name (send Helicone-User-Id or Helicone-Property-*) are left out, and
/// so are limits of certain models or providers. Errors are those of identify().
Response ownLimitsResponse(const Headers &headers, const Caller &caller, const Snapshot &snapshot,
    const limits::Limiter &limiter);

} // namespace sluice::gateway
