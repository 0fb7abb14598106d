// SPDX-License-Identifier: GPL-3.0-or-later
// The difference of two texts by lines, and by words within replaced lines. Pure, any thread.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace sluice::config {

/// Characters [begin, begin + length) of a line.
struct TextSpan
{
    int begin = 0;
    int length = 0;

    friend bool operator==(const TextSpan &, const TextSpan &) = default;
};

struct DiffLine
{
    enum class Kind : quint8 { Same, Removed, Added };
    Kind kind = Kind::Same;
    int oldLine = 0; ///< 1-based; 0 for an added line
    int newLine = 0; ///< 1-based; 0 for a removed line
    QString text; ///< without its line end
    QByteArray eol; ///< "\n", "\r\n", or empty at the end of a text; it counts in comparisons
    QList<TextSpan> changed; ///< what differs from the line that it replaces or is replaced by

    friend bool operator==(const DiffLine &, const DiffLine &) = default;
};

/// Lines that belong together: changes with the lines around them.
using DiffHunk = QList<DiffLine>;

/// The lines that differ, with `context` equal lines around them; no hunk if the texts are equal.
/// A shortest edit script (Myers 1986, linear memory); texts that differ in more than some thousand
/// places are reported as replaced in coarser pieces.
QList<DiffHunk> diffLines(const QByteArray &oldText, const QByteArray &newText, int context = 3);

/// The same as text in unified format, without file names; empty if the texts are equal.
QString unifiedDiff(const QByteArray &oldText, const QByteArray &newText, int context = 3);

} // namespace sluice::config
