// SPDX-License-Identifier: GPL-3.0-or-later
// One thread that reads the ledger, for one question at a time: a newer question interrupts the one
// before. Owned by who asks and called on the main thread.
#pragma once

#include "core/base/result.h"
#include "core/session/ledgerreading.h"
#include "core/stores/ledger/ledgerplace.h"

#include <QMutex>
#include <QObject>
#include <QThread>

#include <atomic>
#include <functional>
#include <memory>

namespace sluice::session {

class LedgerThread final
{
public:
    /// Runs on the thread, with a reader of its own or the reason why there is none.
    using Job =
        std::function<void(const Result<stores::LedgerReader *> &, const ledgerreading::Watch &)>;

    LedgerThread();

    /// Interrupts and waits.
    ~LedgerThread();
    Q_DISABLE_COPY_MOVE(LedgerThread)

    /// Interrupts what runs, forgets what waits. The ledger is opened anew: it may be another one.
    void start(const stores::LedgerPlace &place, const Job &job);

    void interrupt();

    /// That the question which runs has so far.
    [[nodiscard]] qint64 rows() const { return m_rows; }

private:
    void run(quint64 number, const stores::LedgerPlace &place, const Job &job);

    std::atomic<quint64> m_wanted{0}; ///< the number of the only question that matters
    std::atomic<qint64> m_rows{0};
    QMutex m_mutex; ///< guards the next one
    stores::LedgerReader *m_reader = nullptr; ///< while a question runs
    QThread m_thread;
    std::unique_ptr<QObject> m_context; ///< of the thread
};

} // namespace sluice::session
