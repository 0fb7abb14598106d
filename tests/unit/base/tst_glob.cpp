// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: a glob describes whole texts byte by byte, agrees with the plain definition, and no
// pattern makes it slow.
#include "core/base/glob.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;

namespace {

/// The definition itself: slow, and so short that it can be seen to be right.
bool matchesByDefinition(QByteArrayView pattern, QByteArrayView text)
{
    if (pattern.isEmpty())
        return text.isEmpty();
    if (pattern[0] == '*')
        return matchesByDefinition(pattern.sliced(1), text)
            || (!text.isEmpty() && matchesByDefinition(pattern, text.sliced(1)));
    return !text.isEmpty() && (pattern[0] == '?' || pattern[0] == text[0])
        && matchesByDefinition(pattern.sliced(1), text.sliced(1));
}

} // namespace

class TestGlob : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void matches_data();
    void matches();
    void agreesWithTheDefinition();
    void noPatternIsSlow();
};

void TestGlob::matches_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("expected");
    const auto row = [](const QByteArray &pattern, const QByteArray &text, bool expected) {
        QTest::addRow("%s ~ %s", pattern.constData(), text.constData())
            << pattern << text << expected;
    };
    row("", "", true);
    row("", "a", false);
    row("a", "", false);
    row("gpt-4o", "gpt-4o", true);
    row("gpt-4o", "gpt-4o-mini", false);
    row("gpt-4o", "GPT-4o", false);
    row("gpt-4*", "gpt-4o-mini", true);
    row("gpt-4*", "gpt-4", true);
    row("gpt-4*", "my-gpt-4", false);
    row("*", "", true);
    row("*", "anything/at all", true);
    row("**", "x", true);
    row("*mini", "gpt-4o-mini", true);
    row("*mini", "gpt-4o-mini-2", false);
    row("*4*mini*", "gpt-4o-mini-2", true);
    row("a*b*c", "abcbc", true);
    row("a*b*c", "abcb", false);
    row("?", "", false);
    row("?", "a", true);
    row("?", "ab", false);
    row("?*", "abc", true);
    row("*?", "", false);
    row("a?c", "abc", true);
    row("a?c", "ac", false);
    row("?", "\xC3\xBC", false); // bytes, not characters
    row("??", "\xC3\xBC", true);
    row("[a]", "a", false);
    row("[a]", "[a]", true);
    row("\\*", "\\anything", true);
    row("a.c", "abc", false);
}

void TestGlob::matches()
{
    QFETCH(const QByteArray, pattern);
    QFETCH(const QByteArray, text);
    QFETCH(const bool, expected);
    QCOMPARE(matchesGlob(pattern, text), expected);
}

void TestGlob::agreesWithTheDefinition()
{
    QRandomGenerator random(4);
    const auto randomText = [&random](QByteArrayView alphabet, int longest) {
        QByteArray text(random.bounded(longest + 1), '\0');
        for (char &c : text)
            c = alphabet[random.bounded(int(alphabet.size()))];
        return text;
    };
    for (int i = 0; i < 50'000; ++i) {
        const QByteArray pattern = randomText("ab*?", 7);
        const QByteArray text = randomText("ab", 9);
        QVERIFY2(matchesGlob(pattern, text) == matchesByDefinition(pattern, text),
            QByteArray(pattern + " ~ " + text).constData());
    }
}

void TestGlob::noPatternIsSlow()
{
    const QByteArray pattern = QByteArray("*a").repeated(100) + "*b";
    const QByteArray text(100'000, 'a');
    QElapsedTimer timer;
    timer.start();
    QVERIFY(!matchesGlob(pattern, text));
    QVERIFY2(timer.elapsed() < 5'000, QByteArray::number(timer.elapsed()).constData());
}

QTEST_GUILESS_MAIN(TestGlob)
#include "tst_glob.moc"
