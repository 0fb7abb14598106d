// SPDX-License-Identifier: GPL-3.0-or-later
// What requests are summed up to: the figures of `sluicectl usage`, in its order. A value, any
// thread.
#pragma once

#include "core/insight/finishedrows.h"

#include <QLatin1StringView>

#include <array>

namespace sluice::stores {

/// Names of the figures, as columns of the roll-ups and of answers.
inline constexpr std::array UsageSumNames{QLatin1StringView("requests"),
    QLatin1StringView("admitted"), QLatin1StringView("refused"), QLatin1StringView("errors"),
    QLatin1StringView("input_tokens"), QLatin1StringView("cached_input_tokens"),
    QLatin1StringView("cache_write_tokens"), QLatin1StringView("output_tokens"),
    QLatin1StringView("reasoning_tokens"), QLatin1StringView("micro_cents"),
    QLatin1StringView("unpriced_requests"), QLatin1StringView("estimated_requests")};

/// The same figures of rows of the view `requests`, in SQL.
inline constexpr std::array UsageSumExpressions{QLatin1StringView("count(*)"),
    QLatin1StringView("sum(admitted)"), QLatin1StringView("sum(refused)"),
    QLatin1StringView("sum(error)"), QLatin1StringView("sum(input_tokens)"),
    QLatin1StringView("sum(cached_input_tokens)"), QLatin1StringView("sum(cache_write_tokens)"),
    QLatin1StringView("sum(output_tokens)"), QLatin1StringView("sum(reasoning_tokens)"),
    QLatin1StringView("sum(micro_cents)"), QLatin1StringView("sum(unpriced)"),
    QLatin1StringView("sum(estimated)")};

struct UsageSums
{
    std::array<qint64, UsageSumNames.size()> values{};

    [[nodiscard]] qint64 requests() const { return values[0]; }

    /// Sums stop at the largest number instead of going round.
    void add(const UsageSums &other);
};

/// One request.
UsageSums sumsOf(const insight::FinishedRow &row);

} // namespace sluice::stores
