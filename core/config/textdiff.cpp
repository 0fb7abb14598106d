// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/textdiff.h"

#include <QHash>

#include <algorithm>
#include <vector>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// Half of the edits after which one piece is given up and reported as replaced.
constexpr int MaxHalfEdits = 2'000;

using Symbols = std::vector<int>;

/// A part of both sequences that is still to be compared.
struct Box
{
    int oldBegin = 0;
    int oldEnd = 0;
    int newBegin = 0;
    int newEnd = 0;
};

/// Marks what is not common to two sequences: Myers, "An O(ND) Difference Algorithm and Its
/// Variations", Algorithmica 1 (1986), section 4b (linear space).
class SequenceDiff
{
public:
    SequenceDiff(const Symbols &olds, const Symbols &news)
        : removed(olds.size(), false), added(news.size(), false), m_old(olds), m_new(news)
    {
        m_boxes.push_back({0, int(olds.size()), 0, int(news.size())});
        while (!m_boxes.empty()) {
            Box box = m_boxes.back();
            m_boxes.pop_back();
            compare(box);
        }
    }

    std::vector<bool> removed;
    std::vector<bool> added;

private:
    void compare(Box box);
    void trim(Box &box) const;
    bool split(const Box &box);
    int forward(const Box &box, int edits, int diagonal);
    int backward(const Box &box, int edits, int diagonal);

    [[nodiscard]] int oldAt(int index) const { return m_old[size_t(index)]; }

    [[nodiscard]] int newAt(int index) const { return m_new[size_t(index)]; }

    int &furthest(std::vector<int> &row, int diagonal) const
    {
        const int index = m_middle + diagonal;
        return row[size_t(index)];
    }

    const Symbols &m_old;
    const Symbols &m_new;
    std::vector<Box> m_boxes;
    std::vector<int> m_forward; ///< furthest x per diagonal from the start
    std::vector<int> m_backward; ///< furthest x per diagonal from the end, counted backwards
    int m_middle = 0; ///< index of diagonal 0
};

void SequenceDiff::trim(Box &box) const
{
    while (box.oldBegin < box.oldEnd && box.newBegin < box.newEnd
        && oldAt(box.oldBegin) == newAt(box.newBegin)) {
        ++box.oldBegin;
        ++box.newBegin;
    }
    while (box.oldBegin < box.oldEnd && box.newBegin < box.newEnd
        && oldAt(box.oldEnd - 1) == newAt(box.newEnd - 1)) {
        --box.oldEnd;
        --box.newEnd;
    }
}

void SequenceDiff::compare(Box box)
{
    trim(box);
    const bool isOneSided = box.oldBegin == box.oldEnd || box.newBegin == box.newEnd;
    if (!isOneSided && split(box))
        return;
    std::fill(removed.begin() + box.oldBegin, removed.begin() + box.oldEnd, true);
    std::fill(added.begin() + box.newBegin, added.begin() + box.newEnd, true);
}

/// Furthest x on a diagonal with this number of edits, walking from the start.
int SequenceDiff::forward(const Box &box, int edits, int diagonal)
{
    const auto at = [this](int k) -> int & { return furthest(m_forward, k); };
    const int width = box.oldEnd - box.oldBegin;
    const int height = box.newEnd - box.newBegin;
    const bool isDown =
        diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
    int x = isDown ? at(diagonal + 1) : at(diagonal - 1) + 1;
    while (x < width && x - diagonal < height && x - diagonal >= 0
        && oldAt(box.oldBegin + x) == newAt(box.newBegin + x - diagonal))
        ++x;
    at(diagonal) = x;
    return x;
}

/// The same from the end; x and the diagonal are counted from there.
int SequenceDiff::backward(const Box &box, int edits, int diagonal)
{
    const auto at = [this](int k) -> int & { return furthest(m_backward, k); };
    const int width = box.oldEnd - box.oldBegin;
    const int height = box.newEnd - box.newBegin;
    const bool isDown =
        diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
    int x = isDown ? at(diagonal + 1) : at(diagonal - 1) + 1;
    while (x < width && x - diagonal < height && x - diagonal >= 0
        && oldAt(box.oldEnd - 1 - x) == newAt(box.newEnd - 1 - x + diagonal))
        ++x;
    at(diagonal) = x;
    return x;
}

