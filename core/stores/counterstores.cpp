// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/counterstores.h"

#include "core/stores/postgres/postgresstore.h"
#include "core/stores/redis/redisstore.h"

namespace sluice::stores {

std::unique_ptr<limits::CounterStore> makeCounterStore(const config::Store &store,
    const GatewayIdentity &identity, const Clock &clock, limits::CounterStore::Listener listener)
{
    switch (store.type) {
    case config::Store::Type::Redis:
        return makeRedisStore(store, identity, std::move(listener));
    case config::Store::Type::Postgres:
        return makePostgresStore(store, identity, clock, std::move(listener));
    case config::Store::Type::InMemory:
    case config::Store::Type::Sqlite:
        break;
    }
    return nullptr;
}

} // namespace sluice::stores
