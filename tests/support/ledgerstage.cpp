// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/ledgerstage.h"

#include "core/stores/ledger/ledgerreader.h"

namespace sluice::test {

using namespace Qt::StringLiterals;

LedgerStage::LedgerStage(PostgresServer *server)
    : m_place(stores::LedgerPlace::in(m_folder.path(), server ? server->url() : QString()))
{
    if (server != nullptr)
        server->sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS sluice_ledger CASCADE");
}

stores::Table LedgerStage::select(const QString &sql) const
{
    const auto reader = stores::LedgerReader::open(m_place);
    const auto table =
        reader ? (*reader)->select(sql, 100'000) : Result<stores::Table>(reader.error());
    if (!table)
        qInfo("%s", qPrintable(table.error().message));
    return table ? *table : stores::Table();
}

qint64 LedgerStage::number(const QString &sql) const
{
    const auto reader = stores::LedgerReader::open(m_place);
    if (!reader)
        return -1;
    const auto table = (*reader)->select(sql, 1);
    return table && table->rows.size() == 1 ? table->rows.front().constFirst().toLongLong() : -1;
}

qint64 LedgerStage::rows() const
{
    return number(u"SELECT count(*) FROM requests"_s);
}

} // namespace sluice::test
