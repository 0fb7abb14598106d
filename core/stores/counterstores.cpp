// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/counterstores.h"

#include "core/stores/ledger/postgres/ledgertables.h"
#include "core/stores/postgres/postgresstore.h"
#include "core/stores/redis/redisstore.h"

namespace sluice::stores {

namespace {

PostgresStore::Options postgresOptions(const Clock &clock)
{
    PostgresStore::Options options;
    options.clock = &clock;
    return options;
}

} // namespace

std::unique_ptr<limits::CounterStore> makeCounterStore(const config::Store &store,
    std::shared_ptr<const GatewayIdentity> identity, const Clock &clock,
    limits::CounterStore::Listener listener)
{
    switch (store.type) {
    case config::Store::Type::Redis:
        return makeRedisStore(store, std::move(identity), std::move(listener));
    case config::Store::Type::Postgres:
        return makePostgresStore(
            store, std::move(identity), std::move(listener), postgresOptions(clock));
    case config::Store::Type::InMemory:
    case config::Store::Type::Sqlite:
        break;
    }
    return nullptr;
}

Result<QByteArray> schemaSql(const config::Store &store)
{
    return PostgresStore::schemaSql(store);
}

Result<QByteArray> ledgerSql(const config::Recording &recording)
{
    const auto place = ledgertables::placeOf(recording.url);
    if (!place)
        return place.error();
    return ledgertables::forAdministrators(place->address.user());
}

} // namespace sluice::stores
