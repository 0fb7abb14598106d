// SPDX-License-Identifier: GPL-3.0-or-later
// Tables and views of the ledger's file, and the way there from older versions. On the thread of
// the connection.
#pragma once

#include "core/base/result.h"

QT_BEGIN_NAMESPACE
class QSqlDatabase;
class QSqlError;
QT_END_NAMESPACE

namespace sluice::stores::ledgerschema {

/// Unsupported if Qt's driver for SQLite is not installed.
Result<void> checkDriver();

/// A connection to a file under a name of its own, not open yet.
QSqlDatabase connection(const QString &path, const QString &options);

/// What this program writes and reads.
int currentVersion();

/// The version of an open file; 0 for an empty one. Unsupported if it is newer than this program,
/// Invalid if the file is broken or none of SQLite, Io for everything else.
Result<int> version(const QSqlDatabase &database);

/// Takes an open file forward to the current version, step by step. Errors as of version().
Result<void> migrate(QSqlDatabase &database);

/// Why a statement failed, in SQLite's words or in Qt's.
QString reasonOf(const QSqlError &error);

/// A failed statement as an error with the file's name: Invalid if the file is broken or none of
/// SQLite, else Io.
Error errorOf(const QSqlDatabase &database, const QSqlError &error);

} // namespace sluice::stores::ledgerschema
