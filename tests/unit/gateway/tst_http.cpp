// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/http.h"

#include <QTest>

using namespace Qt::StringLiterals;

using namespace sluice::gateway;

class TestHttp : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyByteAtEveryPlaceOfAValue();
    void comparesNamesWithoutCase_data();
    void comparesNamesWithoutCase();
    void internedTextIsTheSameText_data();
    void internedTextIsTheSameText();
};

// The check looks at eight bytes together: each place of a word and of the rest after it must do.
void TestHttp::everyByteAtEveryPlaceOfAValue()
{
    for (int size = 1; size <= 19; ++size) {
        for (int place = 0; place < size; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                for (const char neighbour : {' ', 'a', '\x80', '\xff', '\t'}) {
                    QByteArray value(size, neighbour);
                    value[place] = char(byte);
                    const bool isAllowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
                    if (isFieldValue(value) != isAllowed)
                        QFAIL(qPrintable(u"byte %1 at %2 of %3"_s.arg(byte).arg(place).arg(size)));
                }
            }
        }
    }
    QVERIFY(isFieldValue({}));
}

void TestHttp::comparesNamesWithoutCase_data()
{
    QTest::addColumn<QByteArray>("a");
    QTest::addColumn<QByteArray>("b");
    QTest::addColumn<bool>("isSame");
    QTest::newRow("same") << "x-api-key"_ba
                          << "x-api-key"_ba << true;
    QTest::newRow("case") << "X-API-Key"_ba
                          << "x-api-kEY"_ba << true;
    QTest::newRow("inside") << "x-apj-key"_ba
                            << "x-api-key"_ba << false;
    QTest::newRow("size") << "x-api-key"_ba
                          << "x-api-keys"_ba << false;
    QTest::newRow("only letters fold") << "a@"_ba
                                       << "a`"_ba << false;
    QTest::newRow("empty") << ""_ba
                           << ""_ba << true;
}

void TestHttp::comparesNamesWithoutCase()
{
    QFETCH(QByteArray, a);
    QFETCH(QByteArray, b);
    QTEST(sameHeaderName(a, b), "isSame");
    QTEST(sameHeaderName(b, a), "isSame");
}

void TestHttp::internedTextIsTheSameText_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"", "POST", "post", "PUSH", "Content-Type", "content-type",
             "CONTENT-TYPE", "application/json", "application/jsot", "x"})
        QTest::newRow(text) << QByteArray(text);
    QTest::newRow("long") << QByteArray(4000, 'x');
}

void TestHttp::internedTextIsTheSameText()
{
    QFETCH(QByteArray, text);
    QCOMPARE(internedHeaderText(text), text);
}

QTEST_GUILESS_MAIN(TestHttp)
#include "tst_http.moc"
