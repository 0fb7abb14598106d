// SPDX-License-Identifier: GPL-3.0-or-later
// Why a PostgreSQL server cannot be used, in one sentence with the remedy. Pure, any thread.
#pragma once

#include "core/stores/postgres/postgresaddress.h"

namespace sluice::stores {

/// How an administrator gets the SQL of PostgresStore::schemaSql().
constexpr auto PostgresSchemaCommand = "sluicectl check --store-sql";

/// Where what happened: `schema` unquoted.
struct PostgresPlace
{
    PostgresAddress address;
    QByteArray schema;
};

/// The sentence for a message of the server or of libpq; `state` is its SQLSTATE, if there is one.
QString postgresProblem(const PostgresPlace &place, QByteArrayView state, const QString &message);

/// The SQLSTATE in a verbose message ("FATAL:  28P01: ..."); empty if there is none.
QByteArray sqlStateIn(const QString &message);

} // namespace sluice::stores
