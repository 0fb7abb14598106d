// SPDX-License-Identifier: GPL-3.0-or-later
// Price lists of others: numbers are read exactly, in whatever notation; the three forms give the
// same prices for the same facts; what cannot be used is counted, with the reason.
#include "core/metering/prices/price.h"
#include "core/metering/prices/priceimport.h"
#include "core/metering/prices/pricejson.h"

#include <QTest>

using namespace sluice::metering;
using namespace Qt::StringLiterals;
using sluice::config::ModelPrice;
using sluice::config::Rates;

Q_DECLARE_METATYPE(std::optional<qint64>)

namespace {

const QDate Today(2026, 6, 15);

const QByteArray LiteLlm = R"({
 "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of many"},
 "gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06,
   "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06, "mode": "chat",
   "input_cost_per_token_priority": 9e-06, "supports_vision": true},
 "openai/gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 9e-06},
 "claude-x": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06,
   "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token": 1.5e-05,
   "output_cost_per_token_above_200k_tokens": 2.25e-05,
   "input_cost_per_token_above_200k_tokens_priority": 7e-06,
   "cache_creation_input_token_cost": 3.75e-06, "cache_read_input_token_cost": 3E-7,
   "cache_creation_input_token_cost_above_1hr": 6e-06,
   "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
   "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
   "cache_read_input_token_cost_above_200k_tokens": 6e-07},
 "together_ai/org/m": {"litellm_provider": "together_ai", "input_cost_per_token": "2e-07",
   "output_cost_per_token": 2.0000000000000002e-07, "output_cost_per_reasoning_token": 4e-07},
 "dall-e": {"litellm_provider": "openai", "input_cost_per_pixel": 1e-06},
 "ranges": {"litellm_provider": "openai", "input_cost_per_token": 1e-06,
   "tiered_pricing": [{"range": [0, 1000]}]},
 "bad": {"litellm_provider": "openai", "input_cost_per_token": -1e-06},
 "nobody": {"input_cost_per_token": 1e-06},
 "embed": {"litellm_provider": "openai", "input_cost_per_token": 2e-08}
})";

const QByteArray Genai = R"([{"id": "openai", "name": "OpenAI", "models": [
   {"id": "gpt-4o", "match": {"or": [{"equals": "gpt-4o"}, {"starts_with": "gpt-4o-2024"},
     {"equals": "gpt-4o-latest"}]},
    "prices": {"input_mtok": 2.5, "cache_read_mtok": 1.25, "output_mtok": 10, "requests_kcount": 1}},
   {"id": "o3", "match": {"starts_with": "o3"}, "prices": [
     {"prices": {"input_mtok": 10, "output_mtok": 40}},
     {"constraint": {"start_date": "2025-06-10"}, "prices": {"input_mtok": 2, "output_mtok": 8}},
     {"constraint": {"start_date": "2026-06-16"}, "prices": {"input_mtok": 1, "output_mtok": 4}}]},
   {"id": "none", "match": {"equals": "none"}, "prices": {"requests_kcount": 12}}]},
 {"id": "anthropic", "models": [{"id": "claude-x", "match": {"contains": "claude-x"}, "prices": {
     "input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
     "cache_write_mtok": {"base": 3.75, "tiers": [{"start": 200000, "price": 7.5}]},
     "cache_write_1h_mtok": {"base": 6, "tiers": [{"start": 200000, "price": 12}]},
     "cache_read_mtok": {"base": 0.3, "tiers": [{"start": 200000, "price": 0.6}]},
     "output_mtok": {"base": 15, "tiers": [{"start": 200000, "price": 22.5}]}}}]},
 {"id": "x-ai", "models": [{"id": "grok", "match": {"equals": "grok"},
     "prices": {"input_mtok": 0.003625, "output_mtok": 1, "output_reasoning_mtok": 2}}]},
 {"id": "deepseek", "models": [{"id": "chat", "match": {"equals": "chat"}, "prices": [
     {"prices": {"input_mtok": 1, "output_mtok": 4}},
     {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
      "prices": {"input_mtok": 2, "output_mtok": 8}}]}]}])";

const QByteArray ModelsDev = R"({"openai": {"id": "openai", "models": {
   "gpt-4o": {"id": "gpt-4o", "cost": {"input": 2.5, "output": 10, "cache_read": 1.25}},
   "free-form": {"id": "free-form", "limit": {"context": 1}}}},
 "google": {"id": "google", "models": {"gemini-x": {"cost": {"input": 1.25, "output": 10,
   "reasoning": 12, "input_audio": 3, "context_over_200k": {"input": 2.5, "output": 15}}}}}})";

const ModelPrice Gpt{
    "openai/gpt-4o", {2'500'000, 1'250'000, 2'500'000, 10'000'000, {}, {}}, {}, false};
