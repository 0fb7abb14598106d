// SPDX-License-Identifier: GPL-3.0-or-later
// The shared store that a configuration names. On the thread that will use it.
#pragma once

#include "core/config/configuration.h"
#include "core/limits/counterstore.h"
#include "core/stores/gatewayidentity.h"

namespace sluice::stores {

/// Makes the store, which begins to connect at once. The clock must outlive it. Null for a store
/// that is not shared.
std::unique_ptr<limits::CounterStore> makeCounterStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, const Clock &clock,
    limits::CounterStore::Listener listener);

/// The SQL that sets a PostgreSQL database up, for who may not let the gateway do it; idempotent.
/// Invalid for an address or prefix that is no good.
Result<QByteArray> schemaSql(const config::Store &store);

/// The same for the ledger in PostgreSQL.
Result<QByteArray> ledgerSql(const config::Recording &recording);

} // namespace sluice::stores
