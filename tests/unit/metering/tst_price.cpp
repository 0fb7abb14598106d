// SPDX-License-Identifier: GPL-3.0-or-later
// Prices: found by name, exact to the micro-cent, and never overflowing.
#include "core/metering/prices/price.h"

#include <QRandomGenerator>
#include <QTest>

#include <limits>

using namespace sluice;
using namespace sluice::metering;
using config::ModelPrice;
using config::Prices;
using config::Rates;

Q_DECLARE_METATYPE(sluice::config::ModelPrice)
Q_DECLARE_METATYPE(sluice::metering::TokenUsage)

namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr qint64 Largest = std::numeric_limits<qint64>::max();
constexpr qint64 Dollar = 1'000'000; ///< a dollar per million tokens

ModelPrice priceOf(qint64 input, qint64 cachedInput, qint64 cacheWrite, qint64 output)
{
    return {"p/m", {input, cachedInput, cacheWrite, output, {}, {}}, {}, false};
}

TokenUsage usageOf(std::optional<qint64> input, std::optional<qint64> cachedInput = {},
    std::optional<qint64> cacheWrite = {}, std::optional<qint64> output = {})
{
    return {input, cachedInput, cacheWrite, {}, output, {}};
}

/// The same once more, slowly and from the definition: every token has a rate of its own, the sum
/// is a fraction of a micro-cent with the denominator 10^4, rounded half up at the end.
MicroAmount modelCost(const ModelPrice &price, const TokenUsage &usage)
{
    Rates rates = price.rates;
    qint64 reached = -1;
    for (const config::PriceTier &tier : price.tiers) {
        if (*usage.input > tier.above && tier.above > reached) {
            rates = tier.rates;
            reached = tier.above;
        }
    }
    const qint64 plain = *usage.input - *usage.cachedInput - *usage.cacheWrite;
    const qint64 brief = *usage.cacheWrite - *usage.cacheWrite1h;
    const qint64 said = *usage.output - *usage.reasoning;
    UInt128 sum = 0;
    const auto add = [&sum](qint64 tokens, qint64 rate) { sum += UInt128(tokens) * UInt128(rate); };
    add(plain, rates.input);
    add(*usage.cachedInput, rates.cachedInput);
    add(brief, rates.cacheWrite);
    add(*usage.cacheWrite1h, rates.cacheWrite1h ? *rates.cacheWrite1h : rates.cacheWrite);
    add(said, rates.output);
    add(*usage.reasoning, rates.reasoning ? *rates.reasoning : rates.output);
    const UInt128 whole = sum / 10'000;
    return MicroAmount(whole) + (sum % 10'000 >= 5'000 ? 1 : 0);
}

Rates randomRates(QRandomGenerator &random)
{
    const auto rate = [&random] { return qint64(random.bounded(200'000'000)); };
    const auto maybe = [&] {
        return random.bounded(2) == 0 ? std::optional(rate()) : std::nullopt;
    };
    return {rate(), rate(), rate(), rate(), maybe(), maybe()};
}

} // namespace

class TestPrice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsPrices_data();
    void findsPrices();
    void findsNothingWithoutPrices();
    void costs_data();
    void costs();
    void agreesWithTheModel();
};

void TestPrice::findsPrices_data()
{
    QTest::addColumn<QByteArray>("provider");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("found");
    const auto row = [](const char *name, const char *provider, const char *model,
                         const char *found) {
        QTest::newRow(name) << QByteArray(provider) << QByteArray(model) << QByteArray(found);
    };
    row("first", "anthropic", "claude", "anthropic/claude");
    row("middle", "openai", "gpt-4o", "openai/gpt-4o");
    row("last", "router", "router/auto", "router/router/auto");
    row("a name is not a beginning", "openai", "gpt", "");
    row("nor a continuation", "openai", "gpt-4o-mini-2", "");
    row("with the provider", "openai", "openai/gpt-4o", "openai/gpt-4o");
    row("with another provider", "openai", "anthropic/claude", "");
    row("another provider's model", "anthropic", "gpt-4o", "");
    row("the longer name wins", "router", "router/auto", "router/router/auto");
    row("the shorter name is found too", "router", "auto", "router/auto");
    row("case matters", "openai", "GPT-4o", "");
    row("no model", "openai", "", "");
    row("no provider", "", "openai/gpt-4o", "");
}

void TestPrice::findsPrices()
{
    QFETCH(const QByteArray, provider);
    QFETCH(const QByteArray, model);
    QFETCH(const QByteArray, found);
    Prices prices;
    for (const char *name : {"anthropic/claude", "openai/gpt-4o", "openai/gpt-4o-mini",
             "router/auto", "router/router/auto"}) {
        prices.models.push_back({name, {}, {}, false});
    }
    const ModelPrice *price = findPrice(prices, provider, model);
    QCOMPARE(price == nullptr ? QByteArray("") : price->model, found);
}

void TestPrice::findsNothingWithoutPrices()
{
    QCOMPARE(findPrice({}, "openai", "gpt-4o"), nullptr);
}

