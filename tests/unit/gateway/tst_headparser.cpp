// SPDX-License-Identifier: GPL-3.0-or-later
// What the strict head parser makes of good heads; what it refuses is in tst_httpfront, over
// sockets.
#include "core/gateway/front/headparser.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice::gateway;

class tst_HeadParser final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parsesTheSameHoweverItIsCut();
    void hidesTheFramingsOwnFields();
    void normalisesAbsoluteTargets_data();
    void normalisesAbsoluteTargets();
    void decidesOnKeepAlive_data();
    void decidesOnKeepAlive();
    void limitsSizes();
    void leavesThePipelineAlone();
    void looksAtEachByteOnce();
    void staysOnItsFeetWithNoise();
};

namespace {

const QByteArray sample = "POST /v1/chat?x=%20 HTTP/1.1\r\nHost: api\r\nX-One:  two\twords \r\n"
                          "Empty:\r\ncontent-LENGTH: 12\r\nExpect: 100-continue\r\n\r\n"_ba;

} // namespace

void tst_HeadParser::parsesTheSameHoweverItIsCut()
{
    for (qsizetype cut = 0; cut <= sample.size(); ++cut) {
        HeadParser parser;
        const auto first = parser.parse(QByteArray(sample.first(cut))); // memory of its own
        QCOMPARE(first == HeadParser::State::Done, cut == sample.size());
        QCOMPARE(parser.parse(sample), HeadParser::State::Done);
        QCOMPARE(parser.consumed(), sample.size());
        const RequestHead head = parser.takeHead();
        QCOMPARE(head.method, "POST"_ba);
        QCOMPARE(head.target, "/v1/chat?x=%20"_ba);
        QCOMPARE(head.minorVersion, 1);
        QCOMPARE(head.contentLength, 12);
        const Headers expected{
            {"Host"_ba, "api"_ba}, {"X-One"_ba, "two\twords"_ba}, {"Empty"_ba, ""_ba}};
        QVERIFY(head.headers == expected);
        QVERIFY(parser.framing().expectContinue);
    }
}

void tst_HeadParser::hidesTheFramingsOwnFields()
{
    HeadParser parser;
    QCOMPARE(parser.parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"),
        HeadParser::State::Done);
    QVERIFY(parser.framing().chunked);
    QVERIFY(parser.framing().hasBody());
    const RequestHead head = parser.takeHead();
    QCOMPARE(head.contentLength, -1);
    QCOMPARE(head.headers.size(), size_t(1));
    QVERIFY(headerValue(head.headers, "transfer-encoding").isNull());
}

void tst_HeadParser::normalisesAbsoluteTargets_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("host");
    QTest::addRow("path") << "GET http://a:80/p?q"_ba
                          << "/p?q"_ba
                          << "a:80"_ba;
    QTest::addRow("nothing") << "GET HTTPS://a"_ba
                             << "/"_ba
                             << "a"_ba;
    QTest::addRow("query") << "GET http://a?q"_ba
                           << "/?q"_ba
                           << "a"_ba;
    QTest::addRow("IPv6") << "GET http://[::1]:8080/"_ba
                          << "/"_ba
                          << "[::1]:8080"_ba;
    QTest::addRow("options") << "OPTIONS http://a"_ba
                             << "*"_ba
                             << "a"_ba;
    QTest::addRow("origin form") << "GET /p"_ba
                                 << "/p"_ba
                                 << "other"_ba;
}

void tst_HeadParser::normalisesAbsoluteTargets()
{
    QFETCH(QByteArray, sent);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, host);
    HeadParser parser;
    QCOMPARE(parser.parse(QByteArray(sent + " HTTP/1.1\r\nHost: other\r\n\r\n")),
        HeadParser::State::Done);
    const RequestHead head = parser.takeHead();
    QCOMPARE(head.target, target);
    QCOMPARE(headerValue(head.headers, "host"), host); // RFC 9112 3.2.2: the URL wins
}

