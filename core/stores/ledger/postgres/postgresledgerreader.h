// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the ledger in PostgreSQL, of all gateways that share it, and cannot change it. As
// LedgerReader; connects with the first question.
#pragma once

#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/ledger/usagesource.h"
#include "core/stores/postgres/postgreslink.h"

#include <QDeadlineTimer>

#include <atomic>

namespace sluice::stores {

class PostgresLedgerReader final : public LedgerReader, private UsageSource
{
public:
    /// Refused for an address that is none.
    static Result<std::unique_ptr<LedgerReader>> open(const QString &url);

    ~PostgresLedgerReader() override = default;
    Q_DISABLE_COPY_MOVE(PostgresLedgerReader)

    [[nodiscard]] Result<Table> usage(const UsageQuery &query, const ReadLimits &limits) override;
    [[nodiscard]] Result<Table> select(const QString &sql, const ReadLimits &limits) override;
    [[nodiscard]] Result<qint64> lost(const UsageQuery &query) override;

    void interrupt() override { m_isInterrupted = true; }

private:
    explicit PostgresLedgerReader(PostgresPlace place) : m_link(std::move(place)) { }

    Result<void> begin() override;
    Result<void> end() override;
    Result<void> each(const QByteArray &sql, const QStringList &values,
        const std::function<void(const UsageRow &)> &row) override;
    Result<qint64> summedTo() override;
    QByteArray propertyField(const QString &name, QStringList &values) const override;

    void limitTo(const ReadLimits &limits);
    Result<void> connect();
    Result<void> openSnapshot();
    Result<Table> fetch(const ReadLimits &limits);
    [[nodiscard]] Error explained(const Error &error, const ReadLimits &limits) const;
    bool goesOn();

    PostgresLink m_link;
    QDeadlineTimer m_deadline;
    std::atomic<bool> m_isInterrupted = false;
    std::function<void(qint64)> m_progress; ///< of the question that is being answered
    qint64 m_rows = 0; ///< that it has so far
};

} // namespace sluice::stores
