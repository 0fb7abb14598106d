// SPDX-License-Identifier: GPL-3.0-or-later
// How many tokens the input of a request may have: every shape of body that providers take.
#include "core/metering/tokens/inputestimate.h"
#include "core/metering/tokens/tokencounter.h"
#include "mutations.h"

#include <QRandomGenerator>
#include <QTest>

using namespace sluice::metering;

namespace {

qint64 estimate(QByteArray body, TokenFamily family = TokenFamily::O200k)
{
    const QByteArray before = body;
    const qint64 tokens = estimateInput(body, family);
    return body == before ? tokens : -1;
}

qint64 count(QByteArrayView text)
{
    TokenCounter counter(TokenFamily::O200k);
    counter.feed(text);
    return counter.tokens();
}

const QByteArray Base64 = QByteArray("iVBORw0KGgoAAAANSUhEUgAA").repeated(2'000);

} // namespace

class TestInputEstimate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsBodies_data();
    void readsBodies();
    void countsTextOfMessages();
    void countsLongTextsInSamples();
    void countsPicturesByFamily();
    void countsWhatIsNoJsonByBytes_data();
    void countsWhatIsNoJsonByBytes();
    void countsUnknownObjectsAsText();
    void survivesDepth();
    void survivesAnyBytes();
};

void TestInputEstimate::readsBodies_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<qint64>("tokens");
    const auto row = [](const char *name, const QByteArray &body, qint64 tokens) {
        QTest::newRow(name) << body << tokens;
    };
    const qint64 hi = count("Say hello to everybody");
    const qint64 brief = count("Be brief.");
    const QByteArray text = R"("Say hello to everybody")";
    row("chat", R"({"model":"m","messages":[{"role":"user","content":)" + text + "}]}", hi + 7);
    row("two messages",
        R"({"messages":[{"role":"system","content":"Be brief."},{"content":)" + text
            + R"(,"role":"user"}],"stream":true,"temperature":0.5,"user":"x","stop":["a","b"]})",
        hi + brief + 11);
    row("parts",
        R"({"messages":[{"role":"user","content":[{"type":"text","text":)" + text
            + R"(},{"type":"text","text":"Be brief."}]}]})",
        hi + brief + 7);
    row("null content", R"({"messages":[{"role":"assistant","content":null}]})", 7);
    row("tool call",
        R"({"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_9aXk3",)"
        R"("type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},)"
        R"({"role":"tool","tool_call_id":"call_9aXk3","content":"Be brief."}]})",
        brief + count("weather") + count(R"({"city":"Oslo"})") + 11);
    const QByteArray tools =
        R"([{"type":"function","function":{"name":"weather","parameters":{}}}])";
    row("tools", R"({"messages":[],"tools":)" + tools + R"(,"tool_choice":"auto"})",
        count(tools) + 3);
    row("picture",
        R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
        R"("data:image/png;base64,)"
            + Base64 + R"("}},{"type":"text","text":"Be brief."}]}]})",
        brief + 7 + 765);
    row("picture in low detail",
        R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":)"
        R"("https://example.org/a.png","detail":"low"}}]}]})",
        7 + 85);
    row("sound",
        R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":")"
            + Base64 + R"(","format":"wav"}}]}]})",
        7 + 600);
    row("file",
        R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":)"
        R"("data:application/pdf;base64,)"
            + Base64 + R"("}}]}]})",
        7 + 3'000);
    row("completion", R"({"prompt":)" + text + "}", hi);
    row("completions", R"({"prompt":[)" + text + R"(,"Be brief."]})", hi + brief);
    row("token ids", R"({"prompt":[1,2,3,40000,5]})", 5);
    row("lists of token ids", R"({"input":[[1,2,3],[40000,5]],"model":"m"})", 5);
    row("embedding", R"({"input":)" + text + "}", hi);
    row("embeddings", R"({"input":[)" + text + "," + text + "]}", 2 * hi);
    row("responses", R"({"instructions":"Be brief.","input":)" + text + "}", hi + brief);
    row("responses items",
        R"({"input":[{"role":"user","content":[{"type":"input_text","text":)" + text
            + R"(},{"type":"input_image","detail":"low","image_url":"data:image/png;base64,)"
            + Base64
            + R"("}]},{"type":"function_call","call_id":"c","name":"weather","arguments":"{}"},)"
              R"({"type":"function_call_output","call_id":"c","output":"Be brief."}]})",
        hi + brief + 4 + 85 + count("weather") + count("{}"));
    row("messages of Anthropic",
        R"({"max_tokens":10,"system":"Be brief.","messages":[{"role":"user","content":)" + text
            + "}]}",
        hi + brief + 3 + 7);
    row("system in parts",
        R"({"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],)"
        R"("messages":[{"role":"user","content":)"
            + text + "}]}",
        hi + brief + 3 + 7);
    row("tool use and result",
        R"({"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"Be brief.",)"
        R"("signature":")"
            + Base64
            + R"("},{"type":"tool_use","id":"t","name":"weather","input":{"city":"Oslo"}}]},)"
            + R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":)"
            + R"([{"type":"text","text":"Be brief."}]}]}]})",
        2 * brief + count("weather") + count(R"({"city":"Oslo"})") + 11);
    row("plain document",
        R"({"messages":[{"role":"user","content":[{"type":"document","source":{"data":"Be brief.",)"
        R"("type":"text","media_type":"text/plain"}}]}]})",
        brief + 7);
    row("pdf document",
        R"({"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64",)"
        R"("media_type":"application/pdf","data":")"
            + Base64 + R"("}}]}]})",
        7 + 3'000);
    row("escapes", R"({"prompt":"Say\u0020hello to \u0065verybody"})", hi);
    row("nothing in it", R"({"messages":[]})", 3);
    row("an empty prompt", R"({"prompt":""})", 1);
}

