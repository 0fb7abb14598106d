// SPDX-License-Identifier: GPL-3.0-or-later
// What UsageAnswer reads: the tables and views of a ledger, by SQL that SQLite and PostgreSQL both
// understand. On the thread of its connection.
#pragma once

#include "core/base/result.h"

#include <QByteArrayView>
#include <QStringList>

#include <functional>

namespace sluice::stores {

/// One row of an answer, valid until the next one.
class UsageRow
{
public:
    UsageRow() = default;
    virtual ~UsageRow() = default;
    Q_DISABLE_COPY_MOVE(UsageRow)

    [[nodiscard]] virtual qint64 number(int column) const = 0; ///< 0 for NULL
    [[nodiscard]] virtual QByteArrayView text(int column) const = 0; ///< empty for NULL
};

class UsageSource
{
public:
    UsageSource() = default;
    virtual ~UsageSource() = default;
    Q_DISABLE_COPY_MOVE(UsageSource)

    /// From now on one state of the ledger is read, until end().
    virtual Result<void> begin() = 0;
    virtual Result<void> end() = 0;

    /// Calls `row` for each row of a statement whose places (`?`) are filled with these texts.
    virtual Result<void> each(const QByteArray &sql, const QStringList &values,
        const std::function<void(const UsageRow &)> &row) = 0;

    /// The id of the last row that the sums have; the largest number: they always have all.
    virtual Result<qint64> summedTo() = 0;

    /// A property of rows as SQL; what it needs goes to `values`.
    virtual QByteArray propertyField(const QString &name, QStringList &values) const = 0;

    /// The only number of a statement without places.
    Result<qint64> number(const QByteArray &sql)
    {
        qint64 found = 0;
        const auto done = each(sql, {}, [&found](const UsageRow &row) { found = row.number(0); });
        if (!done)
            return done.error();
        return found;
    }
};

} // namespace sluice::stores
