// SPDX-License-Identifier: GPL-3.0-or-later
// What a client sees of a stream for which the gateway has asked for usage: exactly what it would
// have seen without, wherever the chunks end.
#include "core/metering/usage/usagefilter.h"

#include <QRandomGenerator>
#include <QTest>

using namespace sluice::metering;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Delta =
    "data: {\"choices\":[{\"delta\":{\"content\":\"h\xC3\xA9 \\\"usage\\\":null}\"}}]";
const QByteArray Figures =
    "data: "
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}";
const QByteArray Done = "data: [DONE]";

QByteArray framed(const QByteArray &text)
{
    return text + "\n\n";
}

QByteArray filtered(QByteArrayView stream, qsizetype first, qsizetype size)
{
    QByteArray seen;
    UsageFilter filter;
    seen += filter.feed(stream.first(first));
    for (qsizetype at = first; at < stream.size(); at += size)
        seen += filter.feed(stream.sliced(at, std::min(size, stream.size() - at)));
    seen += filter.finish();
    return seen;
}

} // namespace

class TestUsageFilter : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void takesOutOnlyWhatTheGatewayAskedFor_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<QByteArray>("seen");
        const auto row = [](const char *name, const QByteArray &sent, const QByteArray &seen) {
            QTest::newRow(name) << sent << seen;
            for (const char *end : {"\r\n", "\r"})
                QTest::addRow("%s, %s", name, end[1] != '\0' ? "CRLF" : "CR")
                    << QByteArray(sent).replace("\n", end) << QByteArray(seen).replace("\n", end);
        };
        const auto same = [&row](
                              const char *name, const QByteArray &sent) { row(name, sent, sent); };
        const QByteArray plain = framed(Delta + '}') + framed(Done);
        same("nothing to take out", plain);
        row("a whole stream",
            framed(Delta + ",\"usage\":null}") + framed(Delta + ",\"usage\":null}")
                + framed(Figures) + framed(Done),
            framed(Delta + '}') + plain);
        row("blanks around the member",
            framed("data: {\"choices\": [1] , \"usage\" : null , \"a\":2}"),
            framed("data: {\"choices\": [1] ,  \"a\":2}"));
        row("the first member", framed("data: {\"usage\":null , \"choices\":[1]}"),
            framed("data: { \"choices\":[1]}"));
        row("the only member", framed("data: { \"usage\":null }"), framed("data: {  }"));
        row("no blank after data", framed("data:{\"a\":1,\"usage\":null}"),
            framed("data:{\"a\":1}"));
        row("several lines",
            framed("id: 7\ndata: {\"a\":1,\ndata: \"usage\":null,\"b\":[\ndata: 2]}"),
            framed("id: 7\ndata: {\"a\":1,\ndata: \"b\":[\ndata: 2]}"));
        row("figures in several lines",
            framed("data: {\"choices\":[],\ndata: \"usage\":{}}") + plain, plain);
        row("the figures come first", framed(Figures) + plain, plain);
        row("without an end", framed(Delta + ",\"usage\":null}") + Figures, framed(Delta + '}'));
        row("without an end, a line", Figures + "\n", {});
        same("figures beside a choice", framed("data: {\"choices\":[{}],\"usage\":{\"a\":1}}"));
        same("no choices, no figures",
            framed("data: {\"choices\":[],\"prompt_filter_results\":[]}"));
        same("inside another object",
            framed("data: {\"choices\":[{\"usage\":null}],\"a\":{\"usage\":null}}"));
        same("inside a text", framed("data: {\"choices\":[{\"text\":\"\\\"usage\\\":null}\"}]}"));
        same("no JSON", framed("data: {\"usage\":null \"a\"}") + framed("data: \"usage\":null"));
        same("another field", framed(": \"usage\":null}\nevent: x"));
        same("blank lines", "\n\n\n" + plain + "\n\n");
        same("no lines", "{\"choices\":[],\"usage\":null");
        same("broken UTF-8", framed("data: {\"a\":\"\xFF\xC3\",\"usage\":1}"));
        same("nothing", {});
    }

    void takesOutOnlyWhatTheGatewayAskedFor()
    {
        QFETCH(const QByteArray, sent);
        QFETCH(const QByteArray, seen);
        QCOMPARE(filtered(sent, sent.size(), 1), seen);
        QCOMPARE(filtered(sent, 0, 1), seen);
        QCOMPARE(filtered(sent, 0, 3), seen);
        for (qsizetype at = 0; at <= sent.size(); ++at)
            QVERIFY2(filtered(sent, at, sent.size()) == seen, qPrintable(QString::number(at)));
    }

    void wholeEventsDoNotWait()
    {
        UsageFilter filter;
        QCOMPARE(filter.feed(framed(Delta + ",\"usage\":null}")), framed(Delta + '}'));
        QCOMPARE(filter.feed(Figures), QByteArrayView());
        QCOMPARE(filter.feed("\n"), QByteArrayView());
        QCOMPARE(filter.feed("\n"), QByteArrayView());
        QCOMPARE(filter.feed(framed(Done)), framed(Done));
        QCOMPARE(filter.finish(), QByteArrayView());
    }

    void whatIsTooLongGoesThrough()
    {
        const QByteArray text(3 * UsageFilter::MaxEventBytes, 'x');
        const QByteArray large = framed("data: {\"choices\":[\"" + text + "\"],\"usage\":null}");
        const QByteArray next = framed(Delta + ",\"usage\":null}") + framed(Figures);
        for (const char *end : {"\n", "\r\n", "\r"}) {
            const QByteArray sent = QByteArray(large + next).replace("\n", end);
            const QByteArray seen = QByteArray(large + framed(Delta + '}')).replace("\n", end);
            QCOMPARE(filtered(sent, 0, 16'384), seen);
            QCOMPARE(filtered(sent, 100, 16'383), seen);
            QCOMPARE(filtered(sent, sent.size(), 1), seen);
        }
    }

    void memoryStaysBounded()
    {
        qint64 seen = 0;
        UsageFilter filter;
        const QByteArray chunk(64 * 1024, 'y');
        qint64 sent = 0;
        for (int i = 0; i < 800; ++i) {
            seen += filter.feed(chunk).size();
            sent += chunk.size();
            QVERIFY(sent - seen <= UsageFilter::MaxEventBytes);
        }
        seen += filter.finish().size();
        QCOMPARE(seen, sent);
    }

    void anyBytesComeOutAlikeHoweverTheyAreCut()
    {
        const QList<QByteArray> parts{Delta, Figures, Done, ",\"usage\":null}", "}", "\n", "\n\n",
            "\r", "\r\n", "\r\n\r\n", "data: ", "data:", "{", "\"usage\"", ":", "null", "[]",
            "\xEF\xBB\xBF", "\xFF", "\"", "\\", ","};
        QRandomGenerator random(5);
        for (int round = 0; round < 4'000; ++round) {
            QByteArray stream;
            for (quint32 i = random.bounded(12u); i-- > 0;)
                stream += parts.at(random.bounded(static_cast<int>(parts.size())));
            const QByteArray whole = filtered(stream, stream.size(), 1);
            QCOMPARE(filtered(stream, 0, 1), whole);
            QCOMPARE(filtered(stream, 0, 1 + random.bounded(9)), whole);
        }
    }
};

QTEST_APPLESS_MAIN(TestUsageFilter)
#include "tst_usagefilter.moc"
