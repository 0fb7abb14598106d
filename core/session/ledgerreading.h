// SPDX-License-Identifier: GPL-3.0-or-later
// How the ledger answers what LedgerQueries is asked. Used on the query threads; each function may
// take long and ends between two statements once `isStopped` says so.
#pragma once

#include "core/base/result.h"
#include "core/session/ledgeranswers.h"

namespace sluice::stores {
class LedgerReader;
} // namespace sluice::stores

namespace sluice::session::ledgerreading {

using Stopped = std::function<bool()>;

Result<History> history(const stores::LedgerReader &reader, const HistoryQuestion &question);

Result<OlderRequests> older(
    const stores::LedgerReader &reader, const OlderQuestion &question, const Stopped &isStopped);

Result<SqlAnswer> sql(const stores::LedgerReader &reader, const SqlQuestion &question);

} // namespace sluice::session::ledgerreading
