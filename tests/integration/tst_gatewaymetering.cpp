// SPDX-License-Identifier: GPL-3.0-or-later
// What requests are charged over real sockets, however their answers look and end; and that clients
// get the provider's bytes.
#include "core/limits/limiter.h"
#include "core/metering/usage/usagereader.h"
#include "gatewaystage.h"
#include "scriptedserver.h"

#include <QLoggingCategory>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using insight::RequestRecord;
using metering::Charge;
using metering::Source;
using metering::TokenUsage;
using test::GatewayStage;
using test::Reply;
using test::ScriptedServer;

Q_DECLARE_METATYPE(sluice::metering::TokenUsage)

namespace {

const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray Event = "text/event-stream";
const QByteArray Json = "application/json";

QByteArray chat(const QByteArray &more = {})
{
    return R"({"model":"gpt-4o","max_tokens":70,"messages":[{"role":"user","content":"hi there"}])"
        + more + '}';
}

const QByteArray Stream = R"(,"stream":true)";

TokenUsage used(qint64 input, qint64 output, qint64 cachedInput = 0, qint64 reasoning = 0)
{
    TokenUsage usage;
    usage.input = input;
    usage.output = output;
    if (cachedInput > 0)
        usage.cachedInput = cachedInput;
    if (reasoning > 0)
        usage.reasoning = reasoning;
    return usage;
}

/// An answer without a length, which ends with its connection.
QByteArray answer(const QByteArray &type, const QByteArray &body, const QByteArray &more = {})
{
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n" + more + "Connection: close\r\n\r\n"
        + body;
}

QByteArray withUsage(const QByteArray &usage)
{
    return R"({"choices":[{"message":{"content":"Hello, dear world."}}],"usage":)" + usage + '}';
}

QByteArray delta(const QByteArray &text)
{
    return R"(data: {"choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n";
}

/// withUsage() of 9 and 4 tokens after gzip.
const QByteArray Gzipped = QByteArray::fromHex(
    "1f8b08000000000002033d8c410a80201405af126f2daddae409ba4344887e2a52bfe88f16e2dd6b"
    "53db61662aecce87a5023d57042ac56c045d61390a4581c644deb3ea1c99dcdd9cbdebd1daa2707d"
    "6aca1c92acc227c5f733aa370ec9931c1c7f3ab4f600de8193b36c000000");

} // namespace

class TestGatewayMetering : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void clientsGetTheProvidersBytes_data();
    void clientsGetTheProvidersBytes();
    void doesNotAskWhereItMustNot();
    void asksAgainWhereTheOptionIsRefused_data();
    void asksAgainWhereTheOptionIsRefused();
    void chargesWhatIsReported_data();
    void chargesWhatIsReported();
    void chargesWhatIsCounted_data();
    void chargesWhatIsCounted();
    void chargesWhatWasExpected_data();
    void chargesWhatWasExpected();
    void chargesNothing_data();
    void chargesNothing();
    void chargesAClientThatLeaves_data();
    void chargesAClientThatLeaves();
    void chargesWhatTookTooLong();
    void anHourOfOneStream();

private:
    /// The record of one request to a provider that answers exactly these bytes.
    RequestRecord recordOf(const QByteArray &path, const QByteArray &body, const QByteArray &answer,
        Reply *reply = nullptr);
};

void TestGatewayMetering::initTestCase()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
}

void TestGatewayMetering::clientsGetTheProvidersBytes_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addRow("chat") << "chat/completions"_ba << chat(Stream);
    QTest::addRow("chat, three choices") << "chat/completions"_ba << chat(Stream + ",\"n\":3");
    QTest::addRow("usage asked for")
        << "chat/completions"_ba << chat(Stream + R"(,"stream_options":{"include_usage":true})");
    QTest::addRow("usage not wanted")
        << "chat/completions"_ba << chat(Stream + R"(,"stream_options":{"include_usage":false})");
    QTest::addRow("plain") << "chat/completions"_ba << chat();
    QTest::addRow("completions") << "completions"_ba
                                 << R"({"model":"gpt-4o","prompt":"hi","stream":true})"_ba;
    QTest::addRow("responses") << "responses"_ba
                               << R"({"model":"gpt-4o","input":"hi","stream":true})"_ba;
    QTest::addRow("garbage") << "chat/completions"_ba
                             << R"({"model":"mock-garbage","messages":[],"stream":true})"_ba;
    QTest::addRow("messages")
        << "messages"_ba
        << R"({"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true})"_ba;
}

