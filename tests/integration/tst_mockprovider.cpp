// SPDX-License-Identifier: GPL-3.0-or-later
// The mock provider over real sockets: both dialects, its misbehaviours and its books.
#include "core/demo/mockserver.h"
#include "tests/support/recordingsink.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace sluice;
using namespace sluice::gateway;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using sluice::test::RecordingSink;

namespace {

QJsonObject parse(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

/// The JSON of each "data:" line but "[DONE]".
QList<QJsonObject> events(const QByteArray &stream)
{
    QList<QJsonObject> result;
    for (const QByteArray &line : stream.split('\n')) {
        if (line.startsWith("data: {"))
            result.append(parse(line.sliced(6)));
    }
    return result;
}

QJsonValue dig(const QJsonObject &object, const QString &path)
{
    QJsonValue value = object;
    for (const QString &key : path.split(u'.')) {
        bool isIndex = false;
        const int index = key.toInt(&isIndex);
        value = isIndex ? value.toArray().at(index) : value.toObject().value(key);
    }
    return value;
}

QByteArray chat(const QByteArray &model, const QByteArray &more = {})
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"Hello there"}])"
        + more + "}";
}

QByteArray message(const QByteArray &model, const QByteArray &more = {})
{
    return chat(model, ",\"max_tokens\":100000" + more);
}

} // namespace

class TestMockProvider : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void answersInBothDialects_data();
    void answersInBothDialects();
    void isDeterministic();
    void streamsOpenAi();
    void streamsAnthropic();
    void streamsResponses();
    void embedsInBothEncodings();
    void misbehavesByModelName_data();
    void misbehavesByModelName();
    void breaksOffInTheMiddle_data();
    void breaksOffInTheMiddle();
    void refusesBadRequests_data();
    void refusesBadRequests();
    void failsAtRandomInTheGivenShare();
    void keepsBooksOfCancelledStreams();
    void countsWhatItNeverAnswered();
    void countsExactlyUnderParallelLoad();
    void stopsWithAnswersUnderWay();

private:
    void start(const demo::MockOptions &options);
    void fetch(RecordingSink &sink, const QByteArray &method, const QByteArray &path,
        const QByteArray &body = {}, const Headers &headers = {});
    std::unique_ptr<Transfer> begin(
        RecordingSink &sink, const QByteArray &path, const QByteArray &body);

    QJsonValue book(const QString &path) const { return dig(m_server->books(), path); }

    std::unique_ptr<demo::MockServer> m_server;
    std::unique_ptr<Upstream> m_upstream;
};

void TestMockProvider::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    start({.chunkInterval = 0ms, .tokens = 12});
}

void TestMockProvider::cleanup()
{
    m_upstream.reset();
    m_server.reset();
}

void TestMockProvider::start(const demo::MockOptions &options)
{
    cleanup();
    m_server = std::make_unique<demo::MockServer>();
    const Result<quint16> port = m_server->start(options);
    QVERIFY(port.has_value());
    m_upstream = std::make_unique<Upstream>();
}

std::unique_ptr<Transfer> TestMockProvider::begin(
    RecordingSink &sink, const QByteArray &path, const QByteArray &body)
{
    return m_upstream->start({.method = "POST",
                                 .url = m_server->baseUrl() + path,
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = body},
        sink);
}

