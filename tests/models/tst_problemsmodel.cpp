// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/problemsmodel.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using config::Finding;
using config::Severity;
using ui::ProblemsModel;

class ProblemsModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void errorsComeFirst()
    {
        ProblemsModel model;
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFindings({{Severity::Hint, {3, 1}, {}, u"hint"_s, {}},
            {Severity::Error, {9, 7}, {}, u"later"_s, {}},
            {Severity::Warning, {4, 2}, {}, u"warning"_s, {}},
            {Severity::Error, {11, 1}, {}, u"last"_s, {}}});
        QStringList messages;
        for (int row = 0; row < model.rowCount(); ++row)
            messages += model.index(row, ProblemsModel::MessageColumn).data().toString();
        QCOMPARE(messages, (QStringList{u"later"_s, u"last"_s, u"warning"_s, u"hint"_s}));
        QCOMPARE(model.index(0, ProblemsModel::PlaceColumn).data().toString(), u"9:7"_s);
        QCOMPARE(model.summary(), u"2 errors, 1 warning, 1 hint"_s);
    }

    void aFixIsWrittenAtItsPlaceOnly_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("line");
        QTest::addColumn<int>("column");
        QTest::addColumn<QString>("fix");
        QTest::addColumn<QByteArray>("mended");
        QTest::newRow("value") << QByteArray("a: 1\nb: {c: 60, d: 2} # x\n") << 2 << 8 << u"60s"_s
                               << QByteArray("a: 1\nb: {c: 60s, d: 2} # x\n");
        QTest::newRow("key") << QByteArray("capasity: 5\n") << 1 << 1 << u"capacity"_s
                             << QByteArray("capacity: 5\n");
        QTest::newRow("quoted") << QByteArray("a: \"x: y\" # z\n") << 1 << 4 << u"b"_s
                                << QByteArray("a: b # z\n");
        QTest::newRow("behind umlauts")
            << QByteArray("ä: {ö: 60}\r\n") << 1 << 8 << u"60s"_s << QByteArray("ä: {ö: 60s}\r\n");
        QTest::newRow("beyond the text")
            << QByteArray("a: 1\n") << 7 << 1 << u"x"_s << QByteArray();
        QTest::newRow("beyond the line")
            << QByteArray("a: 1\n") << 1 << 50 << u"x"_s << QByteArray();
        QTest::newRow("no fix") << QByteArray("a: 1\n") << 1 << 1 << QString() << QByteArray();
    }

    void aFixIsWrittenAtItsPlaceOnly()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, line);
        QFETCH(int, column);
        QFETCH(QString, fix);
        QFETCH(QByteArray, mended);
        const Finding finding{Severity::Error, {line, column}, {}, u"wrong"_s, fix};
        QCOMPARE(ui::mended(text, finding), mended);
    }
};

QTEST_GUILESS_MAIN(ProblemsModelTest)
#include "tst_problemsmodel.moc"
