// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded bodies become readable without becoming others.
#include "core/session/shownbodies.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::MostKeptBytes;
using insight::RecordedBody;
using session::shown;
using session::ShownBody;

class TestShownBodies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void putsJsonIntoLines_data();
    void putsJsonIntoLines();
    void leavesTheRestAsItWas_data();
    void leavesTheRestAsItWas();
    void knowsWhatIsNoText_data();
    void knowsWhatIsNoText();
    void saysWhatWasCut();
    void keepsWhatIsBuiltToGrow();
};

void TestShownBodies::putsJsonIntoLines_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("lines");
    QTest::newRow("object") << R"({"b":1,"a":[true,null]})"_ba
                            << u"{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null\n  ]\n}"_s;
    QTest::newRow("order and figures stay")
        << R"({"z":1.50,"a":1e3,"z":10000000000000000000001})"_ba
        << u"{\n  \"z\": 1.50,\n  \"a\": 1e3,\n  \"z\": 10000000000000000000001\n}"_s;
    QTest::newRow("spaces") << " { \"a\" : [ 1 , 2 ] }\r\n"_ba
                            << u"{\n  \"a\": [\n    1,\n    2\n  ]\n}"_s;
    QTest::newRow("empty ones") << R"({"a":{},"b":[ ],"c":""})"_ba
                                << u"{\n  \"a\": {},\n  \"b\": [],\n  \"c\": \"\"\n}"_s;
    QTest::newRow("signs in texts")
        << R"(["a{b}:,[\"\\",":\\\""])"_ba << u"[\n  \"a{b}:,[\\\"\\\\\",\n  \":\\\\\\\"\"\n]"_s;
    QTest::newRow("letters") << R"(["Zoë 😀"])"_ba << u"[\n  \"Zoë 😀\"\n]"_s;
}

void TestShownBodies::putsJsonIntoLines()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, lines);
    const ShownBody body = shown(RecordedBody{"application/json", json, json.size()});
    QCOMPARE(body.text, lines);
    QCOMPARE(body.type, u"application/json"_s);
    QVERIFY(body.isText && !body.isCut());
    QCOMPARE(QJsonDocument::fromJson(body.text.toUtf8()), QJsonDocument::fromJson(json));
}

void TestShownBodies::leavesTheRestAsItWas_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("stream") << "data: {\"a\":1}\n\ndata: [DONE]\n\n"_ba;
    QTest::newRow("broken JSON") << R"({"a":[1,)"_ba;
    QTest::newRow("text") << "Hello {world}"_ba;
    QTest::newRow("a quote that does not end") << R"({"a":"b\)"_ba;
    QTest::newRow("nothing") << QByteArray();
}

void TestShownBodies::leavesTheRestAsItWas()
{
    QFETCH(QByteArray, text);
    QCOMPARE(shown(RecordedBody{{}, text, text.size()}).text, QString::fromUtf8(text));
}

void TestShownBodies::knowsWhatIsNoText_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no UTF-8") << "\xFF\xD8\xFF"_ba;
    QTest::newRow("with a null") << QByteArray("a\0b", 3);
}

void TestShownBodies::knowsWhatIsNoText()
{
    QFETCH(QByteArray, bytes);
    const ShownBody body = shown(RecordedBody{"image/jpeg", bytes, bytes.size()});
    QVERIFY(!body.isText);
    QVERIFY(body.text.isEmpty());
    QCOMPARE(body.size, bytes.size());
}

void TestShownBodies::saysWhatWasCut()
{
    const QByteArray json = R"({"a":1})"; // by chance valid
    const ShownBody body = shown(RecordedBody{"application/json", json, 1'000'000});
    QVERIFY(body.isCut());
    QCOMPARE(body.text, QString::fromUtf8(json));
    QCOMPARE(body.kept, json.size());
    QCOMPARE(body.size, 1'000'000);
}

/// Deep nesting would make a text of many times its size.
void TestShownBodies::keepsWhatIsBuiltToGrow()
{
    constexpr int depth = 500;
    QByteArray json = "[";
    while (json.size() < MostKeptBytes - 3 * depth)
        json += QByteArray(depth, '[') + QByteArray(depth, ']') + ',';
    json += "0]";
    QElapsedTimer time;
    time.start();
    const ShownBody body = shown(RecordedBody{"application/json", json, json.size()});
    QCOMPARE(body.text, QString::fromUtf8(json));
    QVERIFY2(time.elapsed() < 5'000, qPrintable(u"%1 ms"_s.arg(time.elapsed())));
}

QTEST_GUILESS_MAIN(TestShownBodies)
#include "tst_shownbodies.moc"
