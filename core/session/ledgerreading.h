// SPDX-License-Identifier: GPL-3.0-or-later
// How the ledger answers what LedgerQueries is asked. Used on the query threads; each function may
// take long and ends early with Cancelled once nobody waits for it.
#pragma once

#include "core/base/result.h"
#include "core/session/ledgeranswers.h"

namespace sluice::stores {
class LedgerReader;
} // namespace sluice::stores

namespace sluice::session::ledgerreading {

/// Between a question and the one who has asked it.
struct Watch
{
    std::function<bool()> isStopped; ///< nobody waits for the answer any more
    std::function<void(qint64)> tellRows; ///< how many rows there are so far
};

Result<History> history(
    stores::LedgerReader &reader, const HistoryQuestion &question, const Watch &watch);

Result<OlderRequests> older(
    stores::LedgerReader &reader, const OlderQuestion &question, const Watch &watch);

Result<SqlAnswer> sql(
    stores::LedgerReader &reader, const SqlQuestion &question, const Watch &watch);

} // namespace sluice::session::ledgerreading
