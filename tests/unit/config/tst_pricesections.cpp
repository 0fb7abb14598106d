// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: prices are exact millionths of a dollar with the defaults of the specification, and
// the estimate for answers is read. A price file adds to them, says what is wrong in it at its own
// place, and is opened for the owner of the configuration only.
#include "loadersetup.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

/// A folder with a price file beside the configuration.
class PriceFolder
{
public:
    explicit PriceFolder(const QByteArray &text)
    {
        QFile file(path(u"prices.yaml"_s));
        if (file.open(QIODevice::WriteOnly))
            file.write(text);
    }

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }

    [[nodiscard]] LoadResult load(const QByteArray &text, const Variables &variables = {}) const
    {
        QProcessEnvironment environment(QProcessEnvironment::Initialization{});
        for (auto it = variables.cbegin(); it != variables.cend(); ++it)
            environment.insert(it.key(), it.value());
        return sluice::config::load(text, environment, m_folder.path());
    }

private:
    QTemporaryDir m_folder;
};

} // namespace

class TestPriceSections final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void defaults();
    void readsPricesSortedByModel();
    void readsTiers();
    void readsAFile_data();
    void readsAFile();
    void prefersModelsToTheFile();
    void saysWhatIsWrongInTheFile_data();
    void saysWhatIsWrongInTheFile();
    void readsNoFileForAStranger();
    void writesWhatItReads();
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
    constexpr qint64 Most = 1'000'000'000'000;
    const std::vector<ModelPrice> expected{
        {"anthropic/x", {Most, 0, Most, 5'000'000, {}, {}}, {}, false},
        {"gemini/a/b", {1, 1, 1, 0, {}, {}}, {}, false},
        {"openai/my-tune", {3'000'000, 300'000, 3'750'000, 12'000'000, {}, {}}, {}, false}};
    QVERIFY(result.configuration->prices.models == expected);
}

void TestPriceSections::readsTiers()
{
    const LoadResult result = loadText(R"(prices:
  models:
    anthropic/x:
      input: 3
      cache-write: 4
      cache-write-1h: 6
      output: 15
      reasoning: 20
      tiers:
        - {above: 1000000, output: 30}
        - {above: 200000, input: 6, cached-input: 0.6}
)");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const ModelPrice &price = result.configuration->prices.models.front();
    constexpr qint64 Dollar = 1'000'000;
    QVERIFY((price.rates
        == Rates{3 * Dollar, 3 * Dollar, 4 * Dollar, 15 * Dollar, 6 * Dollar, 20 * Dollar}));
    // In order, and each as the one below where it says nothing.
    const std::vector<PriceTier> expected{
        {200'000, {6 * Dollar, 600'000, 4 * Dollar, 15 * Dollar, 6 * Dollar, 20 * Dollar}},
        {1'000'000, {6 * Dollar, 600'000, 4 * Dollar, 30 * Dollar, 6 * Dollar, 20 * Dollar}}};
    QVERIFY(price.tiers == expected);
    // What has no price of its own in the price costs what the input costs in the tier.
    const LoadResult brief = loadText("prices: {models: {openai/x: {input: 1, output: 1, tiers: "
                                      "[{above: 5, input: 2}]}}}");
    QVERIFY((brief.configuration->prices.models.front().tiers.front().rates
        == Rates{2 * Dollar, 2 * Dollar, 2 * Dollar, Dollar, {}, {}}));
}

void TestPriceSections::readsAFile_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("top level") << QByteArray("openai/a: {input: 1, output: 2}");
    QTest::newRow("under models") << QByteArray("models: {openai/a: {input: 1, output: 2}}");
    QTest::newRow("JSON") << QByteArray(R"({"models": {"openai/a": {"input": 1, "output": 2}}})");
    QTest::newRow("another provider too")
        << QByteArray("openai/a: {input: 1, output: 2}\nmy/b: {input: 1, output: 2}");
}

void TestPriceSections::readsAFile()
{
    QFETCH(const QByteArray, text);
    const PriceFolder folder(text);
    const LoadResult result = folder.load("prices: {file: prices.yaml}");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    QCOMPARE(result.priceFile, folder.path(u"prices.yaml"_s));
    const std::vector<ModelPrice> &models = result.configuration->prices.models;
    const auto found = std::find_if(models.begin(), models.end(),
        [](const ModelPrice &price) { return price.model == "openai/a"; });
    QVERIFY(found != models.end());
    QVERIFY((*found
        == ModelPrice{"openai/a", {1'000'000, 1'000'000, 1'000'000, 2'000'000, {}, {}}, {}, true}));
    const LoadResult absolute =
        folder.load("prices: {file: '" + folder.path(u"prices.yaml"_s).toUtf8() + "'}");
    QVERIFY(absolute.configuration->prices == result.configuration->prices);
}

void TestPriceSections::prefersModelsToTheFile()
{
    const PriceFolder folder(
        "openai/a: {input: 1, output: 1}\nopenai/b: {input: 1, output: 1}\ngoogle/c: {input: 1, "
        "output: 1}\n");
    const LoadResult result = folder.load("prices: {file: prices.yaml, models: {openai/b: {input: "
                                          "2, output: 2}, openai/d: {input: 2, "
                                          "output: 2}}}");
    QByteArrayList found;
    for (const ModelPrice &price : result.configuration->prices.models)
        found.append(price.model + ' ' + QByteArray::number(price.rates.input / 1'000'000)
            + (price.isFromFile ? " file" : ""));
    QCOMPARE(found.join(", "), "gemini/c 1 file, openai/a 1 file, openai/b 2, openai/d 2");
}

void TestPriceSections::saysWhatIsWrongInTheFile_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, const QString &words) {
        QTest::newRow(name) << text << words;
    };
    row("price", "openai/a: {input: 1, output: 1}\nopenai/b: {input: x, output: 1}",
        u"prices.yaml, line 2, column 19: openai/b.input: \"x\" is not a decimal number"_s);
    row("syntax", "openai/a: {input: 1", u"prices.yaml, line "_s);
    row("twice", "openai/a: {input: 1, output: 1}\nopenai/a: {input: 1, output: 1}",
        u"prices.yaml, line 2, column 1"_s);
    row("a list", "- openai/a", u"prices.yaml, line 1, column 1: a map is expected"_s);
    row("models and more", "models: {}\nopenai/a: {input: 1, output: 1}",
        u"prices.yaml, line 2, column 1: openai/a: unknown key"_s);
    row("a secret stays one", "openai/a: {input: '${SECRET}', output: 1}",
        u"the environment variable SECRET is not set"_s);
    row("too large", QByteArray(4 * 1024 * 1024 + 1, '#'), u"prices.yaml is larger than 4 MiB"_s);
}

void TestPriceSections::saysWhatIsWrongInTheFile()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, words);
    const PriceFolder folder(text);
    const MarkedText marked("# mine\nprices: {file: ^prices.yaml}");
    const LoadResult result = folder.load(marked.text, {{u"SECRET"_s, u"7"_s}});
    QVERIFY(result.configuration == nullptr);
    QCOMPARE(result.priceFile, folder.path(u"prices.yaml"_s));
    QVERIFY(!result.findings.isEmpty());
    const Finding &finding = result.findings.constFirst();
    QVERIFY2(finding.place == marked.place, sentences(result.findings).constData());
    QCOMPARE(finding.path, u"prices.file"_s);
    QVERIFY2(finding.message.contains(words), qPrintable(finding.message));

    const LoadResult absent = folder.load("prices: {file: other.yaml}");
    QVERIFY(absent.configuration == nullptr);
    QVERIFY(absent.findings.constFirst().message.startsWith(u"cannot read other.yaml: "_s));
    const LoadResult noFile = folder.load("prices: {file: .}");
    QVERIFY(noFile.findings.constFirst().message.contains(u"it is not a file"_s));
    QByteArray many;
    for (int i = 0; i < 25; ++i)
        many += "openai/" + QByteArray::number(i) + ": {input: x, output: 1}\n";
    const LoadResult cut = PriceFolder(many).load("prices: {file: prices.yaml}");
    QCOMPARE(cut.findings.size(), 21);
    QVERIFY(cut.findings.constLast().message.endsWith(u"has 5 more findings"_s));
}

