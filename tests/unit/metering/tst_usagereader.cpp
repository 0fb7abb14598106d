// SPDX-License-Identifier: GPL-3.0-or-later
// The tokens that a provider reports in one JSON document.
#include "mutations.h"
#include "usagesetup.h"

#include <QRandomGenerator>

using namespace sluice::metering;
using namespace sluice::test;
using namespace Qt::StringLiterals;

class TestUsageReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsDocuments_data();
    void readsDocuments();
    void ignoresWhatIsNoCount_data();
    void ignoresWhatIsNoCount();
    void reportsNothingOfBrokenTexts_data();
    void reportsNothingOfBrokenTexts();
    void reportsAtTheEnd();
    void givesUpOnLargeBodies();
    void readsDeepNesting();
    void survivesAnyBytes();
};

void TestUsageReader::readsDocuments_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<TokenUsage>("usage");
    const auto row = [](const char *name, const char *text, const TokenUsage &usage) {
        QTest::newRow(name) << QByteArray(text) << usage;
    };
    const auto reasoned = [](TokenUsage usage, qint64 reasoning) {
        usage.reasoning = reasoning;
        return usage;
    };
    const auto written = [](TokenUsage usage, qint64 forAnHour) {
        usage.cacheWrite1h = forAnHour;
        return usage;
    };
    row("chat",
        R"({"id":"x","choices":[{"message":{"content":"hi \"usage\" é"}}],"usage":{"prompt_tokens":9,)"
        R"("completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4,)"
        R"("audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3,"cached_tokens":99}}})",
        reasoned(tokens(9, 12, 4), 3));
    row("completion", R"({"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}})",
        tokens(5, 7));
    row("embeddings", R"({"object":"list","usage":{"prompt_tokens":8,"total_tokens":8}})",
        tokens(8, 0));
    row("a total alone is input", R"({"usage":{"total_tokens":8}})", tokens(8, {}));
    row("total and output", R"({"usage":{"total_tokens":8,"completion_tokens":3}})", tokens(5, 3));
    row("a total that is too small", R"({"usage":{"total_tokens":2,"prompt_tokens":3}})",
        tokens(3, 0));
    row("responses",
        R"({"id":"r","output":[],"usage":{"input_tokens":30,"input_tokens_details":)"
        R"({"cached_tokens":10},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":5},)"
        R"("total_tokens":50}})",
        reasoned(tokens(30, 20, 10), 5));
    row("messages",
        R"({"type":"message","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":10,)"
        R"("cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"output_tokens":5,)"
        R"("cache_creation":{"ephemeral_1h_input_tokens":7},"service_tier":"standard"}})",
        written(tokens(3'210, 5, 3'000, 200), 7));
    row("messages without a cache",
        R"({"usage":{"input_tokens":10,"cache_read_input_tokens":null,)"
        R"("cache_creation_input_tokens":0,"output_tokens":5}})",
        tokens(10, 5, {}, 0));
    row("told in both conventions",
        R"({"usage":{"prompt_tokens":100,"completion_tokens":1,"cache_read_input_tokens":60,)"
        R"("cache_creation_input_tokens":30}})",
        tokens(100, 1, 60, 30));
    row("reasoning",
        R"({"usage":{"prompt_tokens":5,"completion_tokens":70,"total_tokens":75,)"
        R"("completion_tokens_details":{"reasoning_tokens":64}}})",
        reasoned(tokens(5, 70), 64));
    row("responses with reasoning",
        R"({"usage":{"input_tokens":5,"output_tokens":70,)"
        R"("output_tokens_details":{"reasoning_tokens":64},"total_tokens":75}})",
        reasoned(tokens(5, 70), 64));
    row("reasoning beside the completion",
        R"({"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":341,)"
        R"("completion_tokens_details":{"reasoning_tokens":300}}})",
        reasoned(tokens(32, 309), 300));
    row("reasoning that only the total has",
        R"({"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":341}})",
        tokens(32, 309));
    row("a total that has something else",
        R"({"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":341,)"
        R"("completion_tokens_details":{"reasoning_tokens":2}}})",
        reasoned(tokens(32, 9), 2));
    row("messages with writes for an hour",
        R"({"usage":{"input_tokens":4,"output_tokens":2,"cache_read_input_tokens":0,)"
        R"("cache_creation_input_tokens":100,"cache_creation":{)"
        R"("ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40}}})",
        written(tokens(104, 2, 0, 100), 40));
    row("DeepSeek",
        R"({"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,)"
        R"("prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}})",
        tokens(10, 3, 8));
    row("Moonshot", R"({"usage":{"prompt_tokens":10,"completion_tokens":3,"cached_tokens":8}})",
        tokens(10, 3, 8));
    row("Groq",
        R"({"choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":7,"completion_tokens":3}}})",
        tokens(7, 3));
    row("Gemini's own",
        R"({"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":5,)"
        R"("thoughtsTokenCount":20,"totalTokenCount":37,"cachedContentTokenCount":3}})",
        reasoned(tokens(12, 25, 3), 20));
    row("null beside figures", R"({"a":{"usage":null},"usage":{"prompt_tokens":1}})",
        tokens(1, {}));
    row("zero is not absent", R"({"usage":{"prompt_tokens":0,"completion_tokens":0}})",
        tokens(0, 0));
    row("the later one counts",
        R"({"usage":{"prompt_tokens":1,"completion_tokens":2},"usage":{"completion_tokens":3}})",
        tokens(1, 3));
    row("blanks", " {\r\n \"usage\" :\t{ \"prompt_tokens\" : 1 , \"completion_tokens\" : 2 } }\n",
        tokens(1, 2));
    row("byte order mark", "\xEF\xBB\xBF{\"usage\":{\"prompt_tokens\":1}}", tokens(1, {}));
    row("escaped name", R"({"usage":{"prompt\u005ftokens":1}})", tokens(1, {}));
    row("elsewhere", R"({"data":{"usage":{"prompt_tokens":1}},"choices":[{"usage":{}}]})", {});
    row("no usage", R"({"error":{"message":"no"}})", {});
    row("no object inside", R"({"message":"usage","response":"usage","x":"usage"})", {});
    row("the largest count", R"({"usage":{"prompt_tokens":1000000000000}})",
        tokens(1'000'000'000'000, {}));
    row("nothing", "", {});
}

