// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's tables in PostgreSQL, and the way there from older versions. Any thread.
#pragma once

#include "core/stores/postgres/postgreslink.h"

namespace sluice::stores::ledgertables {

/// Of the tables and functions. A server that has a newer one is left alone.
inline constexpr int Version = 1;

inline constexpr auto SchemaName = "sluice_ledger";

/// The ledger of a URL. Refused, without the URL, for one that nobody understands.
Result<PostgresPlace> placeOf(const QString &url);

/// One statement that brings a database to Version; does nothing where it is there already.
QByteArray migration();

/// The same, and what `role` (empty: everybody) needs to use it, for administrators.
QByteArray forAdministrators(const QString &role);

/// The version that is there, 0 for none. Unsupported if it is newer than this program, else errors
/// of the link.
Result<int> version(PostgresLink &link);

/// Brings it to Version. Errors as of version().
Result<void> migrate(PostgresLink &link);

} // namespace sluice::stores::ledgertables
