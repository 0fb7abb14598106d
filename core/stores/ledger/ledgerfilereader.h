// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a ledger's SQLite file. As LedgerReader.
#pragma once

#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/sqlite/database.h"

#include <QDeadlineTimer>

#include <atomic>

namespace sluice::stores {

class LedgerFileReader final : public LedgerReader
{
public:
    /// Errors as of LedgerReader::open().
    static Result<std::unique_ptr<LedgerReader>> open(const QString &path);

    Q_DISABLE_COPY_MOVE(LedgerFileReader)
    ~LedgerFileReader() override = default;

    [[nodiscard]] Result<Table> usage(const UsageQuery &query, const ReadLimits &limits) override;
    [[nodiscard]] Result<Table> select(const QString &sql, const ReadLimits &limits) override;
    [[nodiscard]] Result<qint64> lost(const UsageQuery &query) override;
    void interrupt() override;

private:
    explicit LedgerFileReader(sqlite::Database database);
    void begin(const ReadLimits &limits);
    bool goesOn();
    Error explained(const Error &error, const ReadLimits &limits) const;
    Result<Table> fetch(sqlite::Statement &statement, const ReadLimits &limits);

    sqlite::Database m_database;
    QDeadlineTimer m_deadline;
    std::atomic<bool> m_isInterrupted = false;
    std::function<void(qint64)> m_progress; ///< of the question that is being answered
    qint64 m_rows = 0; ///< that it has so far
};

} // namespace sluice::stores
