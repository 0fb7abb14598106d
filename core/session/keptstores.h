// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that a gateway keeps outside of its own memory: the ledger, the journal of its
// counters, and the stores that it shares with other gateways. Owned by GatewaySession; main
// thread unless a member says otherwise.
#pragma once

#include "core/gateway/gateway.h"
#include "core/session/gatewaysession.h"
#include "core/stores/gatewayidentity.h"
#include "core/stores/journal.h"
#include "core/stores/ledger.h"

#include <QCoreApplication>
#include <QThreadPool>

namespace sluice::session {

class KeptStores final
{
    Q_DECLARE_TR_FUNCTIONS(KeptStores)

public:
    /// Told what is wrong with one of them, on any thread; an empty sentence when all is well.
    using Reporter = std::function<void(GatewaySession::Store, const QString &)>;

    /// Limiter and clock must outlive it.
    KeptStores(limits::Limiter &limiter, Clock &clock, Reporter reporter);
    Q_DISABLE_COPY_MOVE(KeptStores)

    /// Where the ledger and the counters are kept, from the next open() on; else they are not.
    void keepLedger(const QString &folder) { m_ledgerFolder = folder; }

    void keepCounters(const QString &folder);

    /// Opens what the configuration wants and waits for the counters of the last run; the limits
    /// are in force already, and there are no gateway threads yet.
    void open(const config::Configuration &configuration);

    /// Goes on as another configuration says.
    void apply(const config::Configuration &configuration);

    /// Limits that have just been added start from what the ledger knows of their period; a moment
    /// later, when it knows everything.
    void startFromLedger(const std::vector<limits::LimitPtr> &added);

    /// Writes what is left; there are no gateway threads any more.
    void close();

    /// Any thread.
    void append(const insight::FinishedRequests &requests);

    /// Before the gateway starts.
    void equip(gateway::Gateway &gateway);

private:
    void openLedger(const config::Configuration &configuration);
    [[nodiscard]] stores::LedgerPlace placeIn(const config::Configuration &configuration) const;
    void openJournal(const config::Configuration &configuration);
    [[nodiscard]] std::function<void(const QString &)> reporterOf(
        GatewaySession::Store store) const;

    limits::Limiter &m_limiter;
    Clock &m_clock;
    const Reporter m_reporter;
    QString m_ledgerFolder;
    stores::LedgerPlace m_ledgerPlace; ///< while the ledger is open
    QString m_counterFolder;
    bool m_hasCounters = false; ///< those of the last run are loaded
    /// Whether policies that clients send are kept; looked at by the journal's thread.
    std::shared_ptr<std::atomic<bool>> m_keepsPolicies = std::make_shared<std::atomic<bool>>(true);
    std::unique_ptr<stores::Journal> m_journal; ///< outlives the gateways of one run
    std::unique_ptr<stores::Ledger> m_ledger; ///< outlives them too
    std::unique_ptr<QObject> m_soon = std::make_unique<QObject>(); ///< whom calls that are due find
    QThreadPool m_seeding;
    std::atomic<bool> m_isClosing = false; ///< what m_seeding asks is broken off
    const std::shared_ptr<const stores::GatewayIdentity> m_identity =
        stores::GatewayIdentity::make(); ///< by which shared stores know this process
};

} // namespace sluice::session
