// SPDX-License-Identifier: GPL-3.0-or-later
// Takes a file from the schema of an older version to today's, step by step. On the thread of the
// connection.
#pragma once

#include "core/stores/sqlite/database.h"

#include <QByteArrayList>

#include <vector>

namespace sluice::stores::sqlite {

/// Statements that lead from one version to the next one.
using Step = QByteArrayList;

/// The version of an open file; 0 for an empty one. `what` names the file's kind in messages ("the
/// ledger"). Unsupported if it is newer than `known`.
Result<int> version(Database &database, int known, const QString &what);

/// Takes an open file to version steps.size(): steps[n] leads from n to n + 1, each in a
/// transaction of its own. What was released is never changed. Unsupported for a newer file, which
/// is left alone; else errors as of errorOf().
Result<void> migrate(Database &database, const std::vector<Step> &steps, const QString &what);

} // namespace sluice::stores::sqlite
