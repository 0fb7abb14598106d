// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/bodydecoder.h"

#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice::gateway;

class tst_BodyDecoder final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decodes_data();
    void decodes();
    void refuses_data();
    void refuses();
    void decodesRandomChunks();
    void takesNoMoreMemoryThanAnnounced();
};

namespace {

Framing announced(qint64 length)
{
    Framing framing;
    framing.contentLength = length;
    return framing;
}

Framing chunked()
{
    Framing framing;
    framing.chunked = true;
    return framing;
}

// Feeds the input in pieces of that size; gives back what was not consumed.
BodyDecoder::State feed(BodyDecoder &decoder, const QByteArray &input, qsizetype piece,
    QByteArray &out, QByteArray &rest)
{
    auto state = BodyDecoder::State::NeedMore;
    qsizetype at = 0;
    while (at < input.size() && state == BodyDecoder::State::NeedMore) {
        const QByteArray part = input.mid(at, piece); // memory of its own
        qsizetype consumed = 0;
        state = decoder.decode(part, consumed, out);
        at += consumed;
    }
    rest = input.mid(at);
    return state;
}

} // namespace

void tst_BodyDecoder::decodes_data()
{
    QTest::addColumn<qint64>("length"); // -1: chunked
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("rest");
    QTest::addRow("announced") << qint64(5) << "helloNEXT"_ba
                               << "hello"_ba
                               << "NEXT"_ba;
    QTest::addRow("one chunk") << qint64(-1) << "5\r\nhello\r\n0\r\n\r\nNEXT"_ba
                               << "hello"_ba
                               << "NEXT"_ba;
    QTest::addRow("chunks") << qint64(-1) << "2\r\nhe\r\n003\r\nllo\r\n00\r\n\r\n"_ba
                            << "hello"_ba
                            << ""_ba;
    QTest::addRow("hex") << qint64(-1) << "A\r\n0123456789\r\n0\r\n\r\n"_ba
                         << "0123456789"_ba
                         << ""_ba;
    QTest::addRow("no bytes") << qint64(-1) << "0\r\n\r\n"_ba
                              << ""_ba
                              << ""_ba;
    QTest::addRow("extensions") << qint64(-1) << "5;a=\"b;c\" ; d\r\nhello\r\n0 ;x\r\n\r\n"_ba
                                << "hello"_ba
                                << ""_ba;
    QTest::addRow("trailers") << qint64(-1) << "5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\nN"_ba
                              << "hello"_ba
                              << "N"_ba;
    QTest::addRow("CR LF inside") << qint64(-1) << "4\r\n\r\n\r\n\r\n0\r\n\r\n"_ba
                                  << "\r\n\r\n"_ba
                                  << ""_ba;
}

void tst_BodyDecoder::decodes()
{
    QFETCH(qint64, length);
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, rest);
    for (qsizetype piece = 1; piece <= input.size(); ++piece) {
        BodyDecoder decoder;
        decoder.start(length < 0 ? chunked() : announced(length), 1000);
        QByteArray out;
        QByteArray left;
        QCOMPARE(feed(decoder, input, piece, out, left), BodyDecoder::State::Done);
        QCOMPARE(out, body);
        QCOMPARE(left, rest);
    }
}