void TestPrice::costs_data()
{
    QTest::addColumn<ModelPrice>("price");
    QTest::addColumn<TokenUsage>("usage");
    QTest::addColumn<MicroAmount>("microCents");
    const auto row = [](const char *name, const ModelPrice &price, const TokenUsage &usage,
                         MicroAmount cost) { QTest::newRow(name) << price << usage << cost; };
    const ModelPrice sonnet = priceOf(3 * Dollar, 300'000, 3'750'000, 15 * Dollar);
    const ModelPrice tiny = priceOf(1, 1, 1, 1);
    const ModelPrice dearest = priceOf(Largest, Largest, Largest, Largest);
    row("nothing known", sonnet, {}, 0);
    row("a million in: 300 cents", sonnet, usageOf(1'000'000), 300 * MicroPerUnit);
    row("a million out: 1500 cents", sonnet, usageOf({}, {}, {}, 1'000'000), 1'500 * MicroPerUnit);
    row("one token in", sonnet, usageOf(1), 300);
    row("cached and written are parts of the input", sonnet, usageOf(1'000, 600, 300, 10),
        100 * 300 + 600 * 30 + 300 * 375 + 10 * 1'500);
    row("more cached than read in all", sonnet, usageOf(100, 600), 600 * 30);
    row("cached without input", sonnet, usageOf({}, 10), 300);
    row("negative counts", sonnet, {-5, -5, -5, -5, -5, -5}, 0);
    row("negative price", priceOf(-1, 0, 0, 0), usageOf(1'000'000), 0);
    row("free", priceOf(0, 0, 0, 0), usageOf(1'000'000), 0);
    row("below a half", tiny, usageOf(4'999), 0);
    row("a half", tiny, usageOf(5'000), 1);
    row("one and a half less", tiny, usageOf(14'999), 1);
    row("rounded once, not four times", tiny, usageOf(7'500, 2'500, 2'500, 2'500), 1);
    row("a very small price: 0.003625 dollars", priceOf(3'625, 0, 0, 0), usageOf(80), 29);
    row("exact beyond 64 bits", priceOf(Largest, 0, 0, 0), usageOf(10'000), Largest);
    row("saturates", priceOf(Largest, 0, 0, 0), usageOf(10'001), Largest);
    row("everything at its largest", dearest,
        {Largest, Largest, Largest, Largest, Largest, Largest}, Largest);

    ModelPrice full = sonnet;
    full.rates.cacheWrite1h = 6 * Dollar;
    full.rates.reasoning = 20 * Dollar;
    row("an hour's writes have no rate of their own", sonnet, {10, 0, 10, 4, 0, 0}, 3'750);
    row("an hour's writes are a part", full, {10, 0, 10, 4, 0, 0}, 6 * 375 + 4 * 600);
    row("never more than written in all", full, {10, 0, 10, 99, 0, 0}, 10 * 600);
    row("reasoning has no rate of its own", sonnet, {0, 0, 0, 0, 10, 4}, 15'000);
    row("reasoning is a part", full, {0, 0, 0, 0, 10, 4}, 6 * 1'500 + 4 * 2'000);
    row("never more than the output", full, {0, 0, 0, 0, 10, 99}, 10 * 2'000);

    ModelPrice tiered = full;
    tiered.tiers = {{200'000, {6 * Dollar, 600'000, 7'500'000, 22'500'000, 12 * Dollar, {}}},
        {1'000'000, {8 * Dollar, 0, 0, 30 * Dollar, {}, {}}}};
    row("at the threshold", tiered, usageOf(200'000, {}, {}, 10), 200'000 * 300 + 10 * 1'500);
    row("a token above, for all of them", tiered, usageOf(200'001, {}, {}, 10),
        200'001 * 600 + 10 * 2'250);
    row("cached input counts for the tier", tiered, {200'001, 200'001, 0, 0, 0, 0}, 200'001 * 60);
    row("output does not", tiered, usageOf(1, {}, {}, 900'000), 300 + 900'000LL * 1'500);
    row("an hour's writes in a tier", tiered, {200'001, 0, 200'001, 1, 0, 0},
        200'000LL * 750 + 1'200);
    row("at the second", tiered, usageOf(1'000'000), 1'000'000LL * 600);
    row("above the second", tiered, usageOf(1'000'001), 1'000'001LL * 800);
}

void TestPrice::costs()
{
    QFETCH(const ModelPrice, price);
    QFETCH(const TokenUsage, usage);
    QFETCH(const MicroAmount, microCents);
    QCOMPARE(costOf(price, usage), microCents);
}

void TestPrice::agreesWithTheModel()
{
    QRandomGenerator random(7);
    for (int round = 0; round < 20'000; ++round) {
        ModelPrice price{"p/m", randomRates(random), {}, false};
        qint64 above = 0;
        for (int tier = random.bounded(3); tier > 0; --tier) {
            above += 1 + random.bounded(2'000'000);
            price.tiers.push_back({above, randomRates(random)});
        }
        const qint64 cached = random.bounded(1'000'000);
        const qint64 written = random.bounded(1'000'000);
        // Now and then exactly at the edge of a tier.
        qint64 input = cached + written + random.bounded(1'000'000);
        if (above >= cached + written && random.bounded(3) == 0)
            input = above + random.bounded(2);
        const qint64 output = random.bounded(1'000'000);
        const TokenUsage usage{input, cached, written, random.bounded(int(written) + 1), output,
            random.bounded(int(output) + 1)};
        QCOMPARE(costOf(price, usage), modelCost(price, usage));
    }
}

QTEST_GUILESS_MAIN(TestPrice)
#include "tst_price.moc"
