// SPDX-License-Identifier: GPL-3.0-or-later
// Puts rows into the ledger's table: one statement, prepared once, whose values are bound where
// they lie. On the thread of its connection.
#pragma once

#include "core/insight/finishedrows.h"
#include "core/stores/sqlite/database.h"

namespace sluice::stores {

class LedgerInsert final
{
public:
    /// Errors as of Database::prepare().
    static Result<LedgerInsert> prepare(sqlite::Database &database);

    /// The row must live until the next call.
    Result<void> run(qint64 id, const insight::FinishedRow &row);

private:
    explicit LedgerInsert(sqlite::Statement statement);
    void text(QByteArrayView utf8);
    void number(qint64 value);
    void number(const std::optional<qint64> &value);

    sqlite::Statement m_statement;
    int m_place = 0; ///< that was bound last
    QByteArray m_properties; ///< of the row, as JSON
};

/// Puts them into `out` as a JSON object of texts.
void setPropertiesJson(std::span<const insight::RowProperty> properties, QByteArray &out);

} // namespace sluice::stores
