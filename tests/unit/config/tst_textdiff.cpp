// SPDX-License-Identifier: GPL-3.0-or-later
// A diff shows what changed, no more, and both texts can be read off it.
#include "core/config/textdiff.h"

#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

#include <ctime>
#include <limits>

using namespace Qt::StringLiterals;
using namespace sluice::config;

namespace {

/// One text of a diff with unlimited context, put together again.
QByteArray without(DiffLine::Kind kind, const QList<DiffHunk> &hunks)
{
    QByteArray text;
    for (const DiffHunk &hunk : hunks) {
        for (const DiffLine &line : hunk) {
            if (line.kind != kind)
                text += line.text.toUtf8() + line.eol;
        }
    }
    return text;
}

qsizetype changes(const QList<DiffHunk> &hunks)
{
    qsizetype count = 0;
    for (const DiffHunk &hunk : hunks) {
        for (const DiffLine &line : hunk)
            count += line.kind == DiffLine::Kind::Same ? 0 : 1;
    }
    return count;
}

/// Insertions and deletions that a textbook table finds necessary.
qsizetype fewestChanges(const QList<QByteArray> &a, const QList<QByteArray> &b)
{
    std::vector<std::vector<qsizetype>> common(
        size_t(a.size()) + 1, std::vector<qsizetype>(size_t(b.size()) + 1, 0));
    for (size_t i = 1; i <= size_t(a.size()); ++i) {
        for (size_t j = 1; j <= size_t(b.size()); ++j) {
            const bool isSame = a[qsizetype(i) - 1] == b[qsizetype(j) - 1];
            common[i][j] =
                isSame ? common[i - 1][j - 1] + 1 : std::max(common[i - 1][j], common[i][j - 1]);
        }
    }
    return a.size() + b.size() - 2 * common.back().back();
}

QList<QByteArray> randomLines(QRandomGenerator &random, int count, int kinds)
{
    QList<QByteArray> lines;
    for (int i = 0; i < count; ++i)
        lines.push_back("line " + QByteArray::number(random.bounded(kinds)) + "\n");
    return lines;
}

} // namespace

class TestTextDiff : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void showsUnified_data();
    void showsUnified();
    void numbersLines();
    void marksWords_data();
    void marksWords();
    void givesBothTextsAndIsShortest();
    void staysQuickOnUnrelatedTexts();
};

void TestTextDiff::showsUnified_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<int>("context");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const char *before, const char *after, int context,
                         const char *expected) {
        QTest::newRow(name) << QByteArray(before) << QByteArray(after) << context
                            << QString::fromUtf8(expected);
    };
    row("equal", "a\nb\n", "a\nb\n", 3, "");
    row("both empty", "", "", 3, "");
    row("one line", "a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n", 1, "@@ -2,3 +2,3 @@\n b\n-c\n+X\n d\n");
    row("all of it", "a\nb\n", "c\n", 3, "@@ -1,2 +1,1 @@\n-a\n-b\n+c\n");
    row("from nothing", "", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n");
    row("to nothing", "a\n", "", 3, "@@ -1,1 +0,0 @@\n-a\n");
    row("without context", "a\nb\nc\n", "a\nc\n", 0, "@@ -2,1 +0,0 @@\n-b\n");
    row("close changes share a hunk", "1\n2\n3\n4\n5\n6\n", "1\nX\n3\n4\nY\n6\n", 1,
        "@@ -1,6 +1,6 @@\n 1\n-2\n+X\n 3\n 4\n-5\n+Y\n 6\n");
    row("distant changes do not", "1\n2\n3\n4\n5\n6\n7\n", "X\n2\n3\n4\n5\n6\nY\n", 1,
        "@@ -1,2 +1,2 @@\n-1\n+X\n 2\n@@ -6,2 +6,2 @@\n 6\n-7\n+Y\n");
    row("last line end", "a\nb", "a\nb\n", 1,
        "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    row("line ends count", "a\r\n", "a\n", 1, "@@ -1,1 +1,1 @@\n-a\n+a\n");
    row("non-ASCII", "ä\n", "ö\n", 1, "@@ -1,1 +1,1 @@\n-ä\n+ö\n");
}

void TestTextDiff::showsUnified()
{
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(int, context);
    QFETCH(QString, expected);
    QCOMPARE(unifiedDiff(before, after, context), expected);
}

void TestTextDiff::numbersLines()
{
    const QList<DiffHunk> hunks = diffLines("a\nb\nc\nd\n", "a\nc\nX\nd\n", 1);
    QCOMPARE(hunks.size(), 1);
    QList<std::pair<int, int>> numbers;
    for (const DiffLine &line : hunks.front())
        numbers.push_back({line.oldLine, line.newLine});
    const QList<std::pair<int, int>> expected{{1, 1}, {2, 0}, {3, 2}, {0, 3}, {4, 4}};
    QCOMPARE(numbers, expected);
}

void TestTextDiff::marksWords_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<QStringList>("removed");
    QTest::addColumn<QStringList>("added");
    const auto row = [](const char *name, const char *before, const char *after,
                         const QStringList &removed, const QStringList &added) {
        QTest::newRow(name) << QByteArray(before) << QByteArray(after) << removed << added;
    };
    row("a number", "  capacity: 100 # per minute", "  capacity: 60 # per minute", {u"100"_s},
        {u"60"_s});
    row("two places", "{capacity: 5, refill-frequency: 1m}", "{capacity: 6, refill-frequency: 2m}",
        {u"5"_s, u"1m"_s}, {u"6"_s, u"2m"_s});
    row("something added", "a: {b: 1}", "a: {b: 1, c: 2}", {}, {u", c: 2"_s});
    row("non-ASCII", "name: Zoë Müller x", "name: Zoë Meier x", {u"Müller"_s}, {u"Meier"_s});
    row("nothing in common", "abc", "xyz: 12", {}, {});
}

