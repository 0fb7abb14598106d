// SPDX-License-Identifier: GPL-3.0-or-later
// Which requests of the ledger to sum up, and by what. Values, pure.
#pragma once

#include "core/base/result.h"

#include <QStringList>
#include <QVariantList>

#include <chrono>
#include <optional>
#include <vector>

namespace sluice::stores {

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
};

/// A query in SQL with its `?` filled by values.
struct UsageStatement
{
    QString sql;
    QVariantList values;
    QStringList columns; ///< names of the result's columns
};

/// "key", "owner", "team", "user", "provider", "model", "router", "status" or "property:<name>".
bool isUsageField(const QString &name);

/// Invalid for what is no field, or twice in `by`.
Result<UsageStatement> toStatement(const UsageQuery &query);

} // namespace sluice::stores
