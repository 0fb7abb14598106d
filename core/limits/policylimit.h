// SPDX-License-Identifier: GPL-3.0-or-later
// A policy of the request's header as a Limit. Pure, any thread.
#pragma once

#include "core/config/policyheader.h"
#include "core/limits/limit.h"

namespace sluice::limits {

/// Compiles one policy under the switches of `policy-header`. The name is the policy without its
/// quota: what identifies the counters.
LimitPtr policyLimit(const config::Policy &policy, const config::PolicyHeader &header);

} // namespace sluice::limits