void TestTextDiff::marksWords()
{
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(QStringList, removed);
    QFETCH(QStringList, added);
    const QList<DiffHunk> hunks = diffLines(before, after, 0);
    QCOMPARE(hunks.size(), 1);
    QCOMPARE(hunks.front().size(), 2);
    const auto words = [](const DiffLine &line) {
        QStringList found;
        for (const TextSpan &span : line.changed)
            found.push_back(line.text.sliced(span.begin, span.length));
        return found;
    };
    QCOMPARE(words(hunks.front().front()), removed);
    QCOMPARE(words(hunks.front().back()), added);
}

void TestTextDiff::givesBothTextsAndIsShortest()
{
    QRandomGenerator random(77);
    for (int round = 0; round < 3'000; ++round) {
        const int kinds = 1 + random.bounded(12);
        QList<QByteArray> before = randomLines(random, random.bounded(25), kinds);
        QList<QByteArray> after = before;
        if (random.bounded(3) == 0)
            after = randomLines(random, random.bounded(25), kinds);
        for (int edit = random.bounded(6); edit > 0; --edit) {
            const int place = random.bounded(int(after.size()) + 1);
            if (random.bounded(2) == 0 || place == after.size())
                after.insert(place, "new " + QByteArray::number(random.bounded(kinds)) + "\r\n");
            else
                after.removeAt(place);
        }
        const QByteArray from = before.join();
        const QByteArray to = after.join();
        const QList<DiffHunk> all = diffLines(from, to, std::numeric_limits<int>::max());
        if (from == to) {
            QVERIFY(all.isEmpty());
            continue;
        }
        QCOMPARE(without(DiffLine::Kind::Added, all), from);
        QCOMPARE(without(DiffLine::Kind::Removed, all), to);
        QCOMPARE(changes(all), fewestChanges(before, after));
        QCOMPARE(changes(diffLines(from, to, random.bounded(4))), changes(all));
    }
}

void TestTextDiff::staysQuickOnUnrelatedTexts()
{
    QRandomGenerator random(78);
    const QByteArray from = randomLines(random, 20'000, 50'000).join();
    const QByteArray to = randomLines(random, 20'000, 50'000).join();
    const std::clock_t start = std::clock();
    const QList<DiffHunk> all = diffLines(from, to, std::numeric_limits<int>::max());
    QVERIFY((std::clock() - start) / CLOCKS_PER_SEC < 10);
    QCOMPARE(without(DiffLine::Kind::Added, all), from);
    QCOMPARE(without(DiffLine::Kind::Removed, all), to);
}

QTEST_GUILESS_MAIN(TestTextDiff)
#include "tst_textdiff.moc"
