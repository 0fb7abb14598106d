// SPDX-License-Identifier: GPL-3.0-or-later
// The tokens that a provider reports in a stream of server-sent events, wherever its chunks end.
#include "usagesetup.h"

#include <QRandomGenerator>

using namespace sluice::metering;
using namespace sluice::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Chat =
    "data: {\"choices\":[{\"delta\":{\"content\":\"h\xC3\xA9\"}}],\"usage\":null}\n\n"
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,"
    "\"total_tokens\":21,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n"
    "data: [DONE]\n\n";

const QByteArray Responses =
    "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\","
    "\"usage\":null}}\n\n"
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[],"
    "\"usage\":{\"input_tokens\":30,\"input_tokens_details\":{\"cached_tokens\":10},"
    "\"output_tokens\":20,\"total_tokens\":50}}}\n\n";

const QByteArray MessageStart =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":"
    "{\"input_tokens\":25,\"cache_creation_input_tokens\":100,\"cache_read_input_tokens\":1000,"
    "\"output_tokens\":1}}}\n\n";

const QByteArray Messages = MessageStart
    + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":"
      "{\"output_tokens\":7}}\n\n"
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":"
      "{\"output_tokens\":15}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// One event in three data lines, between other fields.
const QByteArray ManyLines =
    ": a comment with \"usage\"\nid: 7\ndata:{\"usage\":\ndata: {\"prompt_tokens\":1,\nretry: 10\n"
    "data:  \"completion_tokens\":2}}\nevent: x\n\n";

QByteArray withLineEnds(const QByteArray &stream, const char *end)
{
    return QByteArray(stream).replace("\n", end);
}

QByteArray eventOf(int input)
{
    return "data: {\"usage\":{\"prompt_tokens\":" + QByteArray::number(input) + "}}\n\n";
}

} // namespace

class TestUsageStream : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsStreams_data();
    void readsStreams();
    void readsEveryLineEnd_data();
    void readsEveryLineEnd();
    void tellsMeanwhile();
    void goesOnAfterBadEvents_data();
    void goesOnAfterBadEvents();
    void skipsLongLines_data();
    void skipsLongLines();
    void readsTheLongestLine();
    void readsEndlessStreams();
    void countsTheTextSoFar();
    void survivesAnyBytes();
};

void TestUsageStream::readsStreams_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<TokenUsage>("usage");
    const auto row = [](const char *name, const QByteArray &stream, const TokenUsage &usage) {
        QTest::newRow(name) << stream << usage;
    };
    row("chat", Chat, tokens(9, 12, 4));
    row("responses", Responses, tokens(30, 20, 10));
    row("messages", Messages, tokens(1'125, 15, 1'000, 100));
    row("messages, cut short", MessageStart, tokens(1'125, {}, 1'000, 100));
    row("several lines", ManyLines, tokens(1, 2));
    row("no usage", "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", {});
    row("the later one counts", eventOf(1) + eventOf(2), tokens(2, {}));
    row("without the last blank line", eventOf(1).chopped(1), tokens(1, {}));
    row("without the last line end", eventOf(1).chopped(2), tokens(1, {}));
    row("ends inside an event", eventOf(1) + eventOf(2).chopped(3), tokens(1, {}));
    row("byte order mark", "\xEF\xBB\xBF" + eventOf(1), tokens(1, {}));
    row("a mark later is no mark", eventOf(1) + "\xEF\xBB\xBF" + eventOf(2), tokens(1, {}));
    row("empty events", "\n\n\ndata\n\ndata:\n\n" + eventOf(1) + "\n\n\n", tokens(1, {}));
    row("another field", "database: {\"usage\":{\"prompt_tokens\":1}}\n\n", {});
    row("no stream", R"({"usage":{"prompt_tokens":1}})", {});
    row("nothing", "", {});
}

void TestUsageStream::readsStreams()
{
    QFETCH(const QByteArray, stream);
    QFETCH(const TokenUsage, usage);
    compareAtEveryBorder(Form::EventStream, stream, usage);
}

void TestUsageStream::readsEveryLineEnd_data()
{
    QTest::addColumn<QByteArray>("end");
    QTest::newRow("LF") << "\n"_ba;
    QTest::newRow("CR") << "\r"_ba;
    QTest::newRow("CRLF") << "\r\n"_ba;
}

