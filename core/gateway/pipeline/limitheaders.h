// SPDX-License-Identifier: GPL-3.0-or-later
// The rate-limit headers of an answer (spec: http, "Response headers"): Helicone's for header
// policies, x-ratelimit-* for configured limits, IETF draft-ietf-httpapi-ratelimit-headers-10 for
// both. Pure.
#pragma once

#include "core/gateway/http.h"
#include "core/limits/decision.h"

namespace sluice::gateway {

/// Appends the headers that describe a decision. Shadow limits never appear.
void appendLimitHeaders(const limits::Decision &decision, bool ietf, Headers &headers);

} // namespace sluice::gateway