void TestMockProvider::fetch(RecordingSink &sink, const QByteArray &method, const QByteArray &path,
    const QByteArray &body, const Headers &headers)
{
    const auto transfer = m_upstream->start(
        {.method = method, .url = m_server->baseUrl() + path, .headers = headers, .body = body},
        sink);
    QTRY_VERIFY_WITH_TIMEOUT(sink.ended + sink.failed == 1, 10'000);
}

void TestMockProvider::answersInBothDialects_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("textAt");
    QTest::addColumn<QString>("stopAt");
    QTest::addColumn<QString>("stop");
    QTest::addColumn<QString>("tokensAt");
    QTest::addColumn<int>("tokens");
    const QString content = u"choices.0.message.content"_s;
    const QString finish = u"choices.0.finish_reason"_s;
    const QString completed = u"usage.completion_tokens"_s;
    QTest::addRow("chat") << "/v1/chat/completions"_ba << chat("gpt-4o-mini") << content << finish
                          << u"stop"_s << completed << 12;
    QTest::addRow("without v1") << "/chat/completions"_ba << chat("gpt-4o-mini") << content
                                << finish << u"stop"_s << completed << 12;
    QTest::addRow("cut by max_tokens")
        << "/v1/chat/completions"_ba << chat("gpt-4o-mini", R"(,"max_tokens":5)") << content
        << finish << u"length"_s << completed << 5;
    QTest::addRow("two choices") << "/v1/chat/completions"_ba << chat("gpt-4o-mini", R"(,"n":2)")
                                 << u"choices.1.message.content"_s << finish << u"stop"_s
                                 << completed << 24;
    QTest::addRow("completions") << "/v1/completions"_ba
                                 << R"({"model":"gpt-4o-mini","prompt":"Hi"})"_ba
                                 << u"choices.0.text"_s << finish << u"stop"_s << completed << 12;
    QTest::addRow("responses") << "/v1/responses"_ba
                               << R"({"model":"gpt-4o-mini","input":"Hi"})"_ba
                               << u"output.0.content.0.text"_s << u"status"_s << u"completed"_s
                               << u"usage.output_tokens"_s << 12;
    QTest::addRow("messages") << "/v1/messages"_ba << message("claude-sonnet-4-0")
                              << u"content.0.text"_s << u"stop_reason"_s << u"end_turn"_s
                              << u"usage.output_tokens"_s << 12;
    QTest::addRow("odd model name") << "/v1/chat/completions"_ba << chat(R"(a\"b\\c)") << content
                                    << finish << u"stop"_s << completed << 12;
}

void TestMockProvider::answersInBothDialects()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(QString, textAt);
    QFETCH(QString, stopAt);
    QFETCH(QString, stop);
    QFETCH(QString, tokensAt);
    QFETCH(int, tokens);
    RecordingSink sink;
    fetch(sink, "POST", path, body);
    QCOMPARE(sink.status, 200);
    QCOMPARE(sink.header("content-type"), "application/json"_ba);
    const QJsonObject answer = parse(sink.body);
    QVERIFY2(!answer.isEmpty(), sink.body.constData());
    QCOMPARE(answer.value(u"model"_s), parse(body).value(u"model"_s));
    QVERIFY2(!dig(answer, textAt).toString().isEmpty(), sink.body.constData());
    QCOMPARE(dig(answer, stopAt).toString(), stop);
    QCOMPARE(dig(answer, tokensAt).toInt(), tokens);
    QCOMPARE(book(u"tokens.output"_s).toInt(), tokens);
    QCOMPARE(book(u"requests.answered"_s).toInt(), 1);
}

void TestMockProvider::isDeterministic()
{
    RecordingSink first;
    fetch(first, "POST", "/v1/chat/completions", chat("gpt-4o"));
    start({.tokens = 12, .seed = 1});
    RecordingSink again;
    fetch(again, "POST", "/v1/chat/completions", chat("gpt-4o"));
    QCOMPARE(again.body, first.body);
    start({.tokens = 12, .seed = 2});
    RecordingSink other;
    fetch(other, "POST", "/v1/chat/completions", chat("gpt-4o"));
    QVERIFY(other.body != first.body);
}

