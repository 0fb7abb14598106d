// SPDX-License-Identifier: GPL-3.0-or-later
// Questions of the admin API to the ledger, a few at a time on threads of their own. Made, used and
// destroyed on the main thread; nobody waits for an answer that nobody wants.
#pragma once

#include "core/gateway/admin/adminhandler.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QThreadPool>

#include <atomic>
#include <mutex>
#include <vector>

namespace sluice::session {

class AdminQuestions final
{
public:
    AdminQuestions();

    /// Breaks off what runs; what waits is dropped.
    ~AdminQuestions();
    Q_DISABLE_COPY_MOVE(AdminQuestions)

    /// What to do with a ledger that is open; called on a thread of the pool.
    using Ask = std::function<gateway::Response(stores::LedgerReader &)>;

    /// Opens the ledger, asks, and answers. Broken off when the client leaves.
    void ask(const stores::LedgerPlace &place, const gateway::AdminTicketPtr &ticket, Ask ask);

    /// Answers with what work gives; it is not broken off.
    void run(const gateway::AdminTicketPtr &ticket, std::function<gateway::Response()> work);

    /// Whether all of this ends; for work that can be broken off. Any thread.
    [[nodiscard]] bool isEnding() const { return m_isEnding; }

    /// An error as an answer.
    static gateway::Response failed(const Error &error);

private:
    using ReaderPtr = std::shared_ptr<stores::LedgerReader>;

    void answer(
        const stores::LedgerPlace &place, const gateway::AdminTicketPtr &ticket, const Ask &ask);
    void interruptAll();

    std::atomic<bool> m_isEnding = false;
    std::mutex m_mutex; ///< guards the next one
    std::vector<std::weak_ptr<stores::LedgerReader>> m_readers; ///< that are answering
    QThreadPool m_pool;
};

} // namespace sluice::session