void TestInputEstimate::readsBodies()
{
    QFETCH(const QByteArray, body);
    QFETCH(const qint64, tokens);
    // Each text is rounded with the others, not alone.
    const qint64 estimated = estimate(body);
    QVERIFY2(std::abs(estimated - tokens) <= 1,
        qPrintable(QString::number(estimated) + u" beside " + QString::number(tokens)));
}

void TestInputEstimate::countsTextOfMessages()
{
    const QByteArray text =
        QByteArray("The ferry left the harbour a little after seven. ").repeated(50);
    const qint64 tokens = estimate(R"({"messages":[{"role":"user","content":")" + text + "\"}]}");
    QVERIFY(tokens > 450 && tokens < 620);
}

void TestInputEstimate::countsLongTextsInSamples()
{
    // Prose, numbers and another script in turn, never in step with the samples.
    QRandomGenerator random(3);
    QByteArray text;
    while (text.size() < 3'000'000) {
        const QByteArray part = QList<QByteArray>{"the water of the mill keeps its level, ",
            "0x3f 1728 = 12^3; ", "Wasserst\xC3\xA4nde ", "\xE6\xB0\xB4\xE4\xBD\x8D "}
                                    .at(random.bounded(4));
        text += part.repeated(1 + random.bounded(60));
    }
    const qint64 whole = count(text);
    const qint64 sampled = estimate(R"({"prompt":")" + text + "\"}");
    QVERIFY2(std::abs(sampled - whole) < whole / 20,
        qPrintable(QStringLiteral("%1 of %2").arg(sampled).arg(whole)));
}

void TestInputEstimate::countsPicturesByFamily()
{
    const QByteArray body =
        R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64",)"
        R"("media_type":"image/jpeg","data":")"
        + Base64 + R"("}}]}]})";
    QCOMPARE(estimate(body), 772);
    QCOMPARE(estimate(body, TokenFamily::Claude2), 1'341);
    QCOMPARE(estimate(body, TokenFamily::Gemma), 265);
}

void TestInputEstimate::countsWhatIsNoJsonByBytes_data()
{
    QTest::addColumn<QByteArray>("body");
    for (const char *body : {"", "x", "hello world", "[1,2]", "\"text\"", R"({"prompt":"a"}x)",
             R"({"prompt":"a")", R"({"prompt":"a",})", "{\"prompt\":\"\xff\"}",
             R"({"messages":[{"role":"user","content":"a\q"}]})"})
        QTest::newRow(body) << QByteArray(body);
}

void TestInputEstimate::countsWhatIsNoJsonByBytes()
{
    QFETCH(const QByteArray, body);
    QCOMPARE(estimate(body), std::max<qint64>((body.size() + 3) / 4, 1));
}

void TestInputEstimate::countsUnknownObjectsAsText()
{
    const QByteArray body = R"({"query":"Which harbour?","documents":["one","two","three"]})";
    QCOMPARE(estimate(body), count(body));
    QCOMPARE(estimate("{}"), count("{}"));
}

void TestInputEstimate::survivesDepth()
{
    for (const int depth : {10, 30, 500, 5'000, 100'000}) {
        const QByteArray lists = QByteArray(depth, '[') + "1" + QByteArray(depth, ']');
        QVERIFY(estimate(R"({"input":)" + lists + "}") >= 1);
        const QByteArray parts =
            QByteArray(R"({"content":)").repeated(depth) + "\"a\"" + QByteArray(depth, '}');
        QVERIFY(estimate(R"({"messages":)" + parts + "}") >= 1);
        QVERIFY(estimate(R"({"tools":)" + lists + R"(,"prompt":"a"})") >= 1);
    }
}

void TestInputEstimate::survivesAnyBytes()
{
    const QByteArray sample =
        R"({"model":"m","system":[{"type":"text","text":"a"}],"messages":[{"role":"user","content":)"
        R"([{"type":"image","source":{"type":"base64","data":"aaaa"}},{"type":"text","text":"\u00e9"}]},)"
        R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}],)"
        R"("tools":[{"name":"f"}],"input":[[1,2],"x"],"prompt":["y",3]})";
    QRandomGenerator random(42);
    for (int round = 0; round < 20'000; ++round) {
        const QByteArray text = sluice::test::brokenJson(sample, random);
        const qint64 tokens = estimate(text);
        QVERIFY(tokens >= 1 && tokens < 20'000);
    }
}

QTEST_GUILESS_MAIN(TestInputEstimate)
#include "tst_inputestimate.moc"