void TestMockProvider::streamsOpenAi()
{
    RecordingSink plain;
    fetch(plain, "POST", "/v1/chat/completions", chat("gpt-4o"));
    RecordingSink sink;
    fetch(sink, "POST", "/v1/chat/completions",
        chat("gpt-4o", R"(,"stream":true,"stream_options":{"include_usage":true})"));
    QCOMPARE(sink.header("content-type"), "text/event-stream; charset=utf-8"_ba);
    QVERIFY(sink.body.endsWith("data: [DONE]\n\n"));
    const QList<QJsonObject> list = events(sink.body);
    QCOMPARE(list.size(), 12 + 3);
    QString text;
    for (const QJsonObject &event : list) {
        QCOMPARE(event.value(u"object"_s).toString(), u"chat.completion.chunk"_s);
        text += dig(event, u"choices.0.delta.content"_s).toString();
    }
    QCOMPARE(text.split(u' ').size(), 12);
    QCOMPARE(dig(list.at(13), u"choices.0.finish_reason"_s).toString(), u"stop"_s);
    QVERIFY(list.last().value(u"choices"_s).toArray().isEmpty());
    QCOMPARE(dig(list.last(), u"usage.completion_tokens"_s).toInt(), 12);
    QVERIFY(list.first().value(u"usage"_s).isNull());

    RecordingSink without;
    fetch(without, "POST", "/v1/chat/completions", chat("gpt-4o", R"(,"stream":true)"));
    QVERIFY(!without.body.contains("usage"));
    QCOMPARE(book(u"streams.finished"_s).toInt(), 2);
    QCOMPARE(book(u"tokens.output"_s).toInt(), 36);
}

void TestMockProvider::streamsAnthropic()
{
    RecordingSink sink;
    fetch(sink, "POST", "/v1/messages", message("claude-sonnet-4-0", R"(,"stream":true)"));
    QStringList types;
    QString text;
    for (const QJsonObject &event : events(sink.body)) {
        const QString type = event.value(u"type"_s).toString();
        QVERIFY(sink.body.contains(QByteArray("event: " + type.toUtf8() + "\n")));
        text += dig(event, u"delta.text"_s).toString();
        if (types.isEmpty() || types.last() != type)
            types.append(type);
    }
    const QStringList expected{u"message_start"_s, u"content_block_start"_s, u"ping"_s,
        u"content_block_delta"_s, u"content_block_stop"_s, u"message_delta"_s, u"message_stop"_s};
    QCOMPARE(types, expected);
    QCOMPARE(text.split(u' ').size(), 12);
    const QList<QJsonObject> list = events(sink.body);
    QVERIFY(dig(list.first(), u"message.usage.input_tokens"_s).toInt() > 0);
    QCOMPARE(dig(list.at(list.size() - 2), u"usage.output_tokens"_s).toInt(), 12);
}

void TestMockProvider::streamsResponses()
{
    RecordingSink sink;
    fetch(sink, "POST", "/v1/responses", R"({"model":"gpt-4o","input":"Hi","stream":true})");
    const QList<QJsonObject> list = events(sink.body);
    QCOMPARE(list.first().value(u"type"_s).toString(), u"response.created"_s);
    QCOMPARE(list.last().value(u"type"_s).toString(), u"response.completed"_s);
    for (int i = 0; i < list.size(); ++i)
        QCOMPARE(list.at(i).value(u"sequence_number"_s).toInt(), i);
    QCOMPARE(dig(list.last(), u"response.usage.output_tokens"_s).toInt(), 12);
}

void TestMockProvider::embedsInBothEncodings()
{
    RecordingSink floats;
    const QByteArray body = R"({"model":"text-embedding-3-small","input":["a","b"],"dimensions":8)";
    fetch(floats, "POST", "/v1/embeddings", body + "}");
    const QJsonObject answer = parse(floats.body);
    QCOMPARE(answer.value(u"data"_s).toArray().size(), 2);
    QCOMPARE(dig(answer, u"data.1.embedding"_s).toArray().size(), 8);
    RecordingSink packed;
    fetch(packed, "POST", "/v1/embeddings", body + R"(,"encoding_format":"base64"})");
    const QString text = dig(parse(packed.body), u"data.0.embedding"_s).toString();
    QCOMPARE(QByteArray::fromBase64(text.toLatin1()).size(), 8 * 4);
}

void TestMockProvider::misbehavesByModelName_data()
{
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("openAiCode");
    QTest::addColumn<QString>("anthropicType");
    QTest::addRow("401") << "mock-401"_ba << 401 << u"invalid_api_key"_s
                         << u"authentication_error"_s;
    QTest::addRow("429") << "mock-429"_ba << 429 << u"rate_limit_exceeded"_s
                         << u"rate_limit_error"_s;
    QTest::addRow("500") << "mock-500"_ba << 500 << u"server_error"_s << u"api_error"_s;
}

