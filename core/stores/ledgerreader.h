// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a ledger's file, also while a gateway writes it, and cannot change it. Used on one thread;
// a question may take as long as the file is large, so never on the window's.
#pragma once

#include "core/base/result.h"
#include "core/stores/sqlite/database.h"
#include "core/stores/table.h"
#include "core/stores/usagequery.h"

#include <QDeadlineTimer>

#include <atomic>
#include <functional>
#include <memory>

namespace sluice::stores {

/// How much one question may get.
struct ReadLimits
{
    qint64 maxRows = 10'000; ///< the answer is cut there
    std::chrono::milliseconds maxTime{30'000}; ///< then it is an error; 0: as long as it takes
    std::function<void(qint64 rows)> progress; ///< told now and then how many rows there are so far
};

class LedgerReader final
{
public:
    /// NotFound if there is no file, Unsupported if it is newer than this program, Invalid if it is
    /// no ledger or a broken one.
    static Result<std::unique_ptr<LedgerReader>> open(const QString &path);

    Q_DISABLE_COPY_MOVE(LedgerReader)
    ~LedgerReader() = default;

    /// Sums of the requests that were identified, ordered by the groups. Errors: Invalid for a
    /// query that is none, Timeout, Cancelled, Io.
    [[nodiscard]] Result<Table> usage(const UsageQuery &query, const ReadLimits &limits);

    /// As long as it takes.
    [[nodiscard]] Result<Table> usage(const UsageQuery &query);

    /// The rows of one statement that reads. Refused for every other one; Invalid, Timeout,
    /// Cancelled, Io.
    [[nodiscard]] Result<Table> select(const QString &sql, const ReadLimits &limits);
    [[nodiscard]] Result<Table> select(const QString &sql, qint64 maxRows);

    /// Requests of the time that came too fast: they are in the sums, and in no row.
    [[nodiscard]] Result<qint64> lost(const UsageQuery &query);

    /// Ends the question that is being answered; it fails with Cancelled. Any thread.
    void interrupt();

private:
    explicit LedgerReader(sqlite::Database database);
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
