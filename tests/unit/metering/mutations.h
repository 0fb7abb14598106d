// SPDX-License-Identifier: GPL-3.0-or-later
// Broken texts for the readers of JSON. Test thread.
#pragma once

#include <QByteArray>
#include <QRandomGenerator>

namespace sluice::test {

/// A JSON text with up to four changes: a byte of any value, an end, a gap, a mark of JSON too
/// many.
inline QByteArray brokenJson(QByteArray text, QRandomGenerator &random)
{
    const QByteArray spice = "{}[]\",:\\-.e0";
    for (int changes = random.bounded(5); changes > 0 && !text.isEmpty(); --changes) {
        const qsizetype at = random.bounded(text.size());
        const int kind = random.bounded(4);
        if (kind == 0)
            text[at] = static_cast<char>(random.bounded(256));
        else if (kind == 1)
            text.truncate(at);
        else if (kind == 2)
            text.remove(at, random.bounded(8));
        else
            text.insert(at, spice[random.bounded(int(spice.size()))]);
    }
    return text;
}

} // namespace sluice::test