void TestMockProvider::misbehavesByModelName()
{
    QFETCH(QByteArray, model);
    QFETCH(int, status);
    QFETCH(QString, openAiCode);
    QFETCH(QString, anthropicType);
    RecordingSink openAi;
    fetch(openAi, "POST", "/v1/chat/completions", chat(model));
    QCOMPARE(openAi.status, status);
    QCOMPARE(dig(parse(openAi.body), u"error.code"_s).toString(), openAiCode);
    RecordingSink anthropic;
    fetch(anthropic, "POST", "/v1/messages", message(model));
    QCOMPARE(anthropic.status, status);
    QCOMPARE(parse(anthropic.body).value(u"type"_s).toString(), u"error"_s);
    QCOMPARE(dig(parse(anthropic.body), u"error.type"_s).toString(), anthropicType);
    if (status == 429)
        QCOMPARE(openAi.header("retry-after"), "7"_ba);
}

void TestMockProvider::breaksOffInTheMiddle_data()
{
    QTest::addColumn<QByteArray>("more");
    QTest::addRow("plain") << ""_ba;
    QTest::addRow("stream") << R"(,"stream":true)"_ba;
}

void TestMockProvider::breaksOffInTheMiddle()
{
    QFETCH(QByteArray, more);
    start({.chunkInterval = 5ms, .tokens = 12});
    RecordingSink sink;
    fetch(sink, "POST", "/v1/chat/completions", chat("mock-close", more));
    QCOMPARE(sink.status, 200);
    QVERIFY(sink.bytes > 0);
    QCOMPARE(sink.failed, 1);
    QCOMPARE(sink.failure, UpstreamFailure::Broken);
    QCOMPARE(book(u"streams.broken"_s).toInt(), more.isEmpty() ? 0 : 1);
    QCOMPARE(book(u"streams.open"_s).toInt(), 0);

    RecordingSink garbage;
    fetch(garbage, "POST", "/v1/chat/completions", chat("mock-garbage", more));
    QCOMPARE(garbage.status, 200);
    QVERIFY(parse(garbage.body).isEmpty());
}

void TestMockProvider::refusesBadRequests_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    const QByteArray chatPath = "/v1/chat/completions";
    QTest::addRow("not JSON") << "POST"_ba << chatPath << "{model"_ba << 400;
    QTest::addRow("an array") << "POST"_ba << chatPath << "[1]"_ba << 400;
    QTest::addRow("no model") << "POST"_ba << chatPath << R"({"messages":[]})"_ba << 400;
    QTest::addRow("no messages") << "POST"_ba << chatPath << R"({"model":"x"})"_ba << 400;
    QTest::addRow("no max_tokens") << "POST"_ba
                                   << "/v1/messages"_ba << chat("x") << 400;
    QTest::addRow("GET") << "GET"_ba << chatPath << ""_ba << 405;
    QTest::addRow("unknown path") << "POST"_ba
                                  << "/v1/nothing"_ba << chat("x") << 404;
}

void TestMockProvider::refusesBadRequests()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    RecordingSink sink;
    fetch(sink, method, path, body);
    QCOMPARE(sink.status, status);
    QVERIFY(!dig(parse(sink.body), u"error.message"_s).toString().isEmpty());
}

