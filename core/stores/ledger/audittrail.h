// SPDX-License-Identifier: GPL-3.0-or-later
// What people have done, in the ledger's file: who, what, before, after. It is only ever added to,
// and kept for ever. Opens the file for each entry, so that it does not matter what becomes of it
// in between. Any one thread; waits for the disk.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <vector>

namespace sluice::stores {

struct AuditEntry
{
    std::chrono::milliseconds time{0}; ///< wall time
    QString actor; ///< who has done it
    QString action; ///< "reset", "block", "key added", ...
    QString subject; ///< the limit, the segment or the file that it was done to
    QString value; ///< of the limit or of the segment; empty: all of it
    QString before; ///< JSON; empty: nothing was there
    QString after; ///< JSON; empty: nothing is there
};

class AuditTrail final
{
public:
    /// Of the ledger at this path, which is made with the first entry.
    explicit AuditTrail(QString path) : m_path(std::move(path)) { }

    /// All of the entries or none; they are on the disk when it returns. Errors as of
    /// sqlite::Database, and Unsupported for a newer file.
    Result<void> append(const std::vector<AuditEntry> &entries) const;

    /// The same for entries that may be there already: those are left out.
    Result<void> import(const std::vector<AuditEntry> &entries) const;

private:
    Result<void> write(const std::vector<AuditEntry> &entries, bool isOnce) const;

    QString m_path;
};

} // namespace sluice::stores
