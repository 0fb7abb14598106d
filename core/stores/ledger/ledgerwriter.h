// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger's thread writes to: a file or a server. Made, used and destroyed on that thread.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/stores/ledger/ledgerbatch.h"
#include "core/stores/ledger/ledgerplace.h"

#include <memory>

namespace sluice::stores {

/// How long things are kept; 0: for ever.
struct LedgerAges
{
    std::chrono::milliseconds rows{0};
    std::chrono::milliseconds hourly{0};
    std::chrono::milliseconds daily{0};
};

class LedgerWriter
{
public:
    /// For the place; the clock must outlive it. Nothing is opened yet.
    static std::unique_ptr<LedgerWriter> make(const LedgerPlace &place, const Clock &clock);

    LedgerWriter() = default;
    virtual ~LedgerWriter() = default;
    Q_DISABLE_COPY_MOVE(LedgerWriter)

    /// False also if what was open is not there any more.
    [[nodiscard]] virtual bool isOpen() const = 0;

    /// Makes or opens the ledger and brings it to the current schema. Errors: Invalid for a broken
    /// one that is out of the way now, so that open() makes a new one next; Unsupported for a newer
    /// schema; Busy; Io; Timeout.
    virtual Result<void> open() = 0;

    virtual void close() = 0;

    /// All or nothing. After an error it is closed; Invalid as of open().
    virtual Result<void> write(const LedgerBatch &batch) = 0;

    // Errors of the rest as of write().

    /// Sums up these properties from now on.
    virtual Result<void> setProperties(const QByteArrayList &names) = 0;

    /// Whether there is something for rollUp() to do.
    [[nodiscard]] virtual bool hasSums() const = 0;

    /// What need not be done with each batch. True: there is more of it.
    virtual Result<bool> rollUp() = 0;

    /// Removes what is older, a little at a time. True: there is more.
    virtual Result<bool> clean(const LedgerAges &ages) = 0;

    /// The program ends: whatever waits for somebody else, now or later, waits no longer than this
    /// in all. Any thread.
    virtual void hurry(std::chrono::milliseconds most) = 0;
};

} // namespace sluice::stores
