// SPDX-License-Identifier: GPL-3.0-or-later
// Undo gives back what was there, to the byte, and redo what came after it.
#include "core/session/edithistory.h"

#include <QTest>

#include <random>

using namespace sluice;
using namespace Qt::StringLiterals;
using session::EditHistory;
using std::chrono::milliseconds;

namespace {

QByteArray randomText(std::mt19937 &random, size_t most)
{
    // Few different bytes, so that prefixes and suffixes of edits overlap often.
    static const QByteArray letters("ab\n\xc3\xa9\0", 6);
    QByteArray text;
    const size_t size = random() % (most + 1);
    for (size_t i = 0; i < size; ++i)
        text.append(letters[qsizetype(random() % size_t(letters.size()))]);
    return text;
}

QByteArray randomEdit(std::mt19937 &random, const QByteArray &text)
{
    const auto at = qsizetype(random() % size_t(text.size() + 1));
    const auto length = qsizetype(random() % size_t(std::min<qsizetype>(text.size() - at, 12) + 1));
    return QByteArray(text).replace(at, length, randomText(random, 12));
}

} // namespace

class TestEditHistory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thousandEditsGoBackAndForth_data();
    void thousandEditsGoBackAndForth();
    void nothingToUndoChangesNothing();
    void namesTheNextStep();
    void aNewEditEndsWhatCouldBeRedone();
    void quickStepsOfOneKindAreOne();
    void slowOrDifferentStepsStayApart_data();
    void slowOrDifferentStepsStayApart();
    void mergingBackToTheStartLeavesNoStep();
    void anEditThatChangesNothingIsNoStep();
    void clearForgetsEverything();
};

void TestEditHistory::thousandEditsGoBackAndForth_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 5; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestEditHistory::thousandEditsGoBackAndForth()
{
    QFETCH(const quint32, seed);
    std::mt19937 random(seed);
    EditHistory history;
    QByteArray text = randomText(random, 400);
    const QByteArray first = text;
    QByteArrayList versions{first};
    for (int i = 0; i < 1'000; ++i) {
        const QByteArray next = randomEdit(random, text);
        history.push(text, next, u"edit"_s, {}, milliseconds(i));
        if (next != text)
            versions.append(next);
        text = next;
    }
    const QByteArray last = text;
    for (qsizetype i = versions.size() - 1; i > 0; --i) {
        QCOMPARE(text, versions[i]);
        text = history.undo(text);
    }
    QCOMPARE(text, first);
    QVERIFY(history.undoLabel().isEmpty());
    while (!history.redoLabel().isEmpty())
        text = history.redo(text);
    QCOMPARE(text, last);
    // A random walk through the steps ends where it should.
    qsizetype at = versions.size() - 1;
    for (int i = 0; i < 2'000; ++i) {
        const bool isUndo = random() % 2 == 0;
        at = std::clamp<qsizetype>(at + (isUndo ? -1 : 1), 0, versions.size() - 1);
        text = isUndo ? history.undo(text) : history.redo(text);
        QCOMPARE(text, versions[at]);
    }
}

void TestEditHistory::nothingToUndoChangesNothing()
{
    EditHistory history;
    QCOMPARE(history.undo("text"), "text"_ba);
    QCOMPARE(history.redo("text"), "text"_ba);
    QVERIFY(history.undoLabel().isEmpty());
}

void TestEditHistory::namesTheNextStep()
{
    EditHistory history;
    history.push("a", "b", u"first"_s, {}, milliseconds(0));
    history.push("b", "c", u"second"_s, {}, milliseconds(1));
    QCOMPARE(history.undoLabel(), u"second"_s);
    QCOMPARE(history.undo("c"), "b"_ba);
    QCOMPARE(history.undoLabel(), u"first"_s);
    QCOMPARE(history.redoLabel(), u"second"_s);
}

void TestEditHistory::aNewEditEndsWhatCouldBeRedone()
{
    EditHistory history;
    history.push("a", "b", u"first"_s, {}, milliseconds(0));
    QCOMPARE(history.undo("b"), "a"_ba);
    history.push("a", "x", u"other"_s, {}, milliseconds(1));
    QVERIFY(history.redoLabel().isEmpty());
    QCOMPARE(history.redo("x"), "x"_ba);
    QCOMPARE(history.undo("x"), "a"_ba);
}

void TestEditHistory::quickStepsOfOneKindAreOne()
{
    EditHistory history;
    history.push("capacity: 6", "capacity: 60", u"to 60"_s, u"capacity"_s, milliseconds(0));
    history.push("capacity: 60", "capacity: 600", u"to 600"_s, u"capacity"_s, milliseconds(900));
    // The second counts from the last key stroke, not from the first.
    history.push("capacity: 600", "capacity: 60", u"to 60"_s, u"capacity"_s, milliseconds(1'800));
    QCOMPARE(history.undoLabel(), u"to 60"_s);
    QCOMPARE(history.undo("capacity: 60"), "capacity: 6"_ba);
    QVERIFY(history.undoLabel().isEmpty());
    QCOMPARE(history.redo("capacity: 6"), "capacity: 60"_ba);
}

void TestEditHistory::slowOrDifferentStepsStayApart_data()
{
    QTest::addColumn<QString>("firstId");
    QTest::addColumn<QString>("secondId");
    QTest::addColumn<int>("after");
    QTest::newRow("too late") << u"x"_s << u"x"_s << 1'001;
    QTest::newRow("another place") << u"x"_s << u"y"_s << 1;
    QTest::newRow("no id") << QString() << QString() << 1;
}

void TestEditHistory::slowOrDifferentStepsStayApart()
{
    QFETCH(const QString, firstId);
    QFETCH(const QString, secondId);
    QFETCH(const int, after);
    EditHistory history;
    history.push("a", "b", u"first"_s, firstId, milliseconds(0));
    history.push("b", "c", u"second"_s, secondId, milliseconds(after));
    QCOMPARE(history.undo("c"), "b"_ba);
    QCOMPARE(history.undo("b"), "a"_ba);
}

void TestEditHistory::mergingBackToTheStartLeavesNoStep()
{
    EditHistory history;
    history.push("a", "b", u"there"_s, u"x"_s, milliseconds(0));
    history.push("b", "a", u"and back"_s, u"x"_s, milliseconds(10));
    QVERIFY(history.undoLabel().isEmpty());
    QVERIFY(history.redoLabel().isEmpty());
}

void TestEditHistory::anEditThatChangesNothingIsNoStep()
{
    EditHistory history;
    history.push("a", "a", u"nothing"_s, {}, milliseconds(0));
    QVERIFY(history.undoLabel().isEmpty());
}

void TestEditHistory::clearForgetsEverything()
{
    EditHistory history;
    history.push("a", "b", u"first"_s, {}, milliseconds(0));
    history.clear();
    QVERIFY(history.undoLabel().isEmpty());
    QCOMPARE(history.undo("b"), "b"_ba);
}

QTEST_GUILESS_MAIN(TestEditHistory)
#include "tst_edithistory.moc"
