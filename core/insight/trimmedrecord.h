// SPDX-License-Identifier: GPL-3.0-or-later
// A record with what the ledger keeps and nothing else. Pure, any thread.
#pragma once

#include "core/insight/requestrecord.h"

namespace sluice::insight {

/// Without policies, candidates and all of the chain but the binding limit: copying those costs a
/// gateway thread more than the rest.
RequestRecord trimmedRecord(const RequestRecord &record);

} // namespace sluice::insight
