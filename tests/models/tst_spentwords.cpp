// SPDX-License-Identifier: GPL-3.0-or-later
// What tables say of tokens and money: an estimate, a missing price and nothing at all are told
// apart from a figure.
#include "ui/models/spentwords.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using insight::Outcome;
using insight::RequestRecord;
using insight::Spent;
using metering::Charge;
using metering::Source;

Q_DECLARE_METATYPE(sluice::insight::RequestRecord)
Q_DECLARE_METATYPE(sluice::insight::Spent)

namespace {

QString plain(QString text)
{
    return text.replace(QChar(0x202f), u' ');
}

RequestRecord record(std::optional<qint64> input, std::optional<qint64> output,
    std::optional<MicroAmount> cost, Outcome outcome = Outcome::Completed)
{
    RequestRecord result;
    result.provider = "openai";
    result.model = "gpt-4o";
    result.outcome = outcome;
    result.charge.tokens.input = input;
    result.charge.tokens.output = output;
    result.charge.cost = cost;
    return result;
}

} // namespace

class SpentWordsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void ofOneRequest_data()
    {
        QTest::addColumn<RequestRecord>("record");
        QTest::addColumn<QString>("tokens");
        QTest::addColumn<QString>("tokensTip");
        QTest::addColumn<QString>("cost");
        QTest::addColumn<QString>("costTip");
        QTest::addColumn<QString>("spoken");
        QTest::newRow("reported") << record(1'204, 356, 1'290'000) << u"1 204 + 356"_s
                                  << u"1 204 tokens in, reported\n356 out, reported"_s
                                  << u"$0.0129"_s << u"1 290 000 micro-cents"_s
                                  << u"1 204 tokens in, 356 out; $0.0129"_s;
        RequestRecord cached = record(1'204, 356, 1'290'000);
        cached.charge.tokens.cachedInput = 800;
        QTest::newRow("cached") << cached << u"1 204 + 356"_s
                                << u"1 204 tokens in, reported\n800 of them from the cache\n"
                                   "356 out, reported"_s
                                << u"$0.0129"_s << u"1 290 000 micro-cents"_s
                                << u"1 204 tokens in, 356 out; $0.0129"_s;
        RequestRecord guessed = record(40, 900, 120'000);
        guessed.charge.inputSource = Source::Estimated;
        guessed.charge.outputSource = Source::Counted;
        QTest::newRow("estimated")
            << guessed << u"~40 + 900"_s << u"40 tokens in, estimated\n900 out, counted"_s
            << u"~$0.0012"_s << u"120 000 micro-cents"_s
            << u"40 tokens in, 900 out, estimated; $0.0012, estimated"_s;
        QTest::newRow("no price") << record(10, 20, std::nullopt) << u"10 + 20"_s
                                  << u"10 tokens in, reported\n20 out, reported"_s << u"?"_s
                                  << u"No price for openai/gpt-4o"_s
                                  << u"10 tokens in, 20 out; No price for openai/gpt-4o"_s;
        QTest::newRow("free") << record(10, 0, 0) << u"10 + 0"_s
                              << u"10 tokens in, reported\n0 out, reported"_s << u"$0.0000"_s
                              << u"0 micro-cents"_s << u"10 tokens in, 0 out; $0.0000"_s;
        QTest::newRow("next to nothing")
            << record(10, 0, 820) << u"10 + 0"_s << u"10 tokens in, reported\n0 out, reported"_s
            << u"$0.000008"_s << u"820 micro-cents"_s << u"10 tokens in, 0 out; $0.000008"_s;
        QTest::newRow("output unknown")
            << record(10, std::nullopt, 5'000'000) << u"10 + ?"_s
            << u"10 tokens in, reported\n? out, reported"_s << u"$0.0500"_s
            << u"5 000 000 micro-cents"_s << u"10 tokens in, ? out; $0.0500"_s;
        QTest::newRow("refused") << record({}, {}, {}, Outcome::Refused) << u"–"_s << QString()
                                 << u"–"_s << QString() << u"no tokens; no cost"_s;
        QTest::newRow("running") << record({}, {}, {}, Outcome::Streaming) << u"…"_s << QString()
                                 << u"…"_s << QString()
                                 << u"tokens not known yet; cost not known yet"_s;
    }

    void ofOneRequest()
    {
        QFETCH(const RequestRecord, record);
        QFETCH(const QString, spoken);
        namespace words = ui::spentwords;
        QTEST(plain(words::tokens(record)), "tokens");
        QTEST(plain(words::tokensTip(record)), "tokensTip");
        QTEST(plain(words::cost(record)), "cost");
        QTEST(plain(words::costTip(record)), "costTip");
        QCOMPARE(plain(words::spokenTokens(record) + u"; "_s + words::spokenCost(record)), spoken);
    }

    void ofMany_data()
    {
        QTest::addColumn<Spent>("spent");
        QTest::addColumn<QString>("tokens");
        QTest::addColumn<QString>("cost");
        QTest::addColumn<QString>("costTip");
        QTest::addColumn<qint64>("perRequest");
        QTest::newRow("nothing") << Spent{} << u"0"_s << u"$0.0000"_s << QString() << qint64(0);
        Spent spent;
        spent.input = 12'000;
        spent.output = 400;
        spent.cost = 4'480'000'000;
        spent.charged = 10;
        QTest::newRow("known") << spent << u"12 400"_s << u"$44.8000"_s
                               << u"4 480 000 000 micro-cents"_s << qint64(448'000'000);
        spent.estimated = 1;
        QTest::newRow("in part estimated")
            << spent << u"~12 400"_s << u"~$44.8000"_s
            << u"4 480 000 000 micro-cents\n1 request is estimated"_s << qint64(448'000'000);
        spent.unpriced = 2;
        QTest::newRow("in part unpriced")
            << spent << u"~12 400"_s << u"? + ~$44.8000"_s
            << u"4 480 000 000 micro-cents\n2 requests are not in it: their models have no price\n"
               "1 request is estimated"_s
            << qint64(560'000'000);
        Spent unknown;
        unknown.input = 10;
        unknown.charged = unknown.unpriced = 1;
        QTest::newRow("unpriced")
            << unknown << u"10"_s << u"?"_s
            << u"0 micro-cents\n1 request is not in it: their models have no price"_s << qint64(0);
    }

    void ofMany()
    {
        QFETCH(const Spent, spent);
        namespace words = ui::spentwords;
        QTEST(plain(words::tokens(spent)), "tokens");
        QTEST(plain(words::cost(spent)), "cost");
        QTEST(plain(words::costTip(spent)), "costTip");
        QTEST(words::costPerRequest(spent), "perRequest");
    }

    void unknownCostsAreBetweenNothingAndSomething()
    {
        Spent unknown;
        unknown.charged = unknown.unpriced = 1;
        Spent known;
        known.cost = 1;
        QVERIFY(ui::spentwords::costOrder({}) < ui::spentwords::costOrder(unknown));
        QVERIFY(ui::spentwords::costOrder(unknown) < ui::spentwords::costOrder(known));
    }
};

QTEST_GUILESS_MAIN(SpentWordsTest)
#include "tst_spentwords.moc"