void TestGatewayMetering::clientsGetTheProvidersBytes()
{
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, body);
    GatewayStage stage;
    QVERIFY(stage.start());
    test::TestClient provider(stage.mock->baseUrl());
    // Without a seed the mock's text depends on the whole request, and the gateway changes it.
    QByteArray asked = body;
    const QByteArray seed = R"(,"seed":4711)";
    asked.insert(asked.size() - 1, seed);
    const Reply direct = provider.post("/v1/" + path, asked);
    const QByteArray host = path == "messages" ? "/anthropic/v1/" : "/openai/v1/";
    const Reply relayed = stage.client->post(host + path, asked);
    QVERIFY(direct.isWhole && relayed.isWhole);
    QVERIFY(!direct.body.isEmpty());
    QCOMPARE(relayed.body, direct.body);
    QCOMPARE(relayed.header("content-type"), direct.header("content-type"));
    const RequestRecord record = stage.lastRecord(1);
    QCOMPARE(record.bytesSent, direct.body.size());
    if (path != "chat/completions" || !body.contains("garbage"))
        QVERIFY(!record.charge.isEstimate());
}

void TestGatewayMetering::doesNotAskWhereItMustNot()
{
    GatewayStage stage;
    QByteArray sent;
    ScriptedServer provider([&sent](const ScriptedServer::Call &call) {
        sent = call.body;
        call.socket->write(ScriptedServer::ok("{}"));
    });
    stage.upstreamUrl = provider.baseUrl();
    QVERIFY(stage.start("  gemini: {base-url: \"" + provider.baseUrl()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY, inject-usage: false}\n"));
    stage.client->post("/gemini/v1/chat/completions", chat(Stream));
    QCOMPARE(sent, chat(Stream));
    stage.client->post(Path, chat(Stream));
    QCOMPARE(sent, chat(Stream + R"(,"stream_options":{"include_usage":true})"));
}

void TestGatewayMetering::asksAgainWhereTheOptionIsRefused_data()
{
    QTest::addColumn<QByteArray>("refusal");
    QTest::addColumn<bool>("isOurFault");
    const QByteArray complaint =
        R"({"detail":[{"loc":["body","stream_options","include_usage"],"msg":"forbidden"}]})";
    const auto refusal = [](const QByteArray &status, const QByteArray &body,
                             bool hasLength) -> QByteArray {
        const QByteArray length = "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
        return "HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\n"
            + (hasLength ? length : QByteArray("Connection: close\r\n")) + "\r\n" + body;
    };
    QTest::addRow("422") << refusal("422", complaint, true) << true;
    QTest::addRow("400 without a length") << refusal("400", complaint, false) << true;
    QTest::addRow("another complaint")
        << refusal("400", R"({"error":"no such model"})", true) << false;
    QTest::addRow("another status") << refusal("403", complaint, true) << false;
    QTest::addRow("too long for a complaint")
        << refusal("400", complaint + QByteArray(200'000, ' '), false) << false;
}

void TestGatewayMetering::asksAgainWhereTheOptionIsRefused()
{
    QFETCH(const QByteArray, refusal);
    QFETCH(const bool, isOurFault);
    const QByteArray stream = delta("Hello, dear world.") + "data: [DONE]\n\n";
    QList<QByteArray> asked;
    ScriptedServer provider([&](const ScriptedServer::Call &call) {
        asked += call.body;
        call.socket->write(call.body.contains("stream_options") ? refusal : answer(Event, stream));
        call.socket->disconnectFromHost();
    });
    GatewayStage stage;
    stage.upstreamUrl = provider.baseUrl();
    QVERIFY(
        stage.start("global: {rate-limit: {usage-limits: [{name: day, per: api-key, requests: 9, "
                    "period: day}]}}\n"));
    const Reply reply = stage.client->post(Path, chat(Stream));
    QVERIFY(reply.isWhole);
    if (!isOurFault) {
        QCOMPARE(reply.body, refusal.sliced(refusal.indexOf("\r\n\r\n") + 4));
        QCOMPARE(asked.size(), 1);
        QVERIFY(stage.lastRecord(1).charge.isEmpty());
        return;
    }
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.body, stream);
    QCOMPARE(asked.size(), 2);
    QCOMPARE(asked.last(), chat(Stream));
    QCOMPARE(stage.lastRecord(1).charge.outputSource, Source::Counted);
    QCOMPARE(stage.lastRecord(1).decision.chain.front().usage.taken(), 1 * MicroPerUnit);
}

RequestRecord TestGatewayMetering::recordOf(
    const QByteArray &path, const QByteArray &body, const QByteArray &answer, Reply *reply)
{
    GatewayStage stage;
    ScriptedServer provider([&answer](const ScriptedServer::Call &call) {
        call.socket->write(answer);
        call.socket->disconnectFromHost();
    });
    stage.upstreamUrl = provider.baseUrl();
    if (!stage.start())
        return {};
    const Reply got = stage.client->post(path, body);
    if (reply != nullptr)
        *reply = got;
    return stage.lastRecord(1);
}

void TestGatewayMetering::chargesWhatIsReported_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<TokenUsage>("tokens");
    const auto plain = [](const char *name, const QByteArray &usage, const TokenUsage &tokens) {
        QTest::addRow("%s", name) << chat() << answer(Json, withUsage(usage)) << tokens;
    };
    const TokenUsage both = used(9, 4);
    plain("two figures", R"({"prompt_tokens":9,"completion_tokens":4})", both);
    plain("nought is a figure", R"({"prompt_tokens":0,"completion_tokens":0})", used(0, 0));
    plain("twice in one object", R"({"prompt_tokens":1,"completion_tokens":4,"prompt_tokens":9})",
        both);
    plain("reasoning beside the answer, as xAI does",
        R"({"prompt_tokens":9,"completion_tokens":4,"total_tokens":113,)"
        R"("completion_tokens_details":{"reasoning_tokens":100}})",
        used(9, 104, 0, 100));
    plain("DeepSeek's cache",
        R"({"prompt_tokens":9,"completion_tokens":4,"prompt_cache_hit_tokens":7,)"
        R"("prompt_cache_miss_tokens":2})",
        used(9, 4, 7));
    QTest::addRow("an error with usage")
        << chat()
        << "HTTP/1.1 500 X\r\nConnection: close\r\n\r\n" + withUsage(R"({"total_tokens":12})")
        << used(12, 0);
    const QByteArray usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n";
    QTest::addRow("a stream") << chat(Stream)
                              << answer(Event, delta("a") + usage + "data: [DONE]\n\n") << both;
    QTest::addRow("the last of several reports")
        << chat(Stream)
        << answer(Event,
               "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
                   + usage)
        << both;
    QTest::addRow("a stream that breaks behind its report")
        << chat(Stream)
        << "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n"
            + delta("a") + usage
        << both;
    QTest::addRow("Gemini's own")
        << R"({"contents":[]})"_ba
        << answer(Json,
               R"({"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13}})")
        << both;
    QTest::addRow("Groq's own place")
        << chat(Stream)
        << answer(Event,
               delta("a")
                   + "data: {\"choices\":[{\"delta\":{}}],\"x_groq\":{\"usage\":"
                     "{\"prompt_tokens\":9,\"completion_tokens\":4}}}\n\n")
        << both;
}