const ModelPrice Claude{"anthropic/claude-x",
    {3'000'000, 300'000, 3'750'000, 15'000'000, 6'000'000, {}},
    {{200'000, {6'000'000, 600'000, 7'500'000, 22'500'000, 12'000'000, {}}}}, false};

QByteArray namesOf(const ImportedPrices &imported)
{
    QByteArrayList names;
    for (const ModelPrice &price : imported.models)
        names.append(price.model);
    return names.join(' ');
}

ModelPrice find(const ImportedPrices &imported, const QByteArray &model)
{
    const sluice::config::Prices prices{imported.models, false};
    const ModelPrice *price =
        findPrice(prices, model.left(model.indexOf('/')), model.sliced(model.indexOf('/') + 1));
    return price == nullptr ? ModelPrice{} : *price;
}

} // namespace

class TestPriceImport final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsNumbersExactly_data();
    void readsNumbersExactly();
    void saysWhatWasRounded();
    void readsLiteLlm();
    void readsGenaiPrices();
    void readsModelsDev();
    void takesChosenProviders();
    void givesTheSameFileForTheSameFacts();
    void refuses_data();
    void refuses();
    void survivesEveryCut();
};

void TestPriceImport::readsNumbersExactly_data()
{
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<std::optional<qint64>>("rate");
    const auto row = [](const char *token, std::optional<qint64> rate) {
        QTest::newRow(token) << QByteArray(token) << rate;
    };
    row("2.5e-06", 2'500'000);
    row("2.5E-6", 2'500'000);
    row("0.0000025", 2'500'000);
    row("25e-7 ", 2'500'000);
    row("1e-12", 1);
    row("4.9e-13", 0);
    row("5e-13", 1);
    row("1.4999999999e-12", 1);
    row("1.5e-12", 2);
    row("9.9999999999999e-07", 1'000'000);
    row("5e-100", 0);
    row("0", 0);
    row("0.0", 0);
    row("0e99", 0);
    row("1", 1'000'000'000'000);
    row("1e+0", 1'000'000'000'000);
    row("0.1e1", 1'000'000'000'000);
    row("1.000000000001", std::nullopt);
    row("1e1", std::nullopt);
    row("1e999", std::nullopt);
    row("1e9999", std::nullopt);
    row("-1e-06", std::nullopt);
    row("+1", std::nullopt);
    row(".5", std::nullopt);
    row("5.", std::nullopt);
    row("1e", std::nullopt);
    row("1x", std::nullopt);
    row("1.2.3", std::nullopt);
    row("NaN", std::nullopt);
    row("", std::nullopt);
    row("0.00000000000000000000000000000000000000000000000000000000000000001", std::nullopt);
}

void TestPriceImport::readsNumbersExactly()
{
    QFETCH(const QByteArray, token);
    QFETCH(const std::optional<qint64>, rate);
    QCOMPARE(parseRate(token.toStdString(), 12), rate);
}

void TestPriceImport::saysWhatWasRounded()
{
    const auto isExact = [](std::string_view token) {
        bool exact = true;
        (void)parseRate(token, 12, &exact);
        return exact;
    };
    QVERIFY(isExact("2.5e-06"));
    QVERIFY(isExact("2.50000000e-06"));
    QVERIFY(isExact("0"));
    QVERIFY(!isExact("2.0000000000000002e-07"));
    QVERIFY(!isExact("5e-13"));
}

