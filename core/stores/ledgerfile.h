// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's SQLite file, open for writing. Made, used and destroyed on the ledger's thread.
#pragma once

#include "core/base/clock.h"
#include "core/insight/activity.h"
#include "core/stores/ledgerinsert.h"

#include <map>
#include <optional>

namespace sluice::stores {

/// Requests that could only be counted: start of the minute in milliseconds since the epoch ->
/// how many.
using RequestsByMinute = std::map<qint64, qint64>;

class LedgerFile final
{
public:
    LedgerFile(QString path, const Clock &clock);
    Q_DISABLE_COPY_MOVE(LedgerFile)

    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }

    /// Makes or opens the file and brings it to the current schema. Errors: Invalid for a broken
    /// one, which is renamed aside with a warning in the log, so that open() makes a new one next;
    /// Unsupported for a newer schema; Busy; Io.
    Result<void> open();

    void close();

    /// Adds rows, and requests that have none, in one transaction: all or nothing. After an error
    /// the file is closed; Invalid: it was broken and is renamed aside, open() makes a new one.
    Result<void> write(
        const std::vector<insight::FinishedRequests> &requests, const RequestsByMinute &lost);

    /// Removes what is older, at most so many rows, and gives how many it were. Errors as of
    /// write().
    Result<int> removeBefore(std::chrono::milliseconds time, int most);

private:
    Result<void> prepare();
    Result<void> insert(const std::vector<insight::FinishedRequests> &requests);
    Result<void> count(const RequestsByMinute &lost);
    Result<qint64> remove(std::chrono::milliseconds time, int most);
    Result<void> abandon(const Error &error);
    Result<void> moveAside(const Error &error);

    QString m_path;
    const Clock &m_clock;
    sqlite::Database m_database;
    std::optional<LedgerInsert> m_insert;
    qint64 m_lastId = 0; ///< of a row
};

} // namespace sluice::stores