/// Cuts box where a shortest path crosses its middle; false if that takes too many edits.
bool SequenceDiff::split(const Box &box)
{
    const int width = box.oldEnd - box.oldBegin;
    const int height = box.newEnd - box.newBegin;
    const int delta = width - height;
    const int limit = std::min((width + height + 1) / 2, MaxHalfEdits);
    m_middle = limit + 1;
    const size_t diagonals = 2 * size_t(m_middle) + 1;
    m_forward.assign(diagonals, 0);
    m_backward.assign(diagonals, 0);
    const auto cut = [this, &box](int x, int y) {
        m_boxes.push_back({box.oldBegin, box.oldBegin + x, box.newBegin, box.newBegin + y});
        m_boxes.push_back({box.oldBegin + x, box.oldEnd, box.newBegin + y, box.newEnd});
        return true;
    };
    for (int edits = 0; edits <= limit; ++edits) {
        for (int k = -edits; k <= edits; k += 2) {
            const int x = forward(box, edits, k);
            const int other = delta - k; // the same diagonal seen from the end
            const bool meets = delta % 2 != 0 && std::abs(other) < edits
                && x + furthest(m_backward, other) >= width;
            if (meets)
                return cut(x, x - k);
        }
        for (int k = -edits; k <= edits; k += 2) {
            const int x = backward(box, edits, k);
            const int other = delta - k;
            const bool meets = delta % 2 == 0 && std::abs(other) <= edits
                && x + furthest(m_forward, other) >= width;
            if (meets)
                return cut(width - x, height - (x - k));
        }
    }
    return false;
}

/// Numbers for things that compare equal.
template <typename T> class Numbers
{
public:
    int of(const T &thing)
    {
        const auto found = m_numbers.constFind(thing);
        if (found != m_numbers.constEnd())
            return *found;
        const int number = int(m_numbers.size());
        m_numbers.insert(thing, number);
        return number;
    }

private:
    QHash<T, int> m_numbers;
};

QList<QByteArray> linesOf(const QByteArray &text)
{
    QList<QByteArray> lines;
    for (qsizetype begin = 0; begin < text.size();) {
        const qsizetype found = text.indexOf('\n', begin);
        const qsizetype end = found < 0 ? text.size() : found + 1;
        lines.push_back(text.sliced(begin, end - begin));
        begin = end;
    }
    return lines;
}

Symbols symbolsOf(const QList<QByteArray> &lines, Numbers<QByteArray> &numbers)
{
    Symbols symbols;
    symbols.reserve(size_t(lines.size()));
    for (const QByteArray &line : lines)
        symbols.push_back(numbers.of(line));
    return symbols;
}

DiffLine makeLine(DiffLine::Kind kind, const QByteArray &line, int oldLine, int newLine)
{
    const qsizetype eol = line.endsWith("\r\n") ? 2 : (line.endsWith('\n') ? 1 : 0);
    return {kind, oldLine, newLine, QString::fromUtf8(line.chopped(eol)), line.last(eol), {}};
}

/// Every line of both texts in order, removed ones before added ones.
QList<DiffLine> allLines(const QList<QByteArray> &olds, const QList<QByteArray> &news)
{
    Numbers<QByteArray> numbers;
    const Symbols oldSymbols = symbolsOf(olds, numbers);
    const Symbols newSymbols = symbolsOf(news, numbers);
    const SequenceDiff diff(oldSymbols, newSymbols);
    QList<DiffLine> lines;
    int oldLine = 0;
    int newLine = 0;
    while (oldLine < olds.size() || newLine < news.size()) {
        if (oldLine < olds.size() && diff.removed[size_t(oldLine)]) {
            lines.push_back(makeLine(DiffLine::Kind::Removed, olds[oldLine], oldLine + 1, 0));
            ++oldLine;
        } else if (newLine < news.size() && diff.added[size_t(newLine)]) {
            lines.push_back(makeLine(DiffLine::Kind::Added, news[newLine], 0, newLine + 1));
            ++newLine;
        } else {
            lines.push_back(
                makeLine(DiffLine::Kind::Same, olds[oldLine], oldLine + 1, newLine + 1));
            ++oldLine;
            ++newLine;
        }
    }
    return lines;
}

/// Words, numbers and single other characters of a line.
QList<TextSpan> wordsOf(const QString &line)
{
    QList<TextSpan> words;
    for (int begin = 0; begin < line.size();) {
        int end = begin + 1;
        while (line[begin].isLetterOrNumber() && end < line.size() && line[end].isLetterOrNumber())
            ++end;
        words.push_back({begin, end - begin});
        begin = end;
    }
    return words;
}

Symbols symbolsOf(const QString &line, const QList<TextSpan> &words, Numbers<QString> &numbers)
{
    Symbols symbols;
    for (const TextSpan &word : words)
        symbols.push_back(numbers.of(line.sliced(word.begin, word.length)));
    return symbols;
}

