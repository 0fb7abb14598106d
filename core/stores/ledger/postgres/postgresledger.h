// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger in PostgreSQL, open for writing, shared by several gateways: each batch is one
// transaction with its rows and its sums, and is there once however often it is tried. On the
// ledger's thread, which waits for the server, but never for long.
#pragma once

#include "core/stores/ledger/ledgerwriter.h"
#include "core/stores/ledger/postgres/auditcopy.h"
#include "core/stores/postgres/postgreslink.h"

#include <optional>

namespace sluice::stores {

class PostgresLedger final : public LedgerWriter
{
public:
    struct Options
    {
        std::chrono::milliseconds timeout{8'000}; ///< of each operation
    };

    PostgresLedger(const LedgerPlace &place, const Clock &clock, const Options &options);
    ~PostgresLedger() override;
    Q_DISABLE_COPY_MOVE(PostgresLedger)

    [[nodiscard]] bool isOpen() const override;

    /// Errors: Refused for an address that is none, Unsupported, Timeout, Cancelled, Io; never
    /// Invalid.
    Result<void> open() override;

    void close() override;
    Result<void> write(const LedgerBatch &batch) override;
    Result<void> setProperties(const QByteArrayList &names) override;

    /// There may always be something in the audit.
    [[nodiscard]] bool hasSums() const override { return true; }

    /// Copies what is new in the audit of the data directory.
    Result<bool> rollUp() override;

    /// Also in the file of the data directory, from before the ledger was shared.
    Result<bool> clean(const LedgerAges &ages) override;
    void hurry(std::chrono::milliseconds most) override;

private:
    enum class Written : quint8 { Done, Again };

    void allowTime();
    Result<void> wantProperties();
    Result<void> wantPropertiesStill();
    Result<Written> tryToWrite(const LedgerBatch &batch);
    [[nodiscard]] QByteArray statementOf(const LedgerBatch &batch, bool hasRows) const;
    bool cleanFile(const LedgerAges &ages);
    Error abandon(const Error &error);
    [[nodiscard]] qint64 now() const;

    const QString m_path; ///< of the data directory's own ledger
    const Clock &m_clock;
    const Options m_options;
    std::unique_ptr<PostgresLink> m_link; ///< null: the address is none
    QString m_problem; ///< with the address
    std::optional<QByteArrayList> m_wanted; ///< properties that this gateway is to sum up
    QByteArrayList m_properties; ///< that all gateways sum up, as they were seen last
    qint64 m_wantedAt = 0; ///< when it was said last that m_wanted are wanted, milliseconds
    AuditCopy m_audit;
    QDeadlineTimer m_cleanFileAt{0};
};

} // namespace sluice::stores
