// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sqlerror.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;

class SqlErrorTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void thePlaceIsFound_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<QString>("message");
        QTest::addColumn<QString>("part"); // empty: none
        QTest::newRow("syntax") << u"SELECT a FORM b"_s << u"near \"b\": syntax error"_s << u"b"_s;
        QTest::newRow("column") << u"SELECT modle FROM requests"_s << u"no such column: modle"_s
                                << u"modle"_s;
        QTest::newRow("qualified")
            << u"SELECT r.modle FROM requests r"_s << u"no such column: r.modle"_s << u"modle"_s;
        QTest::newRow("table") << u"SELECT 1 FROM request"_s << u"no such table: request"_s
                               << u"request"_s;
        QTest::newRow("part of a word")
            << u"SELECT status, stat FROM requests"_s << u"no such column: stat"_s << u"stat"_s;
        QTest::newRow("token") << u"SELECT #"_s << u"unrecognized token: \"#\""_s << u"#"_s;
        QTest::newRow("twice") << u"SELECT x, x FROM requests"_s << u"no such column: x"_s << u""_s;
        QTest::newRow("not there") << u"SELECT 1"_s << u"no such column: y"_s << u""_s;
        QTest::newRow("no place") << u"SELECT 1"_s << u"incomplete input"_s << u""_s;
    }

    void thePlaceIsFound()
    {
        QFETCH(const QString, sql);
        QFETCH(const QString, message);
        QFETCH(const QString, part);
        const auto place = ui::sqlErrorPlace(sql, message);
        QCOMPARE(place.has_value(), !part.isEmpty());
        if (place)
            QCOMPARE(sql.mid(place->start, place->length), part);
    }
};

QTEST_GUILESS_MAIN(SqlErrorTest)
#include "tst_sqlerror.moc"
