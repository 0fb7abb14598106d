// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns with * and ?, as in `match:`. Pure, any thread.
#pragma once

#include <QByteArrayView>

namespace sluice {

/// Whether the whole text fits: * stands for any bytes, ? for exactly one. Case counts.
bool matchesGlob(QByteArrayView pattern, QByteArrayView text);

} // namespace sluice