void TestUsageStream::readsEveryLineEnd()
{
    QFETCH(const QByteArray, end);
    compareAtEveryBorder(Form::EventStream, withLineEnds(ManyLines, end.constData()), tokens(1, 2));
    compareAtEveryBorder(
        Form::EventStream, withLineEnds(Messages, end.constData()), tokens(1'125, 15, 1'000, 100));
    // Each event with an end of its own.
    const QByteArray mixed = withLineEnds(MessageStart, end.constData()) + ManyLines
        + withLineEnds(ManyLines, "\r\n") + withLineEnds(eventOf(7), "\r");
    compareAtEveryBorder(Form::EventStream, mixed, tokens(7, 2, 1'000, 100));
}

void TestUsageStream::tellsMeanwhile()
{
    UsageReader reader(Form::EventStream);
    reader.feed(MessageStart.chopped(1));
    QVERIFY(reader.usage().isEmpty());
    reader.feed("\n");
    QCOMPARE(reader.usage(), tokens(1'125, {}, 1'000, 100)); // its output has only begun
    reader.feed(Messages.sliced(MessageStart.size()));
    QCOMPARE(reader.usage(), tokens(1'125, 15, 1'000, 100));
    reader.finish();
    reader.feed(eventOf(3));
    QCOMPARE(reader.finish(), tokens(1'125, 15, 1'000, 100));
}

void TestUsageStream::goesOnAfterBadEvents_data()
{
    QTest::addColumn<QByteArray>("bad");
    for (const char *usage : {"{\"prompt_tokens\":-1}", "{\"prompt_tokens\":1.5}",
             "{\"prompt_tokens\":\"1\"}", "{\"prompt_tokens\":1000000000001}", "\"usage\"", "[1]",
             "{\"prompt_tokens\":99", "{\"prompt_tokens\":99}} x", "{\"prompt_tokens\":99},",
             "{\"prompt_tokens\":99},\"a\":\"\xff\"", "\xC3\x28", "{\"prompt_tokens\":99}}{"})
        QTest::addRow("%s", usage) << QByteArray("data: {\"usage\":" + QByteArray(usage) + "}\n\n");
    QTest::newRow("nul") << QByteArray("data: {\"usage\":\0}\n\n", 19);
}

void TestUsageStream::goesOnAfterBadEvents()
{
    QFETCH(const QByteArray, bad);
    const QByteArray output = "data: {\"usage\":{\"completion_tokens\":8}}\n\n";
    compareAtEveryBorder(Form::EventStream, bad, {});
    compareAtEveryBorder(Form::EventStream, eventOf(4) + bad + output, tokens(4, 8));
}

void TestUsageStream::skipsLongLines_data()
{
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QByteArray>("tail");
    QTest::addColumn<TokenUsage>("usage");
    QTest::newRow("data") << "data: {\"usage\":{\"prompt_tokens\":5},\"a\":\""_ba
                          << "\"}\n\n"_ba << TokenUsage{};
    QTest::newRow("an event without one of its lines")
        << "data: "_ba
        << "\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n"_ba << TokenUsage{};
    QTest::newRow("an event whose last line is too long")
        << "data: {\"usage\":{\"prompt_tokens\":5}}\ndata: "_ba
        << "\n\n"_ba << TokenUsage{};
    QTest::newRow("a comment in an event")
        << ": "_ba
        << "\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n"_ba << tokens(5, {});
    QTest::newRow("no line end") << "data: {\"usage\":{\"prompt_tokens\":5},\"a\":\""_ba
                                 << "\"}"_ba << TokenUsage{};
}

void TestUsageStream::skipsLongLines()
{
    QFETCH(const QByteArray, head);
    QFETCH(const QByteArray, tail);
    QFETCH(const TokenUsage, usage);
    const QByteArray stream = head + QByteArray(UsageReader::MaxLineBytes, ' ') + tail;
    for (const qsizetype size : {stream.size(), qsizetype{16'384}, qsizetype{1}})
        QCOMPARE(readInChunks(Form::EventStream, stream, 0, size), usage);
    if (!tail.endsWith("\n\n"))
        return;
    // What is around it counts.
    const QByteArray around =
        "data: {\"usage\":{\"completion_tokens\":8}}\n\n" + stream + eventOf(6);
    for (const qsizetype size : {around.size(), qsizetype{16'384}, qsizetype{1}})
        QCOMPARE(readInChunks(Form::EventStream, around, 0, size), tokens(6, 8));
}

void TestUsageStream::readsTheLongestLine()
{
    const QByteArray head = "data: {\"usage\":{\"prompt_tokens\":5},\"a\":\"";
    const qsizetype filling = UsageReader::MaxLineBytes - head.size() - 2;
    for (const qsizetype extra : {0, 1}) {
        const QByteArray stream = head + QByteArray(filling + extra, 'x') + "\"}\r\n\r\n";
        for (const qsizetype size : {stream.size(), qsizetype{4'096}, qsizetype{1}}) {
            QCOMPARE(readInChunks(Form::EventStream, stream, 0, size),
                extra == 0 ? tokens(5, {}) : TokenUsage{});
        }
    }
    // Many short lines make no larger event than one long line.
    const QByteArray lines = QByteArray("data:              \n").repeated(600'000);
    const QByteArray data = "data: {\"usage\":{\"prompt_tokens\":5}}\n\n";
    QCOMPARE(readAtOnce(Form::EventStream, lines + data), TokenUsage{});
    QCOMPARE(readAtOnce(Form::EventStream, lines + data + eventOf(6)), tokens(6, {}));
}

void TestUsageStream::readsEndlessStreams()
{
    // Longer than a document may be; and linear, whichever line ends it has.
    const QByteArray event = "data: {\"choices\":[{\"delta\":{\"content\":\"token\"}}]}\n\n";
    const QByteArray many = event.repeated(350'000);
    QVERIFY(many.size() > 2 * UsageReader::MaxBodyBytes);
    for (const char *end : {"\n", "\r"}) {
        UsageReader reader(Form::EventStream);
        reader.feed(withLineEnds(many, end));
        reader.feed(withLineEnds(Chat, end));
        QCOMPARE(reader.finish(), tokens(9, 12, 4));
        QVERIFY(reader.isReadable());
    }
}

void TestUsageStream::countsTheTextSoFar()
{
    UsageReader reader(Form::EventStream);
    QVERIFY(reader.isReadable());
    reader.feed(": a comment\n\n\r\n");
    QVERIFY(reader.isReadable());
    QCOMPARE(reader.countedOutput(), 0);
    reader.feed(MessageStart);
    QCOMPARE(reader.countedOutput(), 1); // as the message says
    QVERIFY(!reader.usage().output);
    reader.feed("data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                "\"text_delta\",\"text\":\"Four words and more");
    QCOMPARE(reader.countedOutput(), 1); // the event is not whole
    reader.feed("\"}}\n\n");
    QVERIFY(reader.countedOutput() >= 3 && reader.countedOutput() <= 5);
    QVERIFY(reader.isReadable());
    UsageReader garbage(Form::EventStream);
    garbage.feed("data: {no\n\ndata: [DONE]\n\n");
    QVERIFY(!garbage.isReadable());
    UsageReader other(Form::EventStream);
    other.feed("hello\n");
    QVERIFY(!other.isReadable());
}

void TestUsageStream::survivesAnyBytes()
{
    const QByteArray spice = "\r\n: {}\"\\,datusge\xC3\xEF";
    QRandomGenerator random(42);
    for (int round = 0; round < 10'000; ++round) {
        QByteArray stream = random.bounded(2) == 0 ? Messages : Chat + ManyLines;
        for (int changes = random.bounded(8); changes > 0 && !stream.isEmpty(); --changes) {
            const qsizetype at = random.bounded(stream.size());
            const int kind = random.bounded(4);
            if (kind == 0)
                stream[at] = static_cast<char>(random.bounded(256));
            else if (kind == 1)
                stream.remove(at, random.bounded(40));
            else
                stream.insert(at, spice[random.bounded(int(spice.size()))]);
        }
        const TokenUsage usage = readAtOnce(Form::EventStream, stream);
        QCOMPARE(readInChunks(Form::EventStream, stream, 0, 1), usage);
        const qsizetype first = random.bounded(stream.size() + 1);
        QCOMPARE(readInChunks(Form::EventStream, stream, first, 1 + random.bounded(60)), usage);
    }
}

QTEST_GUILESS_MAIN(TestUsageStream)
#include "tst_usagestream.moc"