void TestUsageReader::readsDocuments()
{
    QFETCH(const QByteArray, text);
    QFETCH(const TokenUsage, usage);
    compareAtEveryBorder(Form::Json, text, usage);
}

void TestUsageReader::ignoresWhatIsNoCount_data()
{
    QTest::addColumn<QByteArray>("value");
    for (const char *value : {"-1", "1.5", "1.0", "1e3", "\"12\"", "null", "true", "[1]",
             "{\"a\":1}", "1000000000001", "9223372036854775808", "18446744073709551616",
             "100000000000000000000000000000000", "-9223372036854775809"})
        QTest::newRow(value) << QByteArray(value);
}

void TestUsageReader::ignoresWhatIsNoCount()
{
    QFETCH(const QByteArray, value);
    const QByteArray counts = "{\"prompt_tokens\":" + value + ",\"completion_tokens\":" + value
        + ",\"prompt_tokens_details\":{\"cached_tokens\":" + value + "}}";
    compareAtEveryBorder(Form::Json, "{\"usage\":" + counts + "}", {});
    // It does not hide what was told before or beside it.
    compareAtEveryBorder(Form::Json,
        "{\"usage\":{\"prompt_tokens\":4},\"usage\":" + counts
            + ",\"response\":{\"usage\":{\"output_tokens\":6}}}",
        tokens(4, 6));
    compareAtEveryBorder(Form::Json,
        R"({"usage":{"prompt_tokens_details":)" + value + R"(,"prompt_tokens":2}})", tokens(2, {}));
    compareAtEveryBorder(Form::Json, R"({"usage":)" + value + R"(,"message":)" + value + "}", {});
}

