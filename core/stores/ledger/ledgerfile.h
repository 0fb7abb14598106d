// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's SQLite file, open for writing. Made, used and destroyed on the ledger's thread.
#pragma once

#include "core/stores/ledger/ledgerinsert.h"
#include "core/stores/ledger/ledgerrollups.h"
#include "core/stores/ledger/ledgerwriter.h"

#include <optional>

namespace sluice::stores {

class LedgerFile final : public LedgerWriter
{
public:
    LedgerFile(QString path, const Clock &clock);
    Q_DISABLE_COPY_MOVE(LedgerFile)

    /// Somebody may have moved the file away.
    [[nodiscard]] bool isOpen() const override;

    /// Renames a broken file aside, with a warning in the log.
    Result<void> open() override;

    void close() override;

    Result<void> write(const LedgerBatch &batch) override;

    /// Adds rows and their sums, sums without rows, and the number of those rows, in one
    /// transaction: all or nothing. After an error the file is closed; Invalid: it was broken and
    /// is renamed aside, open() makes a new one.
    Result<void> write(const std::vector<insight::FinishedRequests> &requests,
        const RequestsByMinute &lost, const RollupBook &sums = {});

    Result<void> setProperties(const QByteArrayList &names) override;

    /// Whether there are sums that rollUp() would put into the file.
    [[nodiscard]] bool hasSums() const override
    {
        return m_rollups && (m_rollups->waitingRows() > 0 || m_rollups->isBehind());
    }

    /// Puts the sums into the file, with those of some rows that nobody has summed up. True: there
    /// are more of them.
    Result<bool> rollUp() override;

    Result<bool> clean(const LedgerAges &ages) override;

    /// A disk that does not answer cannot be hurried.
    void hurry(std::chrono::milliseconds /*most*/) override { }

private:
    using Durability = sqlite::Database::Durability;

    Result<void> prepare();
    Result<void> setDurability(Durability durability);
    Result<void> putProperties();
    Result<void> insert(
        const std::vector<insight::FinishedRequests> &requests, const RollupBook &sums);
    Result<void> count(const RequestsByMinute &lost);
    Result<bool> remove(const LedgerAges &ages);
    Result<void> abandon(const Error &error);

    QString m_path;
    const Clock &m_clock;
    sqlite::Database m_database;
    Durability m_durability = Durability::Normal; ///< of m_database
    std::optional<LedgerInsert> m_insert;
    std::optional<LedgerRollups> m_rollups;
    std::optional<QByteArrayList> m_properties; ///< not told yet: those of the file
};

} // namespace sluice::stores
