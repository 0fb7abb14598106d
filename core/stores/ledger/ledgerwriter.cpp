// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerwriter.h"

#include "core/stores/ledger/ledgerfile.h"
#include "core/stores/ledger/postgres/postgresledger.h"

namespace sluice::stores {

std::unique_ptr<LedgerWriter> LedgerWriter::make(const LedgerPlace &place, const Clock &clock)
{
    if (place.isShared())
        return std::make_unique<PostgresLedger>(place, clock, PostgresLedger::Options());
    return std::make_unique<LedgerFile>(place.path, clock);
}

} // namespace sluice::stores