void tst_HeadParser::decidesOnKeepAlive_data()
{
    QTest::addColumn<QByteArray>("version");
    QTest::addColumn<QByteArray>("connection");
    QTest::addColumn<bool>("keepAlive");
    QTest::addRow("1.1") << "HTTP/1.1"_ba
                         << "x"_ba << true;
    QTest::addRow("1.1 close") << "HTTP/1.1"_ba
                               << "TE , close"_ba << false;
    QTest::addRow("1.1 both") << "HTTP/1.1"_ba
                              << "keep-alive, CLOSE"_ba << false;
    QTest::addRow("1.1 lookalike") << "HTTP/1.1"_ba
                                   << "closed, xclose"_ba << true;
    QTest::addRow("1.0") << "HTTP/1.0"_ba
                         << "x"_ba << false;
    QTest::addRow("1.0 keep-alive") << "HTTP/1.0"_ba
                                    << "Keep-Alive"_ba << true;
}

void tst_HeadParser::decidesOnKeepAlive()
{
    QFETCH(QByteArray, version);
    QFETCH(QByteArray, connection);
    QFETCH(bool, keepAlive);
    HeadParser parser;
    QCOMPARE(parser.parse(QByteArray(
                 "GET / " + version + "\r\nHost: h\r\nConnection: " + connection + "\r\n\r\n")),
        HeadParser::State::Done);
    QCOMPARE(parser.framing().keepAlive, keepAlive);
}

void tst_HeadParser::limitsSizes()
{
    const QByteArray head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"_ba;
    HeadParser exact(head.size());
    QCOMPARE(exact.parse(head), HeadParser::State::Done);
    HeadParser tight(head.size() - 1);
    QCOMPARE(tight.parse(head), HeadParser::State::Failed);
    QCOMPARE(tight.error().status, 431);
    QCOMPARE(tight.error().code, "headers_too_large"_ba);

    const QByteArray fields = QByteArray("GET / HTTP/1.1\r\nHost: h\r\n"
        + QByteArray("A: b\r\n").repeated(HeadParser::maxFields - 1));
    HeadParser full;
    QCOMPARE(full.parse(QByteArray(fields + "\r\n")), HeadParser::State::Done);
    HeadParser over;
    QCOMPARE(over.parse(QByteArray(fields + "A: b\r\n\r\n")), HeadParser::State::Failed);
    QCOMPARE(over.error().status, 431);
}

void tst_HeadParser::leavesThePipelineAlone()
{
    const QByteArray next = "GET /second HTTP/1.1\r\nHost: h\r\n\r\n"_ba;
    const QByteArray both = QByteArray(sample + next);
    HeadParser parser;
    QCOMPARE(parser.parse(both), HeadParser::State::Done);
    QCOMPARE(parser.consumed(), sample.size());
    parser.reset();
    QCOMPARE(parser.parse(both.sliced(sample.size())), HeadParser::State::Done);
    QCOMPARE(parser.takeHead().target, "/second"_ba);
    QVERIFY(!parser.framing().expectContinue);
}

void tst_HeadParser::looksAtEachByteOnce()
{
    // Quadratic work on a head that comes byte by byte would take minutes here.
    const QByteArray head =
        QByteArray("GET / HTTP/1.1\r\nHost: h\r\nX: " + QByteArray(1'000'000, 'x'));
    HeadParser parser(2'000'000);
    for (qsizetype size = 1; size <= head.size(); ++size) {
        if (parser.parse(QByteArrayView(head).first(size)) != HeadParser::State::NeedMore)
            QFAIL("The head is not complete");
    }
    QCOMPARE(parser.parse(QByteArray(head + "\r\n\r\n")), HeadParser::State::Done);
}

// Every single-byte change of a good head is either refused or still a head with the same framing
// rules: nothing crashes and a refusal always says why.
void tst_HeadParser::staysOnItsFeetWithNoise()
{
    for (qsizetype at = 0; at < sample.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            QByteArray changed = sample;
            changed[at] = char(byte);
            HeadParser parser;
            if (parser.parse(changed) != HeadParser::State::Failed)
                continue;
            QVERIFY(parser.error().status == 400);
            QVERIFY(!parser.error().message.isEmpty());
        }
    }
}

QTEST_GUILESS_MAIN(tst_HeadParser)
#include "tst_headparser.moc"
