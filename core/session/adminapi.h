// SPDX-License-Identifier: GPL-3.0-or-later
// Carries out what the admin API asks for: operations on the main thread, where they live beside
// the window's; counters and questions to the ledger on threads of their own. Lives on the main
// thread; outlives the gateways that it serves.
#pragma once

#include "core/base/result.h"
#include "core/gateway/admin/adminhandler.h"
#include "core/session/adminquestions.h"

#include <QObject>
#include <QThreadPool>

namespace sluice::limits {
class Limiter;
struct Limit;
} // namespace sluice::limits

namespace sluice::session {

class LimitOperations;

class AdminApi final : public QObject, public gateway::AdminHandler
{
    Q_OBJECT

public:
    /// Both must outlive the API.
    AdminApi(limits::Limiter &limiter, LimitOperations &operations, QObject *parent = nullptr);

    /// Breaks off questions to the ledger; what waits is dropped.
    ~AdminApi() override;
    Q_DISABLE_COPY_MOVE(AdminApi)

    /// The data directory with the ledger, and the configuration's file name for `source`.
    void setPlace(const QString &folder, const QString &fileName);

    /// Where requests are recorded instead: `recording.url`; empty: in the directory.
    void setLedgerUrl(const QString &url) { m_ledgerUrl = url; }

    /// Any thread.
    void handle(gateway::AdminRequest request, gateway::AdminTicketPtr ticket) override;

private:
    using Work = std::function<gateway::Response()>;

    void carryOut(const gateway::AdminRequest &request, const gateway::AdminTicketPtr &ticket);
    gateway::Response operate(const gateway::AdminRequest &request);
    gateway::Response reset(const gateway::AdminRequest &request);
    gateway::Response raises() const;
    gateway::Response raise(const gateway::AdminRequest &request);
    gateway::Response endRaise(const gateway::AdminRequest &request);
    gateway::Response blocks() const;
    gateway::Response block(const gateway::AdminRequest &request);
    gateway::Response unblock(const gateway::AdminRequest &request);
    [[nodiscard]] Work listCounters(const gateway::AdminRequest &request) const;
    void askUsage(const gateway::AdminRequest &request, const gateway::AdminTicketPtr &ticket);
    void askSql(const gateway::AdminRequest &request, const gateway::AdminTicketPtr &ticket);
    void forget(const gateway::AdminRequest &request, const gateway::AdminTicketPtr &ticket);
    [[nodiscard]] Result<QByteArray> nameOf(const QByteArray &limit) const;
    [[nodiscard]] stores::LedgerPlace ledger() const;
    void run(const gateway::AdminTicketPtr &ticket, Work work);

    limits::Limiter &m_limiter;
    LimitOperations &m_operations;
    QString m_folder;
    QString m_ledgerUrl;
    QString m_fileName;
    QThreadPool m_readings; ///< counters: many, but in memory
    AdminQuestions m_questions;
};

} // namespace sluice::session
