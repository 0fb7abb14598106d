// SPDX-License-Identifier: GPL-3.0-or-later
// Sums of requests as a test expects them, from records and not from rows. Values.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/stores/ledger/table.h"
#include "core/stores/ledger/usagequery.h"

#include <map>

namespace sluice::test {

/// What a row is grouped by (the time first, if there is one) -> its figures.
using UsageGroups = std::map<QStringList, std::vector<qint64>>;

/// What a query should answer.
UsageGroups expectedUsage(
    const std::vector<insight::RequestRecord> &records, const stores::UsageQuery &query);

/// What it has answered.
UsageGroups groupsOf(const stores::Table &table, const stores::UsageQuery &query);

} // namespace sluice::test
