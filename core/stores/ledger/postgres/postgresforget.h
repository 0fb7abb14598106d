// SPDX-License-Identifier: GPL-3.0-or-later
// Removes from the ledger in PostgreSQL what it knows of one subject. As forget() of
// core/stores/ledger/ledgerforget.h, which calls it.
#pragma once

#include "core/stores/ledger/ledgerforget.h"

namespace sluice::stores {

/// Errors: Refused for an address that is none, NotFound without a ledger, Unsupported for a newer
/// one, Timeout, Io.
Result<Forgotten> forgetInPostgres(const QString &url, const ForgetRequest &request);

} // namespace sluice::stores