void TestGatewayMetering::chargesWhatIsReported()
{
    QFETCH(const QByteArray, body);
    QFETCH(const QByteArray, sent);
    QFETCH(const TokenUsage, tokens);
    const Charge charge = recordOf(Path, body, sent).charge;
    TokenUsage charged = charge.tokens;
    if (!tokens.output || *tokens.output == 0)
        charged.output = tokens.output;
    QCOMPARE(charged, tokens);
    QCOMPARE(charge.inputSource, Source::Reported);
}

void TestGatewayMetering::chargesWhatIsCounted_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sent");
    const auto plain = [](const char *name, const QByteArray &usage) {
        QTest::addRow("%s", name) << chat() << answer(Json, withUsage(usage));
    };
    plain("no figures", "{}");
    plain("null", "null");
    plain("negative", R"({"prompt_tokens":-9,"completion_tokens":-4})");
    plain("huge", R"({"prompt_tokens":1e300,"completion_tokens":99999999999999999999})");
    plain("text", R"({"prompt_tokens":"9","completion_tokens":"4"})");
    plain("fractions", R"({"prompt_tokens":9.5,"completion_tokens":4.5})");
    plain("a list", "[1,2]");
    QTest::addRow("without the member")
        << chat() << answer(Json, R"({"choices":[{"message":{"content":"Hello, dear world."}}]})");
    QTest::addRow("a stream") << chat(Stream)
                              << answer(Event, delta("Hello,") + delta(" dear world."));
    QTest::addRow("a stream that breaks")
        << chat(Stream)
        << "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n"
            + delta("Hello, dear world.");
    QTest::addRow("without blank lines")
        << chat(Stream) << answer(Event, delta("Hello, dear world.").replace("\n\n", "\n"));
}

