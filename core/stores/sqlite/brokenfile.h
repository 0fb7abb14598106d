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

} // namespace sluice::stores::sqlite
