// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/guikit.h"
#include "ui/widgets/sqledit.h"
#include "ui/widgets/sqlhighlighter.h"

#include <QAbstractItemView>
#include <QCompleter>

using namespace Qt::StringLiterals;
using namespace sluice;
using ui::SqlEdit;
using ui::SqlState;
using ui::Syntax;

namespace {

const QStringList Names{u"requests"_s, u"key"_s, u"status"_s, u"micro_cents"_s};

/// "SELECT:keyword key:segment": what is coloured, and how.
QString coloured(const QString &line, SqlState begin)
{
    static const QHash<Syntax, QString> words{{Syntax::Keyword, u"keyword"_s},
        {Syntax::Number, u"number"_s}, {Syntax::Text, u"text"_s}, {Syntax::Comment, u"comment"_s},
        {Syntax::Segment, u"name"_s}};
    QStringList parts;
    const ui::SqlLine read = ui::sqlSpans(line, begin, {Names.cbegin(), Names.cend()});
    for (const ui::SyntaxSpan &span : read.spans)
        parts += line.mid(span.start, span.length) + u'=' + words.value(span.part);
    return parts.join(u'|');
}

} // namespace

class SqlEditTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { test::failOnWarnings(); }

    void partsHaveColours_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<SqlState>("begin");
        QTest::addColumn<QString>("parts");
        QTest::addColumn<SqlState>("end");
        const auto row = [](const char *name, const QString &line, const QString &parts,
                             SqlState begin = SqlState::Plain, SqlState end = SqlState::Plain) {
            QTest::newRow(name) << line << begin << parts << end;
        };
        row("words", u"select Key, other FROM requests"_s,
            u"select=keyword|Key=name|FROM=keyword|requests=name"_s);
        row("numbers", u"LIMIT 1e8 + 2.5 - .5 - x1"_s,
            u"LIMIT=keyword|1e8=number|2.5=number|.5=number"_s);
        row("signed exponent", u"1e-8"_s, u"1e-8=number"_s);
        row("text", u"status = 'it''s -- no comment' AND 1"_s,
            u"status=name|'it''s -- no comment'=text|AND=keyword|1=number"_s);
        row("comment", u"key -- it's 'this'"_s, u"key=name|-- it's 'this'=comment"_s);
        row("quoted name", u"\"select\" `key`"_s, u"\"select\"=name|`key`=name"_s);
        row("comment begins", u"1 /* two"_s, u"1=number|/* two=comment"_s, SqlState::Plain,
            SqlState::Comment);
        row("comment ends", u"three */ 4"_s, u"three */=comment|4=number"_s, SqlState::Comment);
        row("text begins", u"'two"_s, u"'two=text"_s, SqlState::Plain, SqlState::Text);
        row("text goes on", u"it''s"_s, u"it''s=text"_s, SqlState::Text, SqlState::Text);
        row("text ends", u"three' AND"_s, u"three'=text|AND=keyword"_s, SqlState::Text);
        row("empty in a text", u""_s, u""_s, SqlState::Text, SqlState::Text);
        row("a point at the end", u"1."_s, u"1.=number"_s);
        row("only a point", u"."_s, u""_s);
    }

    void partsHaveColours()
    {
        QFETCH(const QString, line);
        QFETCH(const SqlState, begin);
        QTEST(coloured(line, begin), "parts");
        QTEST(ui::sqlSpans(line, begin, {}).end, "end");
    }

    void namesAreCompletedByKey()
    {
        SqlEdit edit(u"Query"_s, Names);
        edit.resize(500, 200);
        edit.show();
        QVERIFY(QTest::qWaitForWindowActive(&edit));
        QAbstractItemView *popup = edit.completer()->popup();
        QTest::keyClicks(&edit, u"SELECT m"_s);
        QVERIFY(!popup->isVisible()); // one letter is not enough
        QTest::keyClicks(&edit, u"i"_s);
        QVERIFY(popup->isVisible());
        QTest::keyClick(popup, Qt::Key_Return);
        QCOMPARE(edit.toPlainText(), u"SELECT micro_cents"_s);
        QTest::keyClicks(&edit, u" FROM requests WHERE st"_s);
        QVERIFY(popup->isVisible());
        QTest::keyClick(popup, Qt::Key_Escape);
        QVERIFY(!popup->isVisible());
        QCOMPARE(edit.toPlainText(), u"SELECT micro_cents FROM requests WHERE st"_s);
        QTest::keyClick(&edit, Qt::Key_Space, Qt::ControlModifier);
        QVERIFY(popup->isVisible());
        QTest::keyClicks(popup, u"a"_s);
        QTest::keyClick(popup, Qt::Key_Tab);
        QCOMPARE(edit.toPlainText(), u"SELECT micro_cents FROM requests WHERE status"_s);
        QTest::keyClicks(&edit, u" = 'zz'"_s);
        QVERIFY(!popup->isVisible());
    }

    void anErrorIsMarkedUntilSomethingIsTyped()
    {
        SqlEdit edit(u"Query"_s, Names);
        edit.setPlainText(u"SELECT modle"_s);
        edit.markError(7, 5);
        QCOMPARE(edit.extraSelections().size(), 1);
        QCOMPARE(edit.extraSelections().first().cursor.selectedText(), u"modle"_s);
        QTest::keyClicks(&edit, u" "_s);
        QCOMPARE(edit.extraSelections().size(), 0);
    }

    void anotherTextCanBeUndone()
    {
        SqlEdit edit(u"Query"_s, Names);
        edit.setPlainText(u"SELECT 1"_s);
        edit.replaceText(u"SELECT 2"_s);
        QCOMPARE(edit.toPlainText(), u"SELECT 2"_s);
        edit.undo();
        QCOMPARE(edit.toPlainText(), u"SELECT 1"_s);
    }
};

QTEST_MAIN(SqlEditTest)
#include "tst_sqledit.moc"
