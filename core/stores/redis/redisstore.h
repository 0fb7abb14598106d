// SPDX-License-Identifier: GPL-3.0-or-later
// The counters of limits in a Redis server that several gateways share (spec: stores, "Counter
// stores"; docs/stores.md). Each decision is one script, so one round trip and all or nothing.
// Owned and used by one gateway thread.
#pragma once

#include "core/limits/counterstore.h"
#include "core/stores/gatewayidentity.h"
#include "core/stores/redis/redisoptions.h"

namespace sluice::stores {

/// A store for the calling thread, which needs an event loop. It starts to connect at once. An
/// address that cannot be read is a store that stays down and says why.
std::unique_ptr<limits::CounterStore> makeRedisStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, limits::CounterStore::Listener listener,
    const RedisOptions &options = {});

} // namespace sluice::stores
