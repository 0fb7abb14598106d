// SPDX-License-Identifier: GPL-3.0-or-later
// Writes texts as JSON by hand, where a document would cost more than the rest. Pure, any thread.
#pragma once

#include <QByteArray>

namespace sluice::insight {

/// Appends UTF-8 in quotes, escaped as JSON wants it.
void appendJsonText(QByteArray &out, QByteArrayView utf8);

} // namespace sluice::insight
