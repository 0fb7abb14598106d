// SPDX-License-Identifier: GPL-3.0-or-later
// Globs with * and ?, as `match:` of a limit writes them. Pure, any thread.
#pragma once

#include <QByteArrayView>

namespace sluice {

/// Whether text as a whole is what pattern describes: * stands for any bytes, also none, ? for one
/// byte, everything else for itself; capital letters make a difference. Takes one pass over the
/// text; only a pattern that almost fits at every place costs its length for each byte.
bool matchesGlob(QByteArrayView pattern, QByteArrayView text);

/// Whether a pattern describes more than one text.
bool isGlob(QByteArrayView pattern);

} // namespace sluice