void TestPriceImport::readsLiteLlm()
{
    const auto imported = importPrices(LiteLlm, {}, Today);
    QVERIFY2(imported.has_value(), imported ? "" : qPrintable(imported.error().message));
    QCOMPARE(imported->format, u"LiteLLM"_s);
    QCOMPARE(namesOf(*imported), "anthropic/claude-x openai/embed openai/gpt-4o together/org/m");
    QVERIFY(find(*imported, Gpt.model) == Gpt);
    QVERIFY(find(*imported, Claude.model) == Claude);
    QCOMPARE(find(*imported, "openai/embed").rates, (Rates{20'000, 20'000, 20'000, 0, {}, {}}));
    QCOMPARE(find(*imported, "together/org/m").rates,
        (Rates{200'000, 200'000, 200'000, 200'000, {}, 400'000}));
    QCOMPARE(imported->rounded, 1);
    const QMap<QString, int> leftOut{{u"a price that is no price"_s, 1}, {u"no provider"_s, 1},
        {u"no price for input tokens"_s, 1}, {u"prices by ranges of sizes"_s, 1},
        {u"the same model again"_s, 1}};
    QCOMPARE(imported->leftOut, leftOut);
}

void TestPriceImport::readsGenaiPrices()
{
    const auto imported = importPrices(Genai, {}, Today);
    QVERIFY2(imported.has_value(), imported ? "" : qPrintable(imported.error().message));
    QCOMPARE(imported->format, u"genai-prices"_s);
    QCOMPARE(namesOf(*imported),
        "anthropic/claude-x openai/gpt-4o openai/gpt-4o-latest openai/o3 xai/grok");
    QVERIFY(find(*imported, Gpt.model) == Gpt);
    QVERIFY(find(*imported, Claude.model) == Claude);
    QCOMPARE(find(*imported, "openai/o3").rates.input, 2'000'000);
    QCOMPARE(
        find(*imported, "xai/grok").rates, (Rates{3'625, 3'625, 3'625, 1'000'000, {}, 2'000'000}));
    QCOMPARE(imported->rounded, 0);
    const QMap<QString, int> leftOut{
        {u"no price for input tokens"_s, 1}, {u"prices by the hour of the day"_s, 1}};
    QCOMPARE(imported->leftOut, leftOut);
    QCOMPARE(find(*importPrices(Genai, {}, Today.addDays(1)), "openai/o3").rates.input, 1'000'000);
    QCOMPARE(
        find(*importPrices(Genai, {}, QDate(2025, 6, 9)), "openai/o3").rates.input, 10'000'000);
}

void TestPriceImport::readsModelsDev()
{
    const auto imported = importPrices(ModelsDev, {}, Today);
    QVERIFY2(imported.has_value(), imported ? "" : qPrintable(imported.error().message));
    QCOMPARE(imported->format, u"models.dev"_s);
    QCOMPARE(namesOf(*imported), "gemini/gemini-x openai/gpt-4o");
    QVERIFY(find(*imported, Gpt.model) == Gpt);
    const ModelPrice gemini = find(*imported, "gemini/gemini-x");
    QCOMPARE(gemini.rates, (Rates{1'250'000, 1'250'000, 1'250'000, 10'000'000, {}, 12'000'000}));
    QCOMPARE(gemini.tiers.size(), size_t(1));
    QCOMPARE(gemini.tiers.front().above, 200'000);
    QCOMPARE(gemini.tiers.front().rates,
        (Rates{2'500'000, 2'500'000, 2'500'000, 15'000'000, {}, 12'000'000}));
    const QMap<QString, int> leftOut{{u"no price for input tokens"_s, 1}};
    QCOMPARE(imported->leftOut, leftOut);
}

void TestPriceImport::takesChosenProviders()
{
    QCOMPARE(namesOf(*importPrices(LiteLlm, {"together"}, Today)), "together/org/m");
    QCOMPARE(namesOf(*importPrices(LiteLlm, {"together_ai", "anthropic"}, Today)),
        "anthropic/claude-x together/org/m");
    QCOMPARE(namesOf(*importPrices(Genai, {"xai"}, Today)), "xai/grok");
    const auto gemini = importPrices(ModelsDev, {"gemini"}, Today);
    QCOMPARE(namesOf(*gemini), "gemini/gemini-x");
    QVERIFY(gemini->leftOut.isEmpty());
    QVERIFY(importPrices(ModelsDev, {"nobody"}, Today)->models.empty());
}

void TestPriceImport::givesTheSameFileForTheSameFacts()
{
    const QByteArray expected =
        R"("anthropic/claude-x": {input: 3, cached-input: 0.3, cache-write: 3.75, cache-write-1h: 6, )"
        R"(output: 15, tiers: [{above: 200000, input: 6, cached-input: 0.6, cache-write: 7.5, )"
        R"(cache-write-1h: 12, output: 22.5}]})"
        "\n";
    QCOMPARE(sluice::config::writePriceFile(importPrices(LiteLlm, {"anthropic"}, Today)->models),
        expected);
    QCOMPARE(sluice::config::writePriceFile(importPrices(Genai, {"anthropic"}, Today)->models),
        expected);
}

void TestPriceImport::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no JSON") << QByteArray("prices: {}");
    QTest::newRow("text") << QByteArray("\"gpt-4o\"");
    QTest::newRow("empty object") << QByteArray("{}");
    QTest::newRow("another object") << QByteArray(R"({"a": {"b": 1}})");
    QTest::newRow("another list") << QByteArray("[1, 2]");
    QTest::newRow("list cut off") << Genai.chopped(100);
}

void TestPriceImport::refuses()
{
    QFETCH(const QByteArray, text);
    const auto imported = importPrices(text, {}, Today);
    QVERIFY(!imported.has_value());
    QVERIFY(imported.error().message.contains("price list"_L1));
}

void TestPriceImport::survivesEveryCut()
{
    for (const QByteArray &text : {LiteLlm, Genai, ModelsDev}) {
        for (qsizetype size = 0; size < text.size() - 1; ++size)
            QVERIFY2(!importPrices(text.left(size), {}, Today).has_value(),
                QByteArray::number(size).constData());
    }
}

QTEST_GUILESS_MAIN(TestPriceImport)
#include "tst_priceimport.moc"
