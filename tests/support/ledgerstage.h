// SPDX-License-Identifier: GPL-3.0-or-later
// A ledger for one test, in a file or in a PostgreSQL server, so that the same is expected of both.
// The test's thread.
#pragma once

#include "core/stores/ledger/ledgerplace.h"
#include "core/stores/ledger/table.h"
#include "tests/support/postgresserver.h"

#include <QTemporaryDir>

#include <memory>

namespace sluice::test {

class LedgerStage final
{
public:
    /// An empty ledger: in the server's database, or in a file if there is no server.
    explicit LedgerStage(PostgresServer *server);

    [[nodiscard]] const stores::LedgerPlace &place() const { return m_place; }

    /// The data directory.
    [[nodiscard]] QString folder() const { return m_folder.path(); }

    /// The answer of a new reader, which must not fail; empty and a message in the log if it does.
    [[nodiscard]] stores::Table select(const QString &sql) const;

    /// The only number of a statement; -1 if there is none (yet).
    [[nodiscard]] qint64 number(const QString &sql) const;

    /// Requests that have a row.
    [[nodiscard]] qint64 rows() const;

private:
    QTemporaryDir m_folder;
    stores::LedgerPlace m_place;
};

} // namespace sluice::test
