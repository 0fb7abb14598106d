// SPDX-License-Identifier: GPL-3.0-or-later
// GET /-/metrics: what the gateway has counted, for Prometheus (docs/metrics.md). Pure, any thread.
#pragma once

#include "core/gateway/front/frontcontext.h"
#include "core/gateway/metrics/keptfigures.h"
#include "core/gateway/metrics/metricsboard.h"
#include "core/gateway/pipeline/reply.h"
#include "core/gateway/sharedstores/storeboard.h"
#include "core/limits/limiter.h"

namespace sluice::gateway {

/// Where the figures are.
struct MetricsSources
{
    const MetricsBoard &board;
    const FrontCounters &front;
    const limits::Limiter &limiter;
    const StoreBoard &stores;
    KeptFigures kept;
};

Response metricsResponse(const MetricsSources &sources);

/// Why somebody is not answered: only programs of this machine are, by an address or a name of the
/// machine itself, so that no page in a browser reads it under a name of its own.
std::optional<Failure> refuseMetrics(const RequestHead &head, const QHostAddress &peer);

} // namespace sluice::gateway
