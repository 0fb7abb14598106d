// SPDX-License-Identifier: GPL-3.0-or-later
// The glance at a request's body.
#include "core/gateway/pipeline/bodypeek.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

using namespace sluice::gateway;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(std::optional<qint64>)

class TestBodyPeek : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsTheFields_data();
    void readsTheFields();
    void boundsTheAnswer_data();
    void boundsTheAnswer();
    void countsOnlyWholeNumbers_data();
    void countsOnlyWholeNumbers();
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

void TestBodyPeek::boundsTheAnswer_data()
{
    constexpr qint64 Most = 1'000'000'000'000;
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<std::optional<qint64>>("tokens");
    const auto row = [](const char *body, std::optional<qint64> tokens) {
        QTest::addRow("%s", body) << QByteArray(body) << tokens;
    };
    row("{}", {});
    row(R"({"max_tokens":100})", 100);
    row(R"({"max_completion_tokens":100})", 100);
    row(R"({"max_output_tokens":100})", 100);
    row(R"({"max_tokens":100,"max_completion_tokens":300,"max_output_tokens":200})", 300);
    row(R"({"max_tokens":300,"max_tokens":200})", 300);
    row(R"({"n":3,"max_tokens":100})", 300);
    row(R"({"max_tokens":100,"n":3})", 300);
    row(R"({"max_tokens":100,"n":3,"model":"m","n":1})", 300);
    row(R"({"n":3})", {});
    row(R"({"max_tokens":1})", 1);
    row(R"({"max_tokens":1000000000000})", Most);
    row(R"({"max_tokens":500000000000,"n":2})", Most);
    row(R"({"max_tokens":500000000001,"n":2})", Most);
    row(R"({"max_tokens":1000000000000,"n":1000000000000})", Most);
    row(R"({"max\u005ftokens":5})", 5);
    row(R"({"messages":[{"max_tokens":5,"n":2}],"metadata":{"max_tokens":6}})", {});
    row(R"({"Max_tokens":5,"max_token":6,"max_tokens ":7})", {});
}

void TestBodyPeek::boundsTheAnswer()
{
    QFETCH(QByteArray, body);
    QFETCH(const std::optional<qint64>, tokens);
    const BodyPeek peek = peekBody(body);
    QVERIFY(peek.isJsonObject);
    QCOMPARE(peek.maxOutputTokens, tokens);
}

void TestBodyPeek::countsOnlyWholeNumbers_data()
{
    QTest::addColumn<QByteArray>("value");
    for (const char *value : {"0", "-0", "-1", "1.5", "2.0", "1e3", "\"100\"", "null", "true",
             "[1]", "{\"a\":1}", "1000000000001", "9223372036854775808", "18446744073709551617",
             "-9223372036854775809", "100000000000000000000000000000000"})
        QTest::newRow(value) << QByteArray(value);
}

void TestBodyPeek::countsOnlyWholeNumbers()
{
    QFETCH(const QByteArray, value);
    const auto bound = [](QByteArray body) {
        const BodyPeek peek = peekBody(body);
        return peek.isJsonObject && peek.model == "m" ? peek.maxOutputTokens : -1;
    };
    const QByteArray rest = R"(,"model":"m"})";
    QCOMPARE(bound("{\"max_tokens\":" + value + rest), std::nullopt);
    QCOMPARE(bound("{\"max_tokens\":" + value + R"(,"max_output_tokens":7)" + rest), 7);
    QCOMPARE(bound("{\"n\":" + value + R"(,"max_tokens":7)" + rest), 7);
}

void TestBodyPeek::refusesWhatIsNoObject_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body : {"", "null", "[]", "\"text\"", "{", "{\"model\":\"m\"", "{\"model\":}",
             "{\"model\":\"m\"} x", "{\"max_tokens\":5} x", "{\"max_tokens\":}",
             "{\"a\":1}{\"b\":2}", "not json", "{\"model\":\"\xff\"}"})
        QTest::addRow("%s", body) << QByteArray(body);
}

void TestBodyPeek::refusesWhatIsNoObject()
{
    QFETCH(QByteArray, body);
    const BodyPeek peek = peekBody(body);
    QVERIFY(!peek.isJsonObject);
    QVERIFY(peek.model.isEmpty());
    QVERIFY(!peek.maxOutputTokens);
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
        R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi \u00e9"}],"user":"u","stream":true,"max_tokens":64,"n":2})";
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
        QVERIFY(!peek.maxOutputTokens || *peek.maxOutputTokens > 0);
        if (peek.modelAt >= 0) {
            QVERIFY(peek.modelAt + peek.modelSize <= body.size());
        }
    }
}

QTEST_GUILESS_MAIN(TestBodyPeek)
#include "tst_bodypeek.moc"
