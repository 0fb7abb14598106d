// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a ledger, also while a gateway writes it, and cannot change it. Used on one thread; a
// question may take as long as the ledger is large, so never on the window's.
#pragma once

#include "core/base/result.h"
#include "core/stores/ledger/ledgerplace.h"
#include "core/stores/ledger/table.h"
#include "core/stores/ledger/usagequery.h"

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

class LedgerReader
{
public:
    /// NotFound if there is no ledger, Unsupported if it is newer than this program, Invalid if it
    /// is no ledger or a broken one. A server is asked with the first question, which has the same
    /// errors, and Io, Timeout and Refused.
    static Result<std::unique_ptr<LedgerReader>> open(const LedgerPlace &place);

    LedgerReader() = default;
    virtual ~LedgerReader() = default;
    Q_DISABLE_COPY_MOVE(LedgerReader)

    /// Sums of the requests that were identified, ordered by the groups. Errors: Invalid for a
    /// query that is none, Timeout, Cancelled, Io.
    [[nodiscard]] virtual Result<Table> usage(
        const UsageQuery &query, const ReadLimits &limits) = 0;

    /// As long as it takes.
    [[nodiscard]] Result<Table> usage(const UsageQuery &query);

    /// The rows of one statement that reads. Refused for every other one; Invalid, Timeout,
    /// Cancelled, Io.
    [[nodiscard]] virtual Result<Table> select(const QString &sql, const ReadLimits &limits) = 0;
    [[nodiscard]] Result<Table> select(const QString &sql, qint64 maxRows);

    /// Requests of the time that came too fast: they are in the sums, and in no row.
    [[nodiscard]] virtual Result<qint64> lost(const UsageQuery &query) = 0;

    /// Ends the question that is being answered; it fails with Cancelled. Any thread.
    virtual void interrupt() = 0;

protected:
    /// What answers have in common.
    static constexpr qint64 LargestAnswer = 64 * 1'024 * 1'024; ///< bytes; then it is cut
    static bool isQuestion(const QString &sql); ///< it begins with SELECT, WITH, VALUES or EXPLAIN
    static Error onlyReading();
    static Error takenBack();
    static Error tooSlow(const ReadLimits &limits);
};

} // namespace sluice::stores
