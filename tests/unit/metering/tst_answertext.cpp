// SPDX-License-Identifier: GPL-3.0-or-later
// The generated text in answers and their events, of every dialect.
#include "core/metering/tokens/answertext.h"
#include "mutations.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

using namespace sluice::metering;
using namespace Qt::StringLiterals;

namespace {

qint64 count(QByteArrayView text)
{
    TokenCounter counter(TokenFamily::O200k);
    counter.feed(text);
    return counter.tokens();
}

qint64 countAnswer(const QByteArrayList &documents)
{
    TokenCounter counter(TokenFamily::O200k);
    for (QByteArray document : documents)
        readAnswerText(document, counter);
    return counter.tokens();
}

QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

// One event of a stream in each dialect.
QByteArray chatEvent(const QString &piece)
{
    return json({{u"id"_s, u"chatcmpl-1"_s}, {u"object"_s, u"chat.completion.chunk"_s},
        {u"choices"_s,
            QJsonArray{
                QJsonObject{{u"index"_s, 0}, {u"delta"_s, QJsonObject{{u"content"_s, piece}}},
                    {u"finish_reason"_s, QJsonValue()}}}},
        {u"usage"_s, QJsonValue()}});
}

QByteArray messagesEvent(const QString &piece)
{
    return json({{u"type"_s, u"content_block_delta"_s}, {u"index"_s, 0},
        {u"delta"_s, QJsonObject{{u"type"_s, u"text_delta"_s}, {u"text"_s, piece}}}});
}

QByteArray responsesEvent(const QString &piece)
{
    return json({{u"type"_s, u"response.output_text.delta"_s}, {u"item_id"_s, u"msg_1"_s},
        {u"output_index"_s, 0}, {u"delta"_s, piece}});
}

QByteArray completionEvent(const QString &piece)
{
    return json({{u"object"_s, u"text_completion"_s},
        {u"choices"_s, QJsonArray{QJsonObject{{u"index"_s, 0}, {u"text"_s, piece}}}}});
}

} // namespace

using MakeEvent = QByteArray (*)(const QString &);
Q_DECLARE_METATYPE(MakeEvent)

class TestAnswerText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsDocuments_data();
    void countsDocuments();
    void countsStreamsLikeTheWholeText_data();
    void countsStreamsLikeTheWholeText();
    void ignoresBrokenDocuments_data();
    void ignoresBrokenDocuments();
    void survivesAnyBytes();
};

void TestAnswerText::countsDocuments_data()
{
    QTest::addColumn<QByteArrayList>("documents");
    QTest::addColumn<QList<QByteArray>>("texts");
    const auto row = [](const char *name, const QByteArrayList &documents,
                         const QList<QByteArray> &texts) {
        QTest::newRow(name) << documents << texts;
    };
    row("chat",
        {R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Good morning",)"
         R"("refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"},
        {"Good morning"});
    row("two choices",
        {R"({"choices":[{"message":{"content":"Good morning"}},{"message":{"content":"Hello"}}]})"},
        {"Good morning", "Hello"});
    row("reasoning and refusal",
        {R"({"choices":[{"message":{"reasoning_content":"Let me think","content":"No",)"
         R"("refusal":"I cannot"}}]})",
            R"({"choices":[{"message":{"reasoning":"another maker","content":null}}]})"},
        {"Let me think", "No", "I cannot", "another maker"});
    row("tool calls",
        {R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"call_1","type":"function",)"
         R"("function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}}]})"},
        {"weather", R"({"city":"Oslo"})"});
    row("function call",
        {R"({"choices":[{"message":{"function_call":{"name":"weather","arguments":"{}"}}}]})"},
        {"weather", "{}"});
    row("streamed tool call",
        {R"({"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,)"
         R"("id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}}]})",
            R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]}}]})",
            R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ty\":1}"}}]}}]})",
            R"({"choices":[],"usage":{"completion_tokens":5}})"},
        {"weather", R"({"city":1})"});
    row("completion", {R"({"choices":[{"text":"once upon a time","logprobs":null}]})"},
        {"once upon a time"});
    row("messages",
        {R"({"type":"message","content":[{"type":"thinking","thinking":"Let me see","signature":)"
         R"("EqQBCkYIARgCIkBs"},{"type":"text","text":"Good morning"},{"type":"tool_use","id":"t",)"
         R"("name":"weather","input":{"city":"Oslo"}}],"usage":{"output_tokens":9}})"},
        {"Let me see", "Good morning", "weather", R"({"city":"Oslo"})"});
    row("streamed messages",
        {R"({"type":"message_start","message":{"id":"m","role":"assistant","content":[]}})",
            R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
            R"({"type":"ping"})",
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Good mor"}})",
            R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ning. "}})",
            R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu",)"
            R"("name":"weather","input":{}}})",
            R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",)"
            R"("partial_json":"{\"city\":1}"}})",
            R"({"type":"content_block_delta","index":2,"delta":{"type":"signature_delta",)"
            R"("signature":"EqQBCkYIARgCIkBs"}})",
            R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}})"},
        {"Good morning. ", "weather", R"({"city":1}{})"});
    row("responses",
        {R"({"object":"response","instructions":"none","output":[{"type":"reasoning","summary":)"
         R"([{"type":"summary_text","text":"Let me see"}]},{"type":"message","content":)"
         R"([{"type":"output_text","text":"Good morning","annotations":[]}]},)"
         R"({"type":"function_call","call_id":"c","name":"weather","arguments":"{}"}]})"},
        {"Let me see", "Good morning", "weather", "{}"});
    row("streamed responses",
        {R"({"type":"response.created","response":{"output":[]}})",
            R"({"delta":"Good ","type":"response.output_text.delta"})",
            R"({"type":"response.output_text.delta","delta":"morning"})",
            R"({"type":"response.output_text.done","text":"Good morning"})",
            R"({"type":"response.audio.delta","delta":"UklGRiQAAABXQVZF"})",
            R"({"type":"response.output_item.added","item":{"type":"function_call","name":" weather"}})",
            R"({"type":"response.function_call_arguments.delta","delta":"{}"})",
            R"({"type":"response.output_item.done","item":{"type":"function_call","name":"weather"}})",
            R"({"type":"response.completed","response":{"output":[{"content":[{"text":"Good morning"}]}]}})"},
        {"Good morning weather", "{}"});
    row("embeddings", {R"({"object":"list","data":[{"embedding":[0.1,0.2],"index":0}]})"}, {});
    row("error", {R"({"error":{"message":"no such model","type":"invalid_request_error"}})"}, {});
    row("none of the expected kinds",
        {R"({"choices":{"delta":1},"content":"text","output":"text","delta":[1],"content_block":null})",
            R"({"choices":[1,"a",null,{"delta":"a","message":[],"text":{}}]})"},
        {});
}

