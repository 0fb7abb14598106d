// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's SQLite file, open for writing. Made, used and destroyed on the ledger's thread.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/stores/ledgerrow.h"

#include <QSqlDatabase>

namespace sluice::stores {

class LedgerFile final
{
public:
    LedgerFile(QString path, const Clock &clock);
    ~LedgerFile();
    Q_DISABLE_COPY_MOVE(LedgerFile)

    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }

    /// Makes or opens the file and brings it to the current schema. Errors: Invalid for a broken
    /// one, which is renamed aside with a warning in the log, so that open() makes a new one next;
    /// Unsupported for a newer schema; Io.
    Result<void> open();

    void close();

    /// Adds rows, and requests that have none, in one transaction: all or nothing. After an error
    /// the file is closed; Invalid: it was broken and is renamed aside, open() makes a new one.
    Result<void> write(const std::vector<LedgerRow> &rows, const RequestsByMinute &lost);

    /// Removes what is older, at most so many rows, and gives how many it were. Errors as of
    /// write().
    Result<int> removeBefore(std::chrono::milliseconds time, int most);

private:
    Result<void> insert(const std::vector<LedgerRow> &rows);
    Result<void> count(const RequestsByMinute &lost);
    Result<void> execute(const QString &statement);
    Result<void> abandon(const Error &error);
    Result<void> moveAside(const Error &error);

    QString m_path;
    const Clock &m_clock;
    QSqlDatabase m_database;
};

} // namespace sluice::stores
