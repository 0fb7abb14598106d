// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that a gateway keeps outside of its own memory: the ledger, the bodies, the journal of
// its counters, and the stores that it shares with other gateways. Owned by GatewaySession; main
// thread unless a member says otherwise.
#pragma once

#include "core/gateway/gateway.h"
#include "core/session/gatewaysession.h"
#include "core/session/limitseeding.h"
#include "core/stores/bodies/bodystore.h"
#include "core/stores/gatewayidentity.h"
#include "core/stores/journal/journal.h"
#include "core/stores/ledger/ledger.h"

#include <QCoreApplication>

namespace sluice::session {

class KeptStores final
{
    Q_DECLARE_TR_FUNCTIONS(KeptStores)

public:
    /// Told what is wrong with one of them, on any thread; an empty sentence when all is well.
    using Reporter = std::function<void(GatewaySession::Store, const QString &)>;

    /// Limiter and clock must outlive it.
    /// seeded: told on any thread when limits have started from the ledger and are kept so.
    KeptStores(
        limits::Limiter &limiter, Clock &clock, Reporter reporter, std::function<void()> seeded);
    ~KeptStores();
    Q_DISABLE_COPY_MOVE(KeptStores)

    /// Where the ledger (with the bodies) and the counters are kept, from the next open() on; else
    /// they are not.
    void keepLedger(const QString &folder);

    void keepCounters(const QString &folder);

    /// The limits that the last run has left counters of, or has begun to; without them only limits
    /// without a counter are new. Before the first open().
    void rememberLimits(const std::optional<QSet<QByteArray>> &known) { m_known = known; }

    /// Opens what the configuration wants and waits for the counters of the last run; the limits
    /// are in force already, and there are no gateway threads yet. Limits that the last run did not
    /// know start from what the ledger knows of their period.
    void open(const config::Configuration &configuration, const limits::LimitSet &limits);

    /// Looks at limits that are about to be in force.
    void expect(const limits::LimitSet &limits, const limits::Renames &renames);

    /// Goes on as another configuration says, whose limits are in force. Those that are new start
    /// from what the ledger knows of their period; a moment later, when it knows everything.
    void apply(const config::Configuration &configuration);

    /// New limits that have not started from the ledger yet. The next run has to see to them if
    /// this one does not.
    [[nodiscard]] QSet<QByteArray> waitingLimits() const { return m_seeding.unsaved(); }

    /// Writes what is left; there are no gateway threads any more.
    void close();

    /// Any thread.
    void append(const insight::FinishedRequests &requests);

    /// Before the gateway starts.
    void equip(gateway::Gateway &gateway);

private:
    [[nodiscard]] stores::LedgerPlace placeIn(const config::Configuration &configuration) const;
    void openLedger(const stores::LedgerPlace &place);
    void openBodies();
    void applyBodies(const config::Recording &recording);
    [[nodiscard]] bool openJournal(const config::Configuration &configuration);
    void tellLedger(const config::Configuration &configuration);
    [[nodiscard]] std::vector<limits::LimitPtr> newOnes(
        const limits::LimitSet &limits, const limits::Renames &renames) const;
    void limitsSeeded(const QSet<QByteArray> &begun);
    [[nodiscard]] std::function<void(const QString &)> reporterOf(
        GatewaySession::Store store) const;
    [[nodiscard]] gateway::KeptFigures figures() const;

    /// Looked at by any thread.
    struct Health
    {
        std::atomic<bool> isLedgerUp{true};
        std::atomic<bool> isJournalUp{true};
    };

    limits::Limiter &m_limiter;
    Clock &m_clock;
    const Reporter m_reporter;
    const std::function<void()> m_seeded;
    QString m_ledgerFolder;
    stores::LedgerPlace m_ledgerPlace; ///< while the ledger is open
    QString m_counterFolder;
    bool m_hasCounters = false; ///< those of the last run are loaded
    /// Whether policies that clients send are kept; looked at by the journal's thread.
    std::shared_ptr<std::atomic<bool>> m_keepsPolicies = std::make_shared<std::atomic<bool>>(true);
    std::optional<QSet<QByteArray>> m_known; ///< limits of before
    LimitSeeding m_seeding; ///< looked at by the journal's thread, too
    std::unique_ptr<stores::Journal> m_journal; ///< outlives the gateways of one run
    std::unique_ptr<stores::Ledger> m_ledger; ///< outlives them too
    std::unique_ptr<stores::BodyStore> m_bodies; ///< and so does this one
    bool m_isRecordingBodies = false; ///< the log has said so
    const std::shared_ptr<Health> m_health = std::make_shared<Health>();
    const std::shared_ptr<const stores::GatewayIdentity> m_identity =
        stores::GatewayIdentity::make(); ///< by which shared stores know this process
};

} // namespace sluice::session
