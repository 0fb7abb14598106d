// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/tablemodel.h"
#include "ui/models/tabletext.h"

#include <QAbstractItemModelTester>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace Qt::StringLiterals;
using namespace sluice;
using session::SqlAnswer;
using ui::TableModel;

namespace {

const QVariant Null;

SqlAnswer sample()
{
    SqlAnswer answer;
    answer.columns = {u"name"_s, u"amount"_s};
    answer.rows = {{u"b"_s, 10LL}, {u"a"_s, 9LL}, {Null, 2.5}, {u"c"_s, Null}, {u"B"_s, 10LL}};
    return answer;
}

QStringList texts(const TableModel &model, int column)
{
    QStringList all;
    for (int row = 0; row < model.rowCount(); ++row)
        all += model.index(row, column).data().toString();
    return all;
}

} // namespace

class TableModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void rowsComeAsTheyAre()
    {
        TableModel model;
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        model.setAnswer(sample());
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.columnCount(), 2);
        QCOMPARE(texts(model, 0), QStringList({u"b"_s, u"a"_s, u"null"_s, u"c"_s, u"B"_s}));
        QCOMPARE(model.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), u"amount"_s);
    }

    void figuresStandOnTheRight()
    {
        TableModel model;
        model.setAnswer(sample());
        const auto isRight = [&model](int row, int column) {
            return model.index(row, column).data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight;
        };
        QVERIFY(isRight(0, 1) && !isRight(0, 0));
        QVERIFY(
            model.headerData(1, Qt::Horizontal, Qt::TextAlignmentRole).toInt() & Qt::AlignRight);
        QVERIFY(
            !(model.headerData(0, Qt::Horizontal, Qt::TextAlignmentRole).toInt() & Qt::AlignRight));
        QCOMPARE(model.index(2, 0).data(ui::ToneRole).toInt(), int(ui::Tone::Second));
    }

    // As SQLite sorts: null, figures, texts; equal ones stay in order.
    void columnsAreSorted_data()
    {
        QTest::addColumn<int>("column");
        QTest::addColumn<Qt::SortOrder>("order");
        QTest::addColumn<QStringList>("names");
        QTest::newRow("text") << 0 << Qt::AscendingOrder
                              << QStringList{u"null"_s, u"B"_s, u"a"_s, u"b"_s, u"c"_s};
        QTest::newRow("text down")
            << 0 << Qt::DescendingOrder << QStringList{u"c"_s, u"b"_s, u"a"_s, u"B"_s, u"null"_s};
        QTest::newRow("figure") << 1 << Qt::AscendingOrder
                                << QStringList{u"c"_s, u"null"_s, u"a"_s, u"b"_s, u"B"_s};
        QTest::newRow("figure down")
            << 1 << Qt::DescendingOrder << QStringList{u"b"_s, u"B"_s, u"a"_s, u"null"_s, u"c"_s};
        QTest::newRow("as they came")
            << -1 << Qt::AscendingOrder << QStringList{u"b"_s, u"a"_s, u"null"_s, u"c"_s, u"B"_s};
    }

    void columnsAreSorted()
    {
        QFETCH(const int, column);
        QFETCH(const Qt::SortOrder, order);
        TableModel model;
        const QAbstractItemModelTester tester(&model);
        model.setAnswer(sample());
        model.sort(0, Qt::AscendingOrder);
        const QPersistentModelIndex kept(model.index(2, 0)); // "a"
        model.sort(column, order);
        QTEST(texts(model, 0), "names");
        QCOMPARE(kept.data().toString(), u"a"_s);
        QCOMPARE(model.sortedAnswer().rows.front(),
            QVariantList({model.valueAt(0, 0), model.valueAt(0, 1)}));
    }

    void manyRowsAreSortedAndReplaced()
    {
        QRandomGenerator random(3);
        SqlAnswer answer;
        answer.columns = {u"n"_s};
        for (int i = 0; i < 20'000; ++i)
            answer.rows.push_back({qlonglong(random.bounded(1'000'000))});
        TableModel model;
        const QAbstractItemModelTester tester(&model);
        model.setAnswer(answer);
        model.sort(0, Qt::DescendingOrder);
        for (int row = 1; row < model.rowCount(); ++row)
            QVERIFY(model.valueAt(row - 1, 0).toLongLong() >= model.valueAt(row, 0).toLongLong());
        model.setAnswer({});
        QCOMPARE(model.rowCount(), 0);
        model.sort(0, Qt::AscendingOrder);
    }

    void cellsAreShownForPeopleAndCopiedForMachines_data()
    {
        QTest::addColumn<QVariant>("value");
        QTest::addColumn<QString>("shown");
        QTest::addColumn<QString>("plain");
        QTest::newRow("null") << QVariant() << u"null"_s << u""_s;
        QTest::newRow("large") << QVariant(1234567LL) << u"1\u202f234\u202f567"_s << u"1234567"_s;
        QTest::newRow("negative") << QVariant(-5LL) << u"\u22125"_s << u"-5"_s;
        QTest::newRow("fraction") << QVariant(1234.5) << u"1\u202f234.5"_s << u"1234.5"_s;
        QTest::newRow("two lines") << QVariant(u"a\nb\tc"_s) << u"a b c"_s << u"a\nb\tc"_s;
        QTest::newRow("bytes") << QVariant(QByteArray("\x01\xff")) << u"01ff"_s << u"01ff"_s;
        const QString body(300'000, u'x');
        QTest::newRow("very long") << QVariant(body) << QString(body.first(1'000) + u'…') << body;
        QTest::newRow("digits in a text") << QVariant(u"1234567"_s) << u"1234567"_s << u"1234567"_s;
    }

    void cellsAreShownForPeopleAndCopiedForMachines()
    {
        QFETCH(const QVariant, value);
        QTEST(ui::tabletext::shown(value), "shown");
        QTEST(ui::tabletext::plain(value), "plain");
    }

    void csvIsQuoted()
    {
        SqlAnswer answer;
        answer.columns = {u"a,b"_s, u"c"_s};
        answer.rows = {{u"say \"hi\""_s, 5LL}, {u"two\nlines"_s, Null}};
        QCOMPARE(ui::tabletext::csv(answer),
            "\"a,b\",c\r\n\"say \"\"hi\"\"\",5\r\n\"two\nlines\",\r\n"_ba);
    }

    void jsonLinesKeepEveryValue()
    {
        SqlAnswer answer;
        answer.columns = {u"n"_s, u"n"_s, u"text"_s, u"real"_s, u"none"_s};
        answer.rows = {{9'007'199'254'740'993LL, 2LL, u"ü\n\""_s, 0.1, Null},
            {1LL, 2LL, u""_s, std::nan(""), Null}};
        const QList<QByteArray> lines = ui::tabletext::jsonLines(answer).split('\n');
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines.last().isEmpty());
        const QJsonObject first = QJsonDocument::fromJson(lines.at(0)).object();
        QCOMPARE(first.value(u"n"_s).toInteger(), 9'007'199'254'740'993LL);
        QCOMPARE(first.value(u"n_2"_s).toInteger(), 2);
        QCOMPARE(first.value(u"text"_s).toString(), u"ü\n\""_s);
        QCOMPARE(first.value(u"real"_s).toDouble(), 0.1);
        QVERIFY(first.value(u"none"_s).isNull() && first.contains(u"none"_s));
        QVERIFY(QJsonDocument::fromJson(lines.at(1)).object().value(u"real"_s).isNull());
    }

    void copiedRowsStayRows()
    {
        QCOMPARE(ui::tabletext::tabbed({u"a\tb\nc"_s, 1200LL, Null}), u"a b c\t1200\t"_s);
    }
};

QTEST_GUILESS_MAIN(TableModelTest)
#include "tst_tablemodel.moc"
