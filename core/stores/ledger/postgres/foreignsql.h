// SPDX-License-Identifier: GPL-3.0-or-later
// A look at a statement of a stranger before PostgreSQL gets it. What writes is refused by the
// server; this refuses what a transaction that only reads may still do to the server or to others:
// end their connections, take locks, read the server's files, change settings. Pure, any thread.
#pragma once

#include <QString>

#include <optional>

namespace sluice::stores::foreignsql {

/// Why the statement is not run, in one sentence; nothing if it may be.
std::optional<QString> refusal(const QString &sql);

} // namespace sluice::stores::foreignsql
