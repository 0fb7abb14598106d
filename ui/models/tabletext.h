// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the ledger as text: for a cell, for the clipboard, for files. Pure, any thread.
#pragma once

#include "core/session/ledgeranswers.h"

namespace sluice::ui::tabletext {

bool isFigure(const QVariant &value);

/// On one line, figures as people read them; nothing is "null". The beginning of what is very long.
QString shown(const QVariant &value);

/// As it is, in full: "1204", hexadecimal for bytes, empty for nothing.
QString plain(const QVariant &value);

/// One line of cells between tabs; tabs and line ends in them become spaces.
QString tabbed(const QVariantList &cells);

/// With the names of the columns, lines as RFC 4180 wants them.
QByteArray csv(const session::SqlAnswer &answer);

/// One JSON object a line; a name that comes twice gets a number.
QByteArray jsonLines(const session::SqlAnswer &answer);

} // namespace sluice::ui::tabletext
