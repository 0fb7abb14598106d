// SPDX-License-Identifier: GPL-3.0-or-later
// Which part of a statement an error of SQLite speaks of. Pure, any thread.
#pragma once

#include <QString>

#include <optional>

namespace sluice::ui {

struct SqlPlace
{
    qsizetype start = 0; ///< characters
    qsizetype length = 0;

    friend bool operator==(const SqlPlace &, const SqlPlace &) = default;
};

/// Nothing if the message names no part, or one that is there more than once.
std::optional<SqlPlace> sqlErrorPlace(const QString &sql, const QString &message);

} // namespace sluice::ui