void TestUsageReader::reportsNothingOfBrokenTexts_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *text) { QTest::addRow("%s", text) << QByteArray(text); };
    row(R"({"usage":{"prompt_tokens":1})");
    row(R"({"usage":{"prompt_tokens":1}}})");
    row(R"({"usage":{"prompt_tokens":1}} x)");
    row(R"({"usage":{"prompt_tokens":1},})");
    row(R"({"usage":{"prompt_tokens":1},"a")");
    row(R"({"usage":{"prompt_tokens":1},"a":"b)");
    row(R"([{"usage":{"prompt_tokens":1}}])");
    row(R"("usage")");
    row("{\"usage\":{\"prompt_tokens\":1},\"a\":\"\xff\xfe\"}");
    row("{\"usage\":{\"prompt_tokens\":1},\"a\":\"\xc3\"}");
    row("data: {\"usage\":{\"prompt_tokens\":1}}\n\n");
}

void TestUsageReader::reportsNothingOfBrokenTexts()
{
    QFETCH(const QByteArray, text);
    compareAtEveryBorder(Form::Json, text, {});
}

void TestUsageReader::reportsAtTheEnd()
{
    UsageReader reader(Form::Json);
    reader.feed(R"({"usage":{"prompt_tokens":1}})");
    QVERIFY(reader.usage().isEmpty());
    QCOMPARE(reader.finish(), tokens(1, {}));
    reader.feed("x");
    QCOMPARE(reader.finish(), tokens(1, {}));
    QCOMPARE(reader.usage(), tokens(1, {}));
    QVERIFY(reader.isReadable());
}

void TestUsageReader::givesUpOnLargeBodies()
{
    const QByteArray head = R"({"usage":{"prompt_tokens":1},"a":")";
    const QByteArray tail = "\"}";
    const qsizetype filling = UsageReader::MaxBodyBytes - head.size() - tail.size();
    for (const qsizetype extra : {0, 1}) {
        const QByteArray text = head + QByteArray(filling + extra, 'x') + tail;
        for (const qsizetype size : {text.size(), qsizetype{16'384}}) {
            UsageReader reader(Form::Json);
            for (qsizetype at = 0; at < text.size(); at += size)
                reader.feed(QByteArrayView(text).sliced(at, std::min(size, text.size() - at)));
            QCOMPARE(reader.finish(), extra == 0 ? tokens(1, {}) : TokenUsage{});
            QCOMPARE(reader.isReadable(), extra == 0);
        }
    }
}

void TestUsageReader::readsDeepNesting()
{
    for (const int depth : {500, 5'000, 100'000}) {
        const QByteArray nested = QByteArray(depth, '[') + QByteArray(depth, ']');
        const QByteArray text = R"({"a":)" + nested + R"(,"usage":{"prompt_tokens":1}})";
        const TokenUsage usage = readAtOnce(Form::Json, text);
        QVERIFY(usage.isEmpty() || usage == tokens(1, {}));
        readAtOnce(Form::Json, R"({"usage":{"prompt_tokens":)" + nested + "}}");
        readAtOnce(Form::Json, R"({"usage":)" + QByteArray(depth, '{'));
    }
}

void TestUsageReader::survivesAnyBytes()
{
    const QByteArray sample =
        R"({"a":"\u00e9 é","usage":{"prompt_tokens":9,"completion_tokens":12,)"
        R"("prompt_tokens_details":{"cached_tokens":4}},"message":{"usage":{"input_tokens":1}}})";
    QRandomGenerator random(42);
    for (int round = 0; round < 20'000; ++round) {
        const QByteArray text = sluice::test::brokenJson(sample, random);
        const TokenUsage usage = readAtOnce(Form::Json, text);
        for (const auto &count : {usage.input, usage.cachedInput, usage.cacheWrite, usage.output})
            QVERIFY(!count || (*count >= 0 && *count <= 3'000'000'000'000));
        const qsizetype first = random.bounded(text.size() + 1);
        QCOMPARE(readInChunks(Form::Json, text, first, 1 + random.bounded(30)), usage);
    }
}

QTEST_GUILESS_MAIN(TestUsageReader)
#include "tst_usagereader.moc"
