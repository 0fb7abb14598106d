// SPDX-License-Identifier: GPL-3.0-or-later
// The sums and rows of a ledger's file. On the thread of its connection.
#pragma once

#include "core/stores/ledger/usagesource.h"
#include "core/stores/sqlite/database.h"

namespace sluice::stores::sqlite {

class SqliteUsage final : public UsageSource
{
public:
    /// The database must outlive it.
    explicit SqliteUsage(Database &database) : m_database(database) { }

    // Errors as of errorOf().
    Result<void> begin() override;
    Result<void> end() override;
    Result<void> each(const QByteArray &sql, const QStringList &values,
        const std::function<void(const UsageRow &)> &row) override;
    Result<qint64> summedTo() override;
    QByteArray propertyField(const QString &name, QStringList &values) const override;

private:
    Database &m_database;
};

} // namespace sluice::stores::sqlite