void TestAnswerText::countsDocuments()
{
    QFETCH(const QByteArrayList, documents);
    QFETCH(const QList<QByteArray>, texts);
    TokenCounter expected(TokenFamily::O200k);
    for (const QByteArray &text : texts) {
        expected.feed(text);
        expected.endText();
    }
    QVERIFY2(std::abs(countAnswer(documents) - expected.tokens()) <= 1,
        qPrintable(QString::number(countAnswer(documents)) + u" beside "
            + QString::number(expected.tokens())));
}

void TestAnswerText::countsStreamsLikeTheWholeText_data()
{
    QTest::addColumn<MakeEvent>("makeEvent");
    QTest::newRow("chat") << MakeEvent(chatEvent);
    QTest::newRow("messages") << MakeEvent(messagesEvent);
    QTest::newRow("responses") << MakeEvent(responsesEvent);
    QTest::newRow("completions") << MakeEvent(completionEvent);
}

void TestAnswerText::countsStreamsLikeTheWholeText()
{
    QFETCH(const MakeEvent, makeEvent);
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/tokens.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QRandomGenerator random(5);
    const QJsonArray texts = QJsonDocument::fromJson(file.readAll())["texts"_L1].toArray();
    QVERIFY(!texts.isEmpty());
    for (const auto &entry : texts) {
        const QString text = entry["text"_L1].toString();
        QByteArrayList events;
        for (qsizetype at = 0; at < text.size();) {
            qsizetype size = 1 + random.bounded(9);
            if (at + size < text.size() && text[at + size].isLowSurrogate())
                ++size;
            events.append(makeEvent(text.mid(at, size)));
            at += size;
        }
        QCOMPARE(countAnswer(events), count(text.toUtf8()));
    }
}

void TestAnswerText::ignoresBrokenDocuments_data()
{
    QTest::addColumn<QByteArray>("document");
    for (const char *document :
        {"", "[DONE]", "null", R"([{"choices":[{"text":"a"}]}])", R"({"choices":[{"text":"a"}])",
            R"({"choices":[{"text":"a"}]} x)", R"({"choices":[{"text":"a"},]})",
            R"({"content":[{"text":"a"}],"b")", "{\"choices\":[{\"text\":\"a\"}],\"b\":\"\xff\"}"})
        QTest::newRow(document) << QByteArray(document);
}

void TestAnswerText::ignoresBrokenDocuments()
{
    QFETCH(const QByteArray, document);
    TokenCounter counter(TokenFamily::O200k);
    QByteArray copy = document;
    readAnswerText(copy, counter);
    QVERIFY(counter.isEmpty());
    // And the text goes on after it where it was.
    QCOMPARE(countAnswer({chatEvent(u"inter"_s), document, chatEvent(u"national"_s)}),
        count("international"));
}

void TestAnswerText::survivesAnyBytes()
{
    const QByteArray sample =
        R"({"type":"response.output_item.added","choices":[{"delta":{"content":"\u00e9","tool_calls":)"
        R"([{"function":{"name":"f","arguments":"{}"}}]},"text":"a"}],"delta":"b","content":[{"text":)"
        R"("c","input":{"d":[1]}}],"output":[{"content":[{"text":"e"}]}],"item":{"name":"g"}})";
    QRandomGenerator random(42);
    TokenCounter counter(TokenFamily::O200k);
    for (int round = 0; round < 20'000; ++round) {
        QByteArray text = sluice::test::brokenJson(sample, random);
        const qint64 before = counter.tokens();
        readAnswerText(text, counter);
        QVERIFY(counter.tokens() + 2 >= before && counter.tokens() <= before + 300);
    }
    for (const int depth : {500, 5'000, 100'000}) {
        QByteArray nested = R"({"content":[{"input":)" + QByteArray(R"({"a":)").repeated(depth)
            + "1" + QByteArray(depth, '}') + "}]}";
        readAnswerText(nested, counter);
    }
}

QTEST_GUILESS_MAIN(TestAnswerText)
#include "tst_answertext.moc"