void TestGatewayMetering::chargesWhatIsCounted()
{
    QFETCH(const QByteArray, body);
    QFETCH(const QByteArray, sent);
    const Charge charge = recordOf(Path, body, sent).charge;
    QCOMPARE(charge.inputSource, Source::Counted);
    QCOMPARE(charge.outputSource, Source::Counted);
    // "hi there" and what the dialect adds; four words and their marks.
    QVERIFY2(charge.tokens.input >= 4 && charge.tokens.input <= 14,
        qPrintable(QString::number(*charge.tokens.input)));
    QVERIFY2(charge.tokens.output >= 4 && charge.tokens.output <= 8,
        qPrintable(QString::number(*charge.tokens.output)));
    QVERIFY(charge.cost.value_or(0) > 0);
}

void TestGatewayMetering::chargesWhatWasExpected_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sent");
    const QByteArray usage = withUsage(R"({"prompt_tokens":9,"completion_tokens":4})");
    QTest::addRow("no JSON") << chat() << answer(Json, "\xFF\xFE{]");
    QTest::addRow("broken UTF-8 in its names")
        << chat() << answer(Json, "{\"\xC3(\":1,\"usage\":{\"prompt_tokens\":9,");
    QTest::addRow("half an answer")
        << chat()
        << "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
            + usage.first(40);
    QTest::addRow("coded") << chat() << answer(Json, Gzipped, "Content-Encoding: gzip\r\n");
    QTest::addRow("a coded stream")
        << chat(Stream) << answer(Event, Gzipped, "Content-Encoding: gzip\r\n");
    QTest::addRow("a stream of something else") << chat(Stream) << answer(Event, "bla\n\nbla\n\n");
    QTest::addRow("larger than is kept")
        << chat()
        << answer(Json, withUsage("null") + QByteArray(metering::UsageReader::MaxBodyBytes, ' '));
}

void TestGatewayMetering::chargesWhatWasExpected()
{
    QFETCH(const QByteArray, body);
    QFETCH(const QByteArray, sent);
    const Charge charge = recordOf(Path, body, sent).charge;
    QCOMPARE(charge.outputSource, Source::Estimated);
    QCOMPARE(charge.tokens.output, 70); // its max_tokens
    QVERIFY(charge.cost.value_or(0) > 0);
}

void TestGatewayMetering::chargesNothing_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("sent");
    QTest::addRow("an error") << Path << "HTTP/1.1 500 X\r\nConnection: close\r\n\r\n{}"_ba;
    QTest::addRow("a refusal") << Path
                               << "HTTP/1.1 429 X\r\nConnection: close\r\n\r\n{\"error\":{}}"_ba;
    QTest::addRow("a redirection")
        << Path << "HTTP/1.1 307 X\r\nLocation: /x\r\nConnection: close\r\n\r\n"_ba;
    QTest::addRow("no answer") << Path << ""_ba;
    QTest::addRow("no HTTP") << Path << "SSH-2.0-x\r\n"_ba;
    QTest::addRow("counting tokens is free")
        << "/anthropic/v1/messages/count_tokens"_ba << answer(Json, R"({"input_tokens":14})");
    QTest::addRow("so it is at OpenAI")
        << "/openai/v1/responses/input_tokens"_ba << answer(Json, R"({"input_tokens":14})");
    QTest::addRow("and at Gemini") << "/openai/v1beta/models/gemini-2.5-pro:countTokens"_ba
                                   << answer(Json, R"({"totalTokens":14})");
    QTest::addRow("moderation is free")
        << "/openai/v1/moderations"_ba << answer(Json, R"({"results":[]})");
}

void TestGatewayMetering::chargesNothing()
{
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, sent);
    const RequestRecord record = recordOf(path, chat(), sent);
    QVERIFY(record.id != 0);
    QVERIFY(record.charge.isEmpty());
    QVERIFY(!record.charge.isUnpriced());
}

