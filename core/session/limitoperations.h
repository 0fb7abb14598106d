// SPDX-License-Identifier: GPL-3.0-or-later
// What people do to running limits beside editing them: reset a counter, raise a limit for a while,
// block somebody. Each is audited and can be undone; raises and blocks survive a restart. Lives on
// the main thread.
#pragma once

#include "core/base/result.h"
#include "core/limits/counter.h"
#include "core/limits/operations.h"
#include "core/limits/rename.h"

#include <QObject>

#include <memory>

namespace sluice::limits {
class Limiter;
} // namespace sluice::limits

namespace sluice::session {

class LimitOperations final : public QObject
{
    Q_OBJECT

public:
    /// Names an operation that was carried out, for undo(); 0 = nothing was done.
    using Id = quint64;

    /// The limiter must outlive this object.
    explicit LimitOperations(limits::Limiter &limiter, QObject *parent = nullptr);
    ~LimitOperations() override;
    Q_DISABLE_COPY_MOVE(LimitOperations)

    /// Keeps raises and blocks in `folder` (operations.json) and writes the audit there (in
    /// ledger.sqlite); both are readable by their owner only. Puts what is kept there, and has not
    /// ended, in force. An error leaves everything in memory only and says why.
    Result<void> open(const QString &folder);

    /// While it is off nothing can be done. On from the beginning.
    void setEnabled(bool isOn);

    /// Empties the counter of one value (as ChainLink::value). 0 if there is no such counter.
    Id reset(const QByteArray &limit, const QByteArray &value);

    /// Empties all counters of a limit. 0 if it has none.
    Id resetAll(const QByteArray &limit);

    /// Admits `extra` (micro-units, > 0) more at once for so long, at the same refill. Replaces the
    /// raise of the same counter.
    Id raise(const QByteArray &limit, const QByteArray &value, MicroAmount extra,
        std::chrono::nanoseconds duration);
    Id endRaise(const QByteArray &limit, const QByteArray &value);

    /// Lets no request of one value through, for so long or until it is unblocked.
    Id block(const limits::Segment &segment, const QByteArray &value,
        std::optional<std::chrono::nanoseconds> duration = std::nullopt);
    Id unblock(const limits::Segment &segment, const QByteArray &value);

    /// Takes an operation back, once. False if that has no meaning any more.
    bool undo(Id id);

    /// Raises go on under the new names of their limits.
    void follow(const limits::Renames &renames);

    /// What is in force now; what has ended is gone.
    [[nodiscard]] limits::Operations inForce() const;

Q_SIGNALS:
    void changed();
    /// Counters of it are empty; a shared store has to hear of it, too.
    void wasReset(const QByteArray &limit);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session
