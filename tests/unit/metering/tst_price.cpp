// SPDX-License-Identifier: GPL-3.0-or-later
// Prices: found by name, exact to the micro-cent, and never overflowing.
#include "core/metering/price.h"

#include <QRandomGenerator>
#include <QTest>

#include <limits>

using namespace sluice;
using namespace sluice::metering;
using config::ModelPrice;
using config::Prices;

Q_DECLARE_METATYPE(sluice::config::ModelPrice)
Q_DECLARE_METATYPE(sluice::metering::TokenUsage)

namespace {

constexpr qint64 Largest = std::numeric_limits<qint64>::max();
constexpr qint64 Dollar = 1'000'000; ///< a dollar per million tokens

ModelPrice priceOf(qint64 input, qint64 cachedInput, qint64 cacheWrite, qint64 output)
{
    return {"p/m", input, cachedInput, cacheWrite, output};
}

TokenUsage usageOf(std::optional<qint64> input, std::optional<qint64> cachedInput = {},
    std::optional<qint64> cacheWrite = {}, std::optional<qint64> output = {})
{
    return {input, cachedInput, cacheWrite, output};
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
    void costsAddUp();
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
        prices.models.push_back({name});
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
    const ModelPrice sonnet = priceOf(3 * Dollar, 300'000, 3'750'000, 15 * Dollar);
    const ModelPrice tiny = priceOf(1, 1, 1, 1);
    const ModelPrice dearest = priceOf(Largest, Largest, Largest, Largest);
    QTest::newRow("nothing known") << sonnet << TokenUsage{} << MicroAmount{0};
    QTest::newRow("a million in: 300 cents") << sonnet << usageOf(1'000'000) << 300 * MicroPerUnit;
    QTest::newRow("a million out: 1500 cents")
        << sonnet << usageOf({}, {}, {}, 1'000'000) << 1'500 * MicroPerUnit;
    QTest::newRow("one token in") << sonnet << usageOf(1) << MicroAmount{300};
    QTest::newRow("cached and written are parts of the input")
        << sonnet << usageOf(1'000, 600, 300, 10)
        << MicroAmount{100 * 300 + 600 * 30 + 300 * 375 + 10 * 1'500};
    QTest::newRow("more cached than read in all")
        << sonnet << usageOf(100, 600) << MicroAmount{600 * 30};
    QTest::newRow("cached without input") << sonnet << usageOf({}, 10) << MicroAmount{300};
    QTest::newRow("negative counts") << sonnet << usageOf(-5, -5, -5, -5) << MicroAmount{0};
    QTest::newRow("negative price") << priceOf(-1, 0, 0, 0) << usageOf(1'000'000) << MicroAmount{0};
    QTest::newRow("free") << priceOf(0, 0, 0, 0) << usageOf(1'000'000) << MicroAmount{0};
    QTest::newRow("below a half") << tiny << usageOf(4'999) << MicroAmount{0};
    QTest::newRow("a half") << tiny << usageOf(5'000) << MicroAmount{1};
    QTest::newRow("one and a half less") << tiny << usageOf(14'999) << MicroAmount{1};
    QTest::newRow("rounded once, not four times")
        << tiny << usageOf(7'500, 2'500, 2'500, 2'500) << MicroAmount{1};
    QTest::newRow("exact beyond 64 bits")
        << priceOf(Largest, 0, 0, 0) << usageOf(10'000) << MicroAmount{Largest};
    QTest::newRow("saturates") << priceOf(Largest, 0, 0, 0) << usageOf(10'001)
                               << MicroAmount{Largest};
    QTest::newRow("everything at its largest")
        << dearest << usageOf(Largest, Largest, Largest, Largest) << MicroAmount{Largest};
}

void TestPrice::costs()
{
    QFETCH(const ModelPrice, price);
    QFETCH(const TokenUsage, usage);
    QFETCH(const MicroAmount, microCents);
    QCOMPARE(costOf(price, usage), microCents);
}

void TestPrice::costsAddUp()
{
    QRandomGenerator random(7);
    for (int round = 0; round < 10'000; ++round) {
        const ModelPrice price = priceOf(random.bounded(100'000'000), random.bounded(100'000'000),
            random.bounded(100'000'000), random.bounded(100'000'000));
        const qint64 cached = random.bounded(1'000'000);
        const qint64 written = random.bounded(1'000'000);
        const qint64 rest = random.bounded(1'000'000);
        const qint64 output = random.bounded(1'000'000);
        const qint64 exact = rest * price.input + cached * price.cachedInput
            + written * price.cacheWrite + output * price.output; // below 4 * 10^14
        QCOMPARE(costOf(price, usageOf(rest + cached + written, cached, written, output)),
            MicroAmount{(exact + 5'000) / 10'000});
    }
}

QTEST_GUILESS_MAIN(TestPrice)
#include "tst_price.moc"
