// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's SQLite file, open for writing. Made, used and destroyed on the ledger's thread.
#pragma once

#include "core/base/clock.h"
#include "core/insight/activity.h"
#include "core/stores/ledgerinsert.h"
#include "core/stores/ledgerrollups.h"

#include <map>
#include <optional>

namespace sluice::stores {

/// Requests without a row: start of the minute in milliseconds since the epoch -> how many.
using RequestsByMinute = std::map<qint64, qint64>;

class LedgerFile final
{
public:
    using Durability = sqlite::Database::Durability;

    /// How long things are kept; 0: for ever.
    struct Ages
    {
        std::chrono::milliseconds rows{0};
        std::chrono::milliseconds hourly{0};
        std::chrono::milliseconds daily{0};
    };

    LedgerFile(QString path, const Clock &clock);
    Q_DISABLE_COPY_MOVE(LedgerFile)

    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }

    /// Makes or opens the file and brings it to the current schema. Errors: Invalid for a broken
    /// one, which is renamed aside with a warning in the log, so that open() makes a new one next;
    /// Unsupported for a newer schema; Busy; Io.
    Result<void> open();

    void close();

    /// What write() has survived from now on; Normal in the beginning.
    Result<void> setDurability(Durability durability);

    /// Adds rows and their sums, sums without rows, and the number of those rows, in one
    /// transaction: all or nothing. After an error the file is closed; Invalid: it was broken and
    /// is renamed aside, open() makes a new one.
    Result<void> write(const std::vector<insight::FinishedRequests> &requests,
        const RequestsByMinute &lost, const RollupBook &sums = {});

    // Errors of the rest as of write().

    /// Sums up these properties from now on.
    Result<void> setProperties(const QByteArrayList &names);

    /// Whether there are sums that rollUp() would put into the file.
    [[nodiscard]] bool hasSums() const
    {
        return m_rollups && (m_rollups->waitingRows() > 0 || m_rollups->isBehind());
    }

    /// Puts the sums into the file, with those of some rows that nobody has summed up. True: there
    /// are more of them.
    Result<bool> rollUp();

    /// Removes what is older, a little at a time. True: there is more.
    Result<bool> clean(const Ages &ages);

private:
    Result<void> prepare();
    Result<void> putProperties();
    Result<void> insert(
        const std::vector<insight::FinishedRequests> &requests, const RollupBook &sums);
    Result<void> count(const RequestsByMinute &lost);
    Result<bool> remove(const Ages &ages);
    Result<void> abandon(const Error &error);
    Result<void> moveAside(const Error &error);

    QString m_path;
    const Clock &m_clock;
    sqlite::Database m_database;
    Durability m_durability = Durability::Normal; ///< of m_database
    std::optional<LedgerInsert> m_insert;
    std::optional<LedgerRollups> m_rollups;
    std::optional<QByteArrayList> m_properties; ///< not told yet: those of the file
};

} // namespace sluice::stores
