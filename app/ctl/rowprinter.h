// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the ledger on standard output: for people, for programs, for spreadsheets. Main thread.
#pragma once

#include "core/stores/ledger/table.h"

#include <QJsonArray>

#include <optional>

namespace sluice::ctl {

enum class RowFormat : quint8 {
    Table, ///< columns of equal width, numbers to the right
    Json, ///< one array of objects
    JsonLines, ///< an object on each line
    Csv, ///< quoted as RFC 4180 wants it, with a line of names
};

/// "table", "json", "jsonl" or "csv".
std::optional<RowFormat> rowFormat(const QString &name);

/// A cell of a line of CSV, quoted where RFC 4180 wants it.
QString csvCell(const QString &text);

/// Objects as rows of these columns.
stores::Table tableOf(const QJsonArray &rows, const QStringList &columns);

void printRows(const stores::Table &table, RowFormat format);

} // namespace sluice::ctl
