// SPDX-License-Identifier: GPL-3.0-or-later
// Small byte scanners for YAML text, where the parser's events give a start but no end. They are
// only ever used between tokens that the parser has accepted. Pure, any thread.
#pragma once

#include <QByteArray>

namespace sluice::config::yaml {

/// The byte at pos, or 0 outside of the text.
inline char byteAt(QByteArrayView text, qsizetype pos)
{
    return pos >= 0 && pos < text.size() ? text[pos] : '\0';
}

/// First byte of the line that holds pos.
qsizetype lineStart(QByteArrayView text, qsizetype pos);

/// End of the line that holds pos, before its "\n" or "\r\n".
qsizetype lineEnd(QByteArrayView text, qsizetype pos);

/// First byte after the line that holds pos, its line end included.
qsizetype nextLine(QByteArrayView text, qsizetype pos);

/// 1-based number of the line that holds pos.
int lineNumber(QByteArrayView text, qsizetype pos);

/// Bytes between the start of the line and pos.
inline qsizetype columnOf(QByteArrayView text, qsizetype pos)
{
    return pos - lineStart(text, pos);
}

/// True if only spaces stand before pos on its line.
bool isFirstOnLine(QByteArrayView text, qsizetype pos);

/// The line end to write after the line that holds pos: its own, else the first one of the text,
/// else "\n".
QByteArray eolAt(QByteArrayView text, qsizetype pos);

/// Skips spaces and tabs.
qsizetype skipBlanks(QByteArrayView text, qsizetype pos);

/// Skips spaces, tabs, line ends and comments.
qsizetype skipTrivia(QByteArrayView text, qsizetype pos);

/// Skips the tag and the anchor that may stand at pos; the end of the last one, or pos.
qsizetype skipProperties(QByteArrayView text, qsizetype pos);

/// End of an alias ("*name") or another word that ends at a blank or flow indicator.
qsizetype wordEnd(QByteArrayView text, qsizetype pos);

/// End of the plain scalar at pos that reads as value (folded over lines); -1 if it does not.
qsizetype plainEnd(QByteArrayView text, qsizetype pos, QByteArrayView value);

/// End of the quoted scalar whose opening quote is at pos; -1 if it never ends.
qsizetype quotedEnd(QByteArrayView text, qsizetype pos);

/// End of the last line of the block scalar whose '|' or '>' is at pos; parentColumn is the column
/// of the key or dash that holds it, -1 at the root.
qsizetype blockScalarEnd(QByteArrayView text, qsizetype pos, qsizetype parentColumn);

/// Length of "~", "null", "Null" or "NULL" standing alone at pos; 0 if there is none.
qsizetype nullWordLength(QByteArrayView text, qsizetype pos);

} // namespace sluice::config::yaml