void TestMockProvider::failsAtRandomInTheGivenShare()
{
    start({.tokens = 1, .errorsPerMillion = 300'000, .seed = 7});
    std::vector<std::unique_ptr<RecordingSink>> sinks;
    std::vector<std::unique_ptr<Transfer>> transfers;
    for (int i = 0; i < 200; ++i) {
        sinks.push_back(std::make_unique<RecordingSink>());
        transfers.push_back(begin(*sinks.back(), "/v1/chat/completions", chat("gpt-4o")));
    }
    int failures = 0;
    for (const auto &sink : sinks) {
        QTRY_COMPARE(sink->ended, 1);
        failures += sink->status == 500 ? 1 : 0;
    }
    QVERIFY2(failures > 40 && failures < 80, QByteArray::number(failures).constData());
    const QJsonObject statuses =
        book(u"requests.by_path"_s).toObject().value(u"/v1/chat/completions"_s).toObject();
    QCOMPARE(statuses.value(u"500"_s).toInt(), failures);
    QCOMPARE(statuses.value(u"200"_s).toInt(), 200 - failures);
}

void TestMockProvider::keepsBooksOfCancelledStreams()
{
    start({.chunkInterval = 10ms, .tokens = 10'000});
    std::vector<std::unique_ptr<RecordingSink>> sinks;
    std::vector<std::unique_ptr<Transfer>> transfers;
    for (int i = 0; i < 10; ++i) {
        sinks.push_back(std::make_unique<RecordingSink>());
        transfers.push_back(begin(*sinks.back(), "/v1/chat/completions",
            chat("gpt-4o", R"(,"stream":true,"user":"alice")")));
    }
    for (const auto &sink : sinks)
        QTRY_VERIFY(sink->chunks >= 3);
    QCOMPARE(book(u"streams.open"_s).toInt(), 10);
    transfers.clear();
    QTRY_COMPARE_WITH_TIMEOUT(book(u"streams.cancelled"_s).toInt(), 10, 1000);
    QCOMPARE(book(u"streams.open"_s).toInt(), 0);
    QCOMPARE(book(u"users.alice"_s).toInt(), 10);
    const int billed = book(u"tokens.output"_s).toInt();
    QVERIFY2(billed >= 20 && billed < 10'000, QByteArray::number(billed).constData());
}

void TestMockProvider::countsWhatItNeverAnswered()
{
    start({.latency = 20s});
    RecordingSink sink;
    auto transfer = begin(sink, "/v1/chat/completions", chat("gpt-4o"));
    QTRY_COMPARE(book(u"requests.in_flight"_s).toInt(), 1);
    transfer.reset();
    QTRY_COMPARE_WITH_TIMEOUT(book(u"requests.abandoned"_s).toInt(), 1, 1000);
    QCOMPARE(book(u"requests.in_flight"_s).toInt(), 0);
    QCOMPARE(book(u"tokens.total"_s).toInt(), 0);
}

void TestMockProvider::countsExactlyUnderParallelLoad()
{
    start({.latency = 2ms, .jitter = 5ms, .chunkInterval = 1ms, .tokens = 5});
    std::vector<std::unique_ptr<RecordingSink>> sinks;
    std::vector<std::unique_ptr<Transfer>> transfers;
    for (int i = 0; i < 200; ++i) {
        sinks.push_back(std::make_unique<RecordingSink>());
        transfers.push_back(begin(*sinks.back(), "/v1/chat/completions",
            chat("gpt-4o", i % 2 == 0 ? R"(,"stream":true)" : "")));
    }
    for (const auto &sink : sinks)
        QTRY_COMPARE_WITH_TIMEOUT(sink->ended, 1, 20'000);
    QCOMPARE(book(u"requests.total"_s).toInt(), 200);
    QCOMPARE(book(u"requests.answered"_s).toInt(), 200);
    QCOMPARE(book(u"streams.finished"_s).toInt(), 100);
    QCOMPARE(book(u"tokens.output"_s).toInt(), 1000);
    RecordingSink served;
    fetch(served, "GET", "/-/books");
    QCOMPARE(parse(served.body), m_server->books());
}

void TestMockProvider::stopsWithAnswersUnderWay()
{
    start({.latency = 1ms, .chunkInterval = 10ms, .tokens = 10'000});
    RecordingSink streaming;
    const auto stream =
        begin(streaming, "/v1/messages", message("claude-sonnet-4-0", R"(,"stream":true)"));
    QTRY_VERIFY(streaming.chunks > 1 || streaming.ended > 0);
    m_server->stop();
    m_server->stop();
    QTRY_COMPARE(streaming.failed + streaming.ended, 1);
    QVERIFY(m_server->start({}).has_value());
    QVERIFY(!m_server->start({}).has_value());
}

QTEST_GUILESS_MAIN(TestMockProvider)
#include "tst_mockprovider.moc"
