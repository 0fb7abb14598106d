// SPDX-License-Identifier: GPL-3.0-or-later
// Brings the audit of a data directory into PostgreSQL, entry by entry and each once. What people
// do is written into the directory's own file at once and never waits for a server; this follows.
// On the ledger's thread.
#pragma once

#include "core/base/result.h"
#include "core/stores/sqlite/database.h"

#include <optional>

namespace sluice::stores {

class PostgresLink;

class AuditCopy final
{
public:
    /// Of the ledger's file at this path; it need not be there.
    explicit AuditCopy(QString path) : m_path(std::move(path)) { }

    /// The server may be another one: it is asked what it has.
    void forgetWhatIsCopied() { m_copiedTo.reset(); }

    /// Copies some. True: there are more. Errors of the link; a file that cannot be read is a
    /// warning in the log, and tried again.
    Result<bool> copy(PostgresLink &link);

private:
    struct Entries
    {
        QByteArrayList columns; ///< each an array as SQL
        qint64 last = 0; ///< id
        int count = 0;
    };

    Result<void> open();
    Result<Entries> read(qint64 after);
    Result<qint64> askForLast(PostgresLink &link) const;
    void warn(const Error &error);

    QString m_path;
    sqlite::Database m_database;
    QByteArray m_origin; ///< the name of the file among those of other gateways
    std::optional<qint64> m_copiedTo; ///< the last id that the server has
    QString m_problem; ///< that was warned of last
};

} // namespace sluice::stores
