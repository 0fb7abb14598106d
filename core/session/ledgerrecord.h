// SPDX-License-Identifier: GPL-3.0-or-later
// A row of the ledger as a request of the live list. The ledger keeps which limits were asked and
// what they said, but none of their figures. Pure; used on the query threads.
#pragma once

#include "core/insight/requestrecord.h"

#include <QSet>
#include <QVariantList>

namespace sluice::session {

/// Ids of requests that were read from the ledger begin here; those of this process stay below.
constexpr quint64 FirstLedgerId = quint64(1) << 62;

/// The chain of such a request has names and verdicts, and no figures.
inline bool isFromLedger(const insight::RequestRecord &record)
{
    return record.id >= FirstLedgerId;
}

class LedgerRecords final
{
public:
    /// The columns of the view `requests` that read() wants, for SELECT.
    static QString columns();

    /// One row of these columns.
    insight::RequestRecord read(const QVariantList &row);

    static qint64 idOf(const QVariantList &row);
    static std::chrono::milliseconds timeOf(const QVariantList &row);

private:
    QByteArray shared(const QVariant &text);
    limits::LimitPtr limitNamed(const QByteArray &name);
    void readChain(const QByteArray &json, const QByteArray &binding, limits::Decision &decision);

    QSet<QByteArray> m_texts; ///< the same few names come again and again
    QHash<QByteArray, limits::LimitPtr> m_limits;
};

} // namespace sluice::session
