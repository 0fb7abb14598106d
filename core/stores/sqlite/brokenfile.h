// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a file that SQLite cannot read: it is kept under another name. Any thread, while
// no connection to the file is open.
#pragma once

#include "core/base/result.h"

#include <chrono>

namespace sluice::stores::sqlite {

/// Renames the file and its log to `<path>.broken-<time>` and gives the new name. Io if that is not
/// possible. `now` is wall time, UTC.
Result<QString> putAside(const QString &path, std::chrono::milliseconds now);

/// After a failure of the file: a broken one (Invalid) is put aside, which the log says together
/// with what begins instead ("a new ledger"). Gives the failure; Io if it cannot be put aside.
Error putAsideIfBroken(
    const Error &failure, const QString &path, std::chrono::milliseconds now, const char *instead);

} // namespace sluice::stores::sqlite