/// Joins the marked words that touch.
QList<TextSpan> marked(const QList<TextSpan> &words, const std::vector<bool> &isMarked)
{
    QList<TextSpan> spans;
    for (qsizetype i = 0; i < words.size(); ++i) {
        if (!isMarked[size_t(i)])
            continue;
        const bool touches =
            !spans.isEmpty() && spans.back().begin + spans.back().length == words[i].begin;
        if (touches)
            spans.back().length += words[i].length;
        else
            spans.push_back(words[i]);
    }
    return spans;
}

int totalLength(const QList<TextSpan> &spans)
{
    int total = 0;
    for (const TextSpan &span : spans)
        total += span.length;
    return total;
}

void markWords(DiffLine &removed, DiffLine &added)
{
    const QList<TextSpan> oldWords = wordsOf(removed.text);
    const QList<TextSpan> newWords = wordsOf(added.text);
    Numbers<QString> numbers;
    const Symbols oldSymbols = symbolsOf(removed.text, oldWords, numbers);
    const Symbols newSymbols = symbolsOf(added.text, newWords, numbers);
    const SequenceDiff diff(oldSymbols, newSymbols);
    const QList<TextSpan> oldSpans = marked(oldWords, diff.removed);
    const QList<TextSpan> newSpans = marked(newWords, diff.added);
    // Lines with little in common only look alike by chance: marks would be noise.
    const qsizetype changedLength = totalLength(oldSpans) + totalLength(newSpans);
    if (changedLength * 10 > (removed.text.size() + added.text.size()) * 7)
        return;
    removed.changed = oldSpans;
    added.changed = newSpans;
}

/// Pairs the first removed line of a change with its first added one, and so on.
void markReplacedLines(QList<DiffLine> &lines)
{
    qsizetype removed = 0;
    while (removed < lines.size()) {
        if (lines[removed].kind != DiffLine::Kind::Removed) {
            ++removed;
            continue;
        }
        qsizetype added = removed;
        while (added < lines.size() && lines[added].kind == DiffLine::Kind::Removed)
            ++added;
        const qsizetype end = added;
        for (; removed < end; ++removed, ++added) {
            if (added < lines.size() && lines[added].kind == DiffLine::Kind::Added)
                markWords(lines[removed], lines[added]);
            else
                removed = end - 1;
        }
    }
}

int firstLine(const DiffHunk &hunk, int DiffLine::*line)
{
    const auto found = std::find_if(hunk.begin(), hunk.end(),
        [line](const DiffLine &candidate) { return candidate.*line > 0; });
    return found == hunk.end() ? 0 : (*found).*line;
}

QString headOf(const DiffHunk &hunk)
{
    const auto count = [&hunk](DiffLine::Kind without) {
        return std::count_if(hunk.begin(), hunk.end(),
            [without](const DiffLine &line) { return line.kind != without; });
    };
    return u"@@ -%1,%2 +%3,%4 @@\n"_s.arg(firstLine(hunk, &DiffLine::oldLine))
        .arg(count(DiffLine::Kind::Added))
        .arg(firstLine(hunk, &DiffLine::newLine))
        .arg(count(DiffLine::Kind::Removed));
}

} // namespace

QList<DiffHunk> diffLines(const QByteArray &oldText, const QByteArray &newText, int context)
{
    QList<DiffHunk> hunks;
    if (oldText == newText)
        return hunks;
    QList<DiffLine> lines = allLines(linesOf(oldText), linesOf(newText));
    markReplacedLines(lines);
    qsizetype shown = 0; // lines before this one are in a hunk or left out
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (lines[i].kind == DiffLine::Kind::Same)
            continue;
        const qsizetype begin = std::max(shown, i - std::min<qsizetype>(i, context));
        if (hunks.isEmpty() || begin > shown)
            hunks.push_back({});
        qsizetype end = i + 1;
        while (end < lines.size() && end - i <= context && lines[end].kind == DiffLine::Kind::Same)
            ++end;
        hunks.back() += lines.sliced(begin, end - begin);
        shown = end;
        i = end - 1;
    }
    return hunks;
}

QString unifiedDiff(const QByteArray &oldText, const QByteArray &newText, int context)
{
    QString out;
    for (const DiffHunk &hunk : diffLines(oldText, newText, context)) {
        out += headOf(hunk);
        for (const DiffLine &line : hunk) {
            const bool isSame = line.kind == DiffLine::Kind::Same;
            out += isSame ? u' ' : (line.kind == DiffLine::Kind::Removed ? u'-' : u'+');
            out += line.text + u'\n';
            if (line.eol.isEmpty())
                out += u"\\ No newline at end of file\n"_s;
        }
    }
    return out;
}

} // namespace sluice::config
