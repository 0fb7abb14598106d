// SPDX-License-Identifier: GPL-3.0-or-later
// Answers one query of usage: from sums by day and by hour where they have what is asked for, from
// rows where they have not. On the thread of its connection.
#pragma once

#include "core/stores/ledger/rollupbook.h"
#include "core/stores/ledger/table.h"
#include "core/stores/ledger/usagequery.h"
#include "core/stores/ledger/usagesource.h"

#include <map>
#include <variant>

namespace sluice::stores {

class UsageAnswer final
{
public:
    /// The query must have passed check(); it and the source must outlive the answer.
    UsageAnswer(UsageSource &source, const UsageQuery &query);

    /// Reads one state of the ledger. Errors as of the source.
    Result<Table> find();

private:
    using Cell = std::variant<qint64, QByteArray>; ///< numbers before texts, as SQLite orders them
    using Cells = std::vector<Cell>;

    enum class Rows : quint8 { All, InTheSums, BehindTheSums };

    /// Which roll-up has all fields of the query.
    struct Rollup
    {
        RollupKind kind = RollupKind::Common;
        QByteArray property;
    };

    Result<std::optional<Rollup>> rollup();
    Result<void> addAll();
    Result<void> addFromRollups(const Rollup &rollup);
    Result<void> loadGroups(const Rollup &rollup);
    Result<void> addPartOfDay(qint64 from, qint64 to);
    Result<void> addPartOfHour(qint64 from, qint64 to);
    Result<void> addSums(const QByteArray &table, qint64 from, qint64 to);
    QByteArray rowField(const QString &field, QStringList &values) const;
    QByteArray rowsStatement(qint64 from, qint64 to, Rows places, QStringList &values) const;
    Cells cellsOf(const UsageRow &row) const;
    Result<void> addRows(qint64 from, qint64 to, Rows places);
    Result<qint64> countSums(const QByteArray &table, qint64 from, qint64 to);
    Result<qint64> countRows(qint64 from, qint64 to);
    Result<void> noteMissingRows();
    size_t groupOf(Cells &&cells);
    qint64 bucketOf(qint64 timeMs) const;
    void add(qint64 timeMs, size_t group, const UsageSums &sums);
    void note(const QString &sentence);
    Table table() const;
    QVariantList rowOf(qint64 time, const Cells &cells, const UsageSums &sums) const;

    UsageSource &m_source;
    const UsageQuery &m_query;
    qint64 m_since;
    qint64 m_until;
    qint64 m_rolledUpTo = 0; ///< the last row that the sums have
    RollupKind m_kind = RollupKind::Common;
    std::map<Cells, size_t> m_groups; ///< of the answer
    std::vector<int> m_groupOfId; ///< of a roll-up's group; -1: not asked for
    std::map<qint64, std::vector<UsageSums>> m_sums; ///< by bucket and group
    Table m_table; ///< its source and notes
};

} // namespace sluice::stores
