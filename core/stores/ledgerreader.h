// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a ledger's file, also while a gateway writes it, and cannot change it. Used on the thread
// that opened it; a question may take as long as the file is large, so never on the window's.
#pragma once

#include "core/base/result.h"
#include "core/stores/table.h"
#include "core/stores/usagequery.h"

#include <memory>

namespace sluice::stores {

class LedgerReader final
{
public:
    /// NotFound if there is no file, Unsupported if it is newer than this program, Invalid if it is
    /// no ledger or a broken one.
    static Result<std::unique_ptr<LedgerReader>> open(const QString &path);

    ~LedgerReader();
    Q_DISABLE_COPY_MOVE(LedgerReader)

    /// Sums of the requests that were identified, ordered by the groups.
    [[nodiscard]] Result<Table> usage(const UsageQuery &query) const;

    /// The rows of one statement that reads, at most so many. Refused for every other one.
    [[nodiscard]] Result<Table> select(const QString &sql, qint64 maxRows) const;

    /// Requests of the time that could only be counted: they are in no row.
    [[nodiscard]] Result<qint64> lost(const UsageQuery &query) const;

private:
    explicit LedgerReader(const QString &path);
    [[nodiscard]] Result<void> check() const;

    QString m_connection; ///< by which Qt knows it
};

} // namespace sluice::stores