void tst_BodyDecoder::refuses_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<int>("status");
    QTest::addRow("letters") << "zz\r\n"_ba << 400;
    QTest::addRow("0x") << "0x5\r\nhello\r\n"_ba << 400;
    QTest::addRow("sixteen digits") << "ffffffffffffffff\r\n"_ba << 400;
    QTest::addRow("many zeros") << "0000000000000005\r\n"_ba << 400;
    QTest::addRow("fifteen digits") << "fffffffffffffff\r\n"_ba << 413;
    QTest::addRow("too large") << "3e9\r\n"_ba << 413;
    QTest::addRow("too large together")
        << QByteArray("3e8\r\n" + QByteArray(1000, 'a') + "\r\n1\r\n") << 413;
    QTest::addRow("sign") << "+5\r\n"_ba << 400;
    QTest::addRow("space first") << " 5\r\n"_ba << 400;
    QTest::addRow("space last") << "5 \r\n"_ba << 400;
    QTest::addRow("bare LF") << "5\nhello\n0\n\n"_ba << 400;
    QTest::addRow("bare CR") << "5\rhello\r\n"_ba << 400;
    QTest::addRow("CR CR LF") << "5\r\r\nhello"_ba << 400;
    QTest::addRow("control in extension") << "5;a\x01\r\n"_ba << 400;
    QTest::addRow("long line") << QByteArray("5;" + QByteArray(5000, 'a')) << 400;
    QTest::addRow("many extensions")
        << QByteArray("1;" + QByteArray(4000, 'a') + "\r\nx\r\n").repeated(5) << 400;
    QTest::addRow("chunk too long") << "2\r\nhello\r\n"_ba << 400;
    QTest::addRow("chunk too short") << "5\r\nhe\r\n0\r\n\r\n"_ba << 400;
    QTest::addRow("trailer without colon") << "0\r\nabc\r\n"_ba << 400;
    QTest::addRow("trailer with a space") << "0\r\na : b\r\n"_ba << 400;
    QTest::addRow("folded trailer") << "0\r\na: b\r\n c\r\n"_ba << 400;
    QTest::addRow("long trailers")
        << QByteArray("0\r\n" + QByteArray("A: " + QByteArray(2000, 'b') + "\r\n").repeated(5))
        << 400;
}

void tst_BodyDecoder::refuses()
{
    QFETCH(QByteArray, input);
    QFETCH(int, status);
    for (const qsizetype piece : {qsizetype(1), qsizetype(7), input.size()}) {
        BodyDecoder decoder;
        decoder.start(chunked(), 1000);
        QByteArray out;
        QByteArray rest;
        QCOMPARE(feed(decoder, input, piece, out, rest), BodyDecoder::State::Failed);
        QCOMPARE(decoder.error().status, status);
        QVERIFY(!decoder.error().message.isEmpty());
        QVERIFY(out.size() <= 1000);
    }
}

void tst_BodyDecoder::decodesRandomChunks()
{
    QRandomGenerator random(7);
    for (int round = 0; round < 50; ++round) {
        QByteArray body;
        QByteArray input;
        for (int chunk = random.bounded(1, 20); chunk > 0; --chunk) {
            QByteArray part(random.bounded(1, 5000), '\0');
            random.generate(part.begin(), part.end());
            body += part;
            input += QByteArray::number(part.size(), 16) + "\r\n" + part + "\r\n";
        }
        input += "0\r\n\r\n";
        BodyDecoder decoder;
        decoder.start(chunked(), body.size());
        QByteArray out;
        QByteArray rest;
        QCOMPARE(
            feed(decoder, input, random.bounded(1, 3000), out, rest), BodyDecoder::State::Done);
        QCOMPARE(out, body);
        QVERIFY(rest.isEmpty());
    }
}

void tst_BodyDecoder::takesNoMoreMemoryThanAnnounced()
{
    BodyDecoder decoder;
    decoder.start(announced(10'000'000), 10'000'000);
    QByteArray out;
    qsizetype consumed = 0;
    // An announcement alone takes no memory.
    QCOMPARE(decoder.decode("x", consumed, out), BodyDecoder::State::NeedMore);
    QVERIFY(out.capacity() < 1000);
    const QByteArray piece(65'536, 'x');
    while (decoder.decode(piece, consumed, out) == BodyDecoder::State::NeedMore) { }
    QCOMPARE(out.size(), 10'000'000);
    QVERIFY(out.capacity() < 10'001'000);
}

QTEST_GUILESS_MAIN(tst_BodyDecoder)
#include "tst_bodydecoder.moc"