void TestGatewayMetering::chargesAClientThatLeaves_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<QByteArray>("seen"); ///< when the client leaves
    QTest::addColumn<qint64>("least");
    QTest::addColumn<qint64>("most");
    QTest::addColumn<Source>("source");
    const QByteArray head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    const auto row = [](const char *name, const QByteArray &body, const QByteArray &sent,
                         const QByteArray &seen, qint64 least, qint64 most, Source source) {
        QTest::addRow("%s", name) << body << sent << seen << least << most << source;
    };
    row("a plain answer that has not come", chat(), {}, {}, 70, 70, Source::Estimated);
    row("half a plain answer", chat(),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{\"a\":",
        "{\"a\":", 70, 70, Source::Estimated);
    row("a stream without a byte", chat(Stream), {}, {}, 0, 0, Source::Counted);
    row("a stream without an event", chat(Stream), head + ": wait\n\n", ": wait\n\n", 0, 0,
        Source::Counted);
    const QByteArray text = delta("Hello,") + delta(" dear world.");
    row("some of a stream", chat(Stream), head + text, text, 4, 8, Source::Counted);
    row("behind the report", chat(Stream),
        head + text
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5}}\n\n"
              ": end\n\n",
        text + ": end\n\n", 5, 5, Source::Reported);
}

void TestGatewayMetering::chargesAClientThatLeaves()
{
    QFETCH(const QByteArray, body);
    QFETCH(const QByteArray, sent);
    QFETCH(const QByteArray, seen);
    QFETCH(const qint64, least);
    QFETCH(const qint64, most);
    QFETCH(const Source, source);
    GatewayStage stage;
    ScriptedServer provider(
        [&sent](const ScriptedServer::Call &call) { call.socket->write(sent); });
    stage.upstreamUrl = provider.baseUrl();
    QVERIFY(stage.start());
    const size_t number = stage.client->start("POST", Path, body);
    QTRY_COMPARE(provider.calls().size(), 1);
    QTRY_COMPARE(stage.client->reply(number).body, seen);
    stage.client->hangUp(number);
    const RequestRecord record = stage.lastRecord(1);
    QCOMPARE(record.outcome, insight::Outcome::ClientLeft);
    QVERIFY(record.charge.tokens.input.value_or(0) > 0);
    QVERIFY(record.charge.tokens.output >= least && record.charge.tokens.output <= most);
    QCOMPARE(record.charge.outputSource, source);
}

void TestGatewayMetering::chargesWhatTookTooLong()
{
    GatewayStage stage;
    ScriptedServer provider([](const ScriptedServer::Call &) {});
    stage.upstreamUrl = provider.baseUrl();
    QVERIFY(stage.start("  slow: {base-url: \"" + provider.baseUrl()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY, timeout: 300ms}\nprices: {models: "
          "{\"slow/gpt-4o\": {input: 1, output: 1}}}\n"));
    QCOMPARE(stage.client->post("/slow/v1/chat/completions", chat()).status, 504);
    const Charge plain = stage.lastRecord(1).charge;
    QCOMPARE(plain.tokens.output, 70);
    QCOMPARE(plain.outputSource, Source::Estimated);
    QCOMPARE(stage.client->post("/slow/v1/chat/completions", chat(Stream)).status, 504);
    const Charge stream = stage.lastRecord(2).charge;
    QCOMPARE(stream.tokens.output, 0);
    QVERIFY(stream.tokens.input > 0);
}

void TestGatewayMetering::anHourOfOneStream()
{
    // 50 MB of events in one answer.
    const QByteArray text(1'000, 'a');
    QByteArray body;
    for (int i = 0; i < 47'000; ++i)
        body += R"(data: {"choices":[{"index":0,"delta":{"content":")" + text
            + "\"}}],\"usage\":null}\n\n";
    body += "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n";
    QVERIFY(body.size() > 49'000'000);
    Reply reply;
    const RequestRecord record = recordOf(Path, chat(Stream), answer(Event, body), &reply);
    QCOMPARE(record.charge.tokens.input, 3);
    QCOMPARE(record.charge.tokens.output, 5);
    QByteArray seen = body.first(body.lastIndexOf("data: "));
    QVERIFY(reply.body == seen.replace(",\"usage\":null", ""));
}

QTEST_GUILESS_MAIN(TestGatewayMetering)
#include "tst_gatewaymetering.moc"
