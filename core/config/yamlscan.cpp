// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamlscan.h"

#include <algorithm>
#include <array>

namespace sluice::config::yaml {

namespace {

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

bool isBreak(char c)
{
    return c == '\n' || c == '\r';
}

bool isFlowIndicator(char c)
{
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

/// A run of blanks and line ends inside a plain scalar and what it reads as.
struct Gap
{
    qsizetype end = 0;
    QByteArray reads;
};

Gap readGap(QByteArrayView text, qsizetype pos)
{
    Gap gap{pos, {}};
    qsizetype breaks = 0;
    while (gap.end < text.size() && (isBlank(text[gap.end]) || isBreak(text[gap.end]))) {
        breaks += text[gap.end] == '\n' ? 1 : 0;
        ++gap.end;
    }
    if (breaks == 0)
        gap.reads = text.sliced(pos, gap.end - pos).toByteArray();
    else // YAML 1.2, 6.5: one line break reads as a space, n + 1 as n line breaks
        gap.reads = breaks == 1 ? QByteArray(" ") : QByteArray(breaks - 1, '\n');
    return gap;
}

} // namespace

qsizetype lineStart(QByteArrayView text, qsizetype pos)
{
    while (pos > 0 && text[pos - 1] != '\n')
        --pos;
    return pos;
}

qsizetype lineEnd(QByteArrayView text, qsizetype pos)
{
    while (pos < text.size() && text[pos] != '\n')
        ++pos;
    if (pos > 0 && pos < text.size() && text[pos - 1] == '\r')
        --pos;
    return pos;
}

qsizetype nextLine(QByteArrayView text, qsizetype pos)
{
    while (pos < text.size() && text[pos] != '\n')
        ++pos;
    return std::min(pos + 1, text.size());
}

int lineNumber(QByteArrayView text, qsizetype pos)
{
    const QByteArrayView before = text.first(std::clamp<qsizetype>(pos, 0, text.size()));
    return int(std::count(before.begin(), before.end(), '\n')) + 1;
}

bool isFirstOnLine(QByteArrayView text, qsizetype pos)
{
    const qsizetype start = lineStart(text, pos);
    const QByteArrayView before = text.sliced(start, pos - start);
    return std::all_of(before.begin(), before.end(), [](char c) { return c == ' '; });
}

QByteArray eolAt(QByteArrayView text, qsizetype pos)
{
    qsizetype end = text.indexOf('\n', pos);
    if (end < 0)
        end = text.indexOf('\n');
    return end > 0 && text[end - 1] == '\r' ? QByteArray("\r\n") : QByteArray("\n");
}

qsizetype skipBlanks(QByteArrayView text, qsizetype pos)
{
    while (pos < text.size() && isBlank(text[pos]))
        ++pos;
    return pos;
}

qsizetype skipTrivia(QByteArrayView text, qsizetype pos)
{
    while (pos < text.size()) {
        if (text[pos] == '#')
            pos = lineEnd(text, pos);
        else if (isBlank(text[pos]) || isBreak(text[pos]))
            ++pos;
        else
            break;
    }
    return pos;
}

qsizetype wordEnd(QByteArrayView text, qsizetype pos)
{
    while (pos < text.size() && !isBlank(text[pos]) && !isBreak(text[pos])
        && !isFlowIndicator(text[pos]))
        ++pos;
    return pos;
}

qsizetype skipProperties(QByteArrayView text, qsizetype pos)
{
    qsizetype end = pos;
    for (int count = 0; count < 2; ++count) { // at most one tag and one anchor
        const qsizetype next = count == 0 ? pos : skipTrivia(text, end);
        const char c = byteAt(text, next);
        if (c != '&' && c != '!')
            break;
        const bool isVerbatim = c == '!' && byteAt(text, next + 1) == '<';
        const qsizetype close = isVerbatim ? text.indexOf('>', next) : -1;
        end = close >= 0 ? close + 1 : wordEnd(text, next);
    }
    return end;
}

qsizetype plainEnd(QByteArrayView text, qsizetype pos, QByteArrayView value)
{
    qsizetype read = 0;
    while (read < value.size()) {
        const char c = byteAt(text, pos);
        if (!isBlank(c) && !isBreak(c)) {
            if (pos >= text.size() || c != value[read])
                return -1;
            ++pos;
            ++read;
            continue;
        }
        const Gap gap = readGap(text, pos);
        if (!value.sliced(read).startsWith(gap.reads))
            return -1;
        read += gap.reads.size();
        pos = gap.end;
    }
    return pos;
}

qsizetype quotedEnd(QByteArrayView text, qsizetype pos)
{
    const char quote = byteAt(text, pos);
    for (++pos; pos < text.size(); ++pos) {
        if (quote == '"' && text[pos] == '\\') {
            ++pos;
        } else if (text[pos] == quote) {
            if (quote == '"' || byteAt(text, pos + 1) != quote)
                return pos + 1;
            ++pos; // '' inside single quotes is one quote
        }
    }
    return -1;
}

qsizetype blockScalarEnd(QByteArrayView text, qsizetype pos, qsizetype parentColumn)
{
    const qsizetype headerEnd = lineEnd(text, pos);
    qsizetype indent = -1;
    for (const char c : text.sliced(pos, std::min<qsizetype>(3, headerEnd - pos))) {
        if (c >= '1' && c <= '9')
            indent = std::max<qsizetype>(parentColumn, 0) + (c - '0');
    }
    qsizetype end = headerEnd;
    for (qsizetype line = nextLine(text, pos); line < text.size(); line = nextLine(text, line)) {
        qsizetype column = 0;
        while (byteAt(text, line + column) == ' ')
            ++column;
        const qsizetype stop = lineEnd(text, line);
        if (line + column >= stop)
            continue; // a blank line belongs to the scalar only if more of it follows
        if (indent < 0)
            indent = std::max(column, parentColumn + 1);
        if (column < indent)
            break;
        end = stop;
    }
    return end;
}

qsizetype nullWordLength(QByteArrayView text, qsizetype pos)
{
    static constexpr std::array<QByteArrayView, 4> words{"~", "null", "Null", "NULL"};
    const qsizetype end = wordEnd(text, pos);
    for (const QByteArrayView word : words) {
        const bool isWord = text.sliced(pos).startsWith(word);
        const qsizetype after = pos + word.size();
        if (isWord && (after == end || byteAt(text, after) == ':'))
            return word.size();
    }
    return 0;
}

} // namespace sluice::config::yaml