void TestPriceSections::readsNoFileForAStranger()
{
    const PriceFolder folder("openai/a: {input: 1, output: 1}");
    const LoadResult result =
        loadText("prices: {file: '" + folder.path(u"prices.yaml"_s).toUtf8() + "'}");
    QVERIFY(result.configuration->prices.models.empty());
    QVERIFY(result.priceFile.isEmpty());
}

void TestPriceSections::writesWhatItReads()
{
    std::vector<ModelPrice> prices{makePrice("a/\"x\\y\"", {1, {}, {}, 2, {}, {}}, {}),
        makePrice("b/x", {1, 2, 3, 4, 5, 6}, {{10, {7, 8, 9, 10, 11, 12}}}),
        makePrice("c/x", {1, {}, {}, 4, {}, {}},
            {{10, {7, {}, {}, {}, {}, {}}}, {20, {8, 1, {}, 9, 3, 4}}}),
        makePrice("d/x", {3'625, 0, 0, 0, 0, 0}, {})};
    const LoadResult result =
        PriceFolder(writePriceFile(prices)).load("prices: {file: prices.yaml}");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    for (ModelPrice &price : prices)
        price.isFromFile = true;
    QVERIFY(result.configuration->prices.models == prices);
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
    row("file", "prices: {file: ^p.yaml}", false, u"not looked at here"_s);
    row("file without a name", "prices: {file: ^''}", true, u"must not be empty"_s);
    row("file of a list", "prices: {file: ^[a]}", true, u"a single value is expected"_s);
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
    const QByteArray tiers = "openai/x: {input: 1, output: 1, tiers: ";
    model("no list of tiers", tiers + "^5}", u"a list is expected"_s);
    model("no tier", tiers + "[^5]}", u"a map is expected"_s);
    model("a tier above nothing", tiers + "[{above: ^0, input: 2}]}", u"out of range"_s);
    model("above is missing", tiers + "[^{input: 2}]}", u"above is missing"_s);
    model("half a token", tiers + "[{above: ^1.5}]}", u"not a whole number"_s);
    model("one threshold twice", tiers + "[{above: 5, input: 2}, {above: ^5, input: 3}]}",
        u"begins above 5 already"_s);
    model(
        "unknown key of a tier", tiers + "[{above: 5, ^inputs: 3}]}", u"did you mean \"input\""_s);
    model("price of a tier", tiers + "[{above: 5, output: ^x}]}", u"not a decimal number"_s);
    model("price of an hour", "openai/x: {input: 1, output: 1, cache-write-1h: ^-1}",
        u"not a decimal number"_s);
    QByteArray many;
    for (int i = 1; i <= 17; ++i)
        many += "{above: " + QByteArray::number(i) + "},";
    model("too many tiers", tiers + "^[" + many + "]}", u"at most 16 tiers"_s);
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
