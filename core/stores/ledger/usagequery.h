// SPDX-License-Identifier: GPL-3.0-or-later
// Which requests of the ledger to sum up, and by what. Values, pure.
#pragma once

#include "core/base/result.h"

#include <QStringList>

#include <chrono>
#include <optional>
#include <vector>

namespace sluice::stores {

/// How time is divided, in UTC; weeks begin on Monday.
enum class UsageBucket : quint8 { Minute, Hour, Day, Week, Month };

struct UsageQuery
{
    struct Condition
    {
        QString field; ///< a name of isUsageField()
        QString value;
    };

    QStringList by; ///< names of isUsageField(); empty: one sum of everything
    std::vector<Condition> where; ///< several of one field: any; of different fields: all
    std::optional<std::chrono::milliseconds> since; ///< UTC, included
    std::optional<std::chrono::milliseconds> until; ///< UTC, not included
    std::optional<UsageBucket> bucket; ///< the answer begins with a column `time`
};

/// "key", "owner", "team", "user", "provider", "model", "router", "status" or "property:<name>".
bool isUsageField(const QString &name);

/// The name of a property field in lower case; empty for every other one.
QString propertyOf(const QString &field);

/// "minute", "hour", "day", "week" or "month".
std::optional<UsageBucket> usageBucket(const QString &name);

/// Invalid for what is no field, or twice in `by`, and for a time that ends before it begins.
Result<void> check(const UsageQuery &query);

} // namespace sluice::stores
