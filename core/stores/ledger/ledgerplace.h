// SPDX-License-Identifier: GPL-3.0-or-later
// Where the ledger is: in a file of a data directory, or in PostgreSQL. A value, any thread.
#pragma once

#include <QString>

namespace sluice::stores {

struct LedgerPlace
{
    /// The ledger of a data directory, or the one of `recording.url` if that is not empty.
    static LedgerPlace in(const QString &folder, const QString &url = {});

    [[nodiscard]] bool isShared() const { return !url.isEmpty(); }

    /// The SQLite file of the data directory. It has the audit also where requests are recorded
    /// elsewhere.
    QString path;
    QString url = {}; ///< of PostgreSQL, may hold a password; empty: the file is the ledger

    friend bool operator==(const LedgerPlace &, const LedgerPlace &) = default;
};

} // namespace sluice::stores
