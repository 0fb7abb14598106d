// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: prices are exact millionths of a dollar with the defaults of the specification, and
// the estimate for answers is read.
#include "loadersetup.h"

#include <QTest>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

class TestPriceSections final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void defaults();
    void readsPricesSortedByModel();
    void readsTheRest();
    void says_data();
    void says();
};

void TestPriceSections::defaults()
{
    const LoadResult result = loadText({});
    QVERIFY(result.configuration->prices == Prices());
    QVERIFY(!result.configuration->prices.allowsUnpriced);
    QCOMPARE(result.configuration->estimatedOutputTokens, 1'000);
    for (const QByteArray text :
        {"prices: {}", "prices: ~", "prices: {models: {}}", "estimates: {}"})
        QVERIFY(*loadText(text).configuration == *result.configuration);
}

void TestPriceSections::readsPricesSortedByModel()
{
    const LoadResult result = loadText(R"(prices:
  models:
    "openai/my-tune": {input: 3.00, cached-input: 0.30, cache-write: 3.75, output: 12.00}
    google/a/b: {input: '0.000001', output: 0}
    anthropic/x: {input: 1000000, output: 5, cached-input: 0}
)");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const std::vector<ModelPrice> expected{
        {"anthropic/x", 1'000'000'000'000, 0, 1'000'000'000'000, 5'000'000},
        {"gemini/a/b", 1, 1, 1, 0}, {"openai/my-tune", 3'000'000, 300'000, 3'750'000, 12'000'000}};
    QVERIFY(result.configuration->prices.models == expected);
}

void TestPriceSections::readsTheRest()
{
    QVERIFY(loadText("prices: {unpriced: allow}").configuration->prices.allowsUnpriced);
    QVERIFY(!loadText("prices: {unpriced: reject}").configuration->prices.allowsUnpriced);
    const LoadResult result = loadText("estimates: {output-tokens: 4294967295}");
    QVERIFY(result.findings.isEmpty());
    QCOMPARE(result.configuration->estimatedOutputTokens, 4'294'967'295);
    QCOMPARE(loadText("estimates: {output-tokens: 0}").configuration->estimatedOutputTokens, 0);
}

void TestPriceSections::says_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isError");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, bool isError,
                         const QString &words) { QTest::newRow(name) << text << isError << words; };
    const auto model = [&row](const char *name, const QByteArray &text, const QString &words) {
        row(name, "prices: {models: {" + text + "}}", true, words);
    };
    row("file", "prices: {file: ^p.yaml}", false, u"price files are not in this version"_s);
    row("unknown provider", "prices: {models: {^opnai/x: {input: 1, output: 1}}}", false,
        u"did you mean \"openai\""_s);
    row("unpriced", "prices: {unpriced: ^alow}", true, u"did you mean \"allow\""_s);
    row("unknown key", "prices: {^model: {}}", true, u"did you mean \"models\""_s);
    model("no provider", "^gpt-4o: {input: 1, output: 1}", u"provider/model"_s);
    model("no model", "^openai/: {input: 1, output: 1}", u"provider/model"_s);
    model("twice", "google/x: {input: 1, output: 1}, ^gemini/x: {input: 1, output: 1}",
        u"another price"_s);
    model("no input", "^openai/x: {output: 1}", u"input is missing"_s);
    model("no output", "^openai/x: {input: 1}", u"output is missing"_s);
    model("no map", "openai/x: ^5", u"a map is expected"_s);
    model("negative", "openai/x: {input: ^-1, output: 1}", u"not a decimal number"_s);
    model("too fine", "openai/x: {input: ^0.0000001, output: 1}", u"at most six places"_s);
    model("too dear", "openai/x: {input: 1, output: ^1000000.000001}", u"out of range"_s);
    model("unknown price", "openai/x: {input: 1, output: 1, ^cached_input: 1}",
        u"did you mean \"cached-input\""_s);
    row("no tokens", "estimates: {output-tokens: ^-1}", true, u"out of range"_s);
    row("half a token", "estimates: {output-tokens: ^0.5}", true, u"not a whole number"_s);
    row("tokens of what", "estimates: {^tokens: 5}", true, u"unknown key"_s);
}

void TestPriceSections::says()
{
    QFETCH(const QByteArray, text);
    QFETCH(const bool, isError);
    QFETCH(const QString, words);
    const MarkedText marked(text);
    const LoadResult result = loadText(marked.text);
    QCOMPARE(result.configuration == nullptr, isError);
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    const Finding &finding = result.findings.constFirst();
    QVERIFY2(finding.place == marked.place, sentences(result.findings).constData());
    QVERIFY2(finding.message.contains(words), qPrintable(finding.message));
}

QTEST_GUILESS_MAIN(TestPriceSections)
#include "tst_pricesections.moc"
