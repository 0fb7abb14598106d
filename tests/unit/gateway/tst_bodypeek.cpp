// SPDX-License-Identifier: GPL-3.0-or-later
// The glance at a request's body.
#include "core/gateway/pipeline/bodypeek.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

using namespace sluice::gateway;
using namespace Qt::StringLiterals;

class TestBodyPeek : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsTheFields_data();
    void readsTheFields();
    void refusesWhatIsNoObject_data();
    void refusesWhatIsNoObject();
    void pointsAtTheModel();
    void survivesAnyBytes();
};

void TestBodyPeek::readsTheFields_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("user");
    QTest::addColumn<bool>("isStream");
    QTest::addRow("chat") << R"({"model":"gpt","user":"bob","stream":true})"_ba
                          << "gpt"_ba
                          << "bob"_ba << true;
    QTest::addRow("order and nesting do not matter")
        << R"({"messages":[{"user":"no","model":"no","stream":true}],"user":"bob","model":"gpt"})"_ba
        << "gpt"_ba
        << "bob"_ba << false;
    QTest::addRow("anthropic")
        << R"({"metadata":{"x":[1,{}],"user_id":"carol"},"model":"claude"})"_ba
        << "claude"_ba
        << "carol"_ba << false;
    QTest::addRow("escapes") << R"({"model":"g\u0070t","user":"a\"b"})"_ba
                             << "gpt"_ba
                             << "a\"b"_ba << false;
    QTest::addRow("other types are not text") << R"({"model":5,"user":["x"],"stream":"yes"})"_ba
                                              << ""_ba
                                              << ""_ba << false;
    QTest::addRow("empty object") << "{}"_ba
                                  << ""_ba
                                  << ""_ba << false;
    QTest::addRow("blanks around") << " \n{\"model\" : \"m\" }\n "_ba
                                   << "m"_ba
                                   << ""_ba << false;
    QTest::addRow("non-ASCII") << R"({"model":"m","user":"zoë"})"_ba
                               << "m"_ba
                               << "zoë"_ba << false;
}

void TestBodyPeek::readsTheFields()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, user);
    QFETCH(bool, isStream);
    const QByteArray before = body;
    const BodyPeek peek = peekBody(body);
    QVERIFY(peek.isJsonObject);
    QCOMPARE(peek.model, model);
    QCOMPARE(peek.user, user);
    QCOMPARE(peek.isStream, isStream);
    QCOMPARE(body, before);
}

void TestBodyPeek::refusesWhatIsNoObject_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body : {"", "null", "[]", "\"text\"", "{", "{\"model\":\"m\"", "{\"model\":}",
             "{\"model\":\"m\"} x", "{\"a\":1}{\"b\":2}", "not json", "{\"model\":\"\xff\"}"})
        QTest::addRow("%s", body) << QByteArray(body);
}

void TestBodyPeek::refusesWhatIsNoObject()
{
    QFETCH(QByteArray, body);
    const BodyPeek peek = peekBody(body);
    QVERIFY(!peek.isJsonObject);
    QVERIFY(peek.model.isEmpty());
}

void TestBodyPeek::pointsAtTheModel()
{
    QByteArray body = R"({"a":"model","model" : "openai/gpt-4o" , "z":1})";
    const BodyPeek peek = peekBody(body);
    QCOMPARE(body.mid(peek.modelAt, peek.modelSize), "openai/gpt-4o"_ba);
}

void TestBodyPeek::survivesAnyBytes()
{
    const QByteArray sample =
        R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi \u00e9"}],"user":"u","stream":true})";
    QRandomGenerator random(42);
    for (int round = 0; round < 20'000; ++round) {
        QByteArray body = sample;
        for (int i = random.bounded(4); i >= 0; --i) {
            const int at = random.bounded(int(body.size()));
            switch (random.bounded(3)) {
            case 0:
                body[at] = char(random.bounded(256));
                break;
            case 1:
                body.truncate(std::max(at, 1));
                break;
            default:
                body.insert(at, "{[\"\\,:}]"[random.bounded(8)]);
            }
        }
        const BodyPeek peek = peekBody(body);
        // Where both readers see an object with a model, they see the same one. QJsonDocument lets
        // invalid escapes pass, so texts with more of them than the sample do not count.
        const QJsonValue model = QJsonDocument::fromJson(body).object().value(u"model"_s);
        const bool isClear = body.count("\"model\"") == 1 && body.count('\\') <= 1;
        if (peek.isJsonObject && model.isString() && isClear)
            QCOMPARE(QString::fromUtf8(peek.model), model.toString());
        if (peek.modelAt >= 0) {
            QVERIFY(peek.modelAt + peek.modelSize <= body.size());
        }
    }
}

QTEST_GUILESS_MAIN(TestBodyPeek)
#include "tst_bodypeek.moc"
