// SPDX-License-Identifier: GPL-3.0-or-later
// Tables and views of the ledger's file, and the way there from older versions. On the thread of
// the connection.
#pragma once

#include "core/stores/sqlite/database.h"

namespace sluice::stores::ledgerschema {

/// What this program writes and reads.
int currentVersion();

/// The version of an open file; 0 for an empty one. Unsupported if it is newer than this program,
/// else errors as of sqlite::errorOf().
Result<int> version(sqlite::Database &database);

/// Takes an open file forward to the current version, step by step. Errors as of version().
Result<void> migrate(sqlite::Database &database);

} // namespace sluice::stores::ledgerschema
