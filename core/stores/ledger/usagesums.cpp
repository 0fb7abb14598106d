// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/usagesums.h"

#include <limits>

namespace sluice::stores {

void UsageSums::add(const UsageSums &other)
{
    for (size_t i = 0; i < values.size(); ++i) {
        if (__builtin_add_overflow(values[i], other.values[i], &values[i]))
            values[i] = std::numeric_limits<qint64>::max();
    }
}

UsageSums sumsOf(const insight::FinishedRow &row)
{
    const metering::TokenUsage &tokens = row.tokens;
    return {{1, row.isAdmitted, row.isRefused, row.isError, tokens.input.value_or(0),
        tokens.cachedInput.value_or(0), tokens.cacheWrite.value_or(0), tokens.output.value_or(0),
        tokens.reasoning.value_or(0), row.cost.value_or(0), row.isUnpriced, row.isEstimated}};
}

} // namespace sluice::stores
