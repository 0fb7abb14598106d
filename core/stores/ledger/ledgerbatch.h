// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger writes at once: all of it or nothing, and once however often it is tried. A
// value.
#pragma once

#include "core/insight/activity.h"
#include "core/stores/ledger/rollupbook.h"

#include <map>
#include <vector>

namespace sluice::stores {

/// Requests without a row: start of the minute in milliseconds since the epoch -> how many.
using RequestsByMinute = std::map<qint64, qint64>;

struct LedgerBatch
{
    /// 128 random bits in hexadecimal. What is tried again has the same id and is the same.
    QByteArray id;
    bool isDurable = false; ///< is to survive a power cut, too
    std::vector<insight::FinishedRequests> requests;
    RequestsByMinute lost; ///< how many of the sums have no row because they came too fast
    RollupBook sums; ///< of requests that are not in `requests`

    [[nodiscard]] bool isEmpty() const
    {
        return requests.empty() && lost.empty() && sums.size() == 0;
    }
};

} // namespace sluice::stores
