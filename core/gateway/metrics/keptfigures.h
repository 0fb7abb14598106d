// SPDX-License-Identifier: GPL-3.0-or-later
// What metrics say of the ledger and of the journal of counters. Values.
#pragma once

#include <QtGlobal>

#include <functional>
#include <optional>

namespace sluice::gateway {

/// Rows since the process began.
struct LedgerFigures
{
    bool isUp = true;
    qint64 rows = 0; ///< that the ledger was given
    qint64 waiting = 0; ///< of these, to be written
    qint64 lost = 0; ///< that found no room to wait in
};

/// Absent: there is none.
struct KeptFigures
{
    std::optional<LedgerFigures> ledger;
    std::optional<bool> isJournalUp;
};

/// Asks for them, on any thread; waits for nobody.
using KeptFiguresSource = std::function<KeptFigures()>;

} // namespace sluice::gateway
