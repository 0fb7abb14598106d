// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/prices.h"

#include "core/base/units.h"

#include <algorithm>
#include <array>

namespace sluice::config {

namespace {

using Rate = std::optional<qint64> WrittenRates::*;

constexpr std::array AllRates{&WrittenRates::input, &WrittenRates::cachedInput,
    &WrittenRates::cacheWrite, &WrittenRates::output, &WrittenRates::cacheWrite1h,
    &WrittenRates::reasoning};

/// A YAML text in double quotes.
QByteArray quoted(const QByteArray &text)
{
    QByteArray result = text;
    result.replace('\\', "\\\\").replace('"', "\\\"");
    return '"' + result + '"';
}

/// Which rates cannot be left out, in the price itself or in any of its tiers.
struct Needed
{
    bool cachedInput = false;
    bool cacheWrite = false;

    void add(const Rates &rates)
    {
        cachedInput = cachedInput || rates.cachedInput != rates.input;
        cacheWrite = cacheWrite || rates.cacheWrite != rates.input;
    }
};

QByteArray ratesText(const Rates &rates, Needed needed)
{
    QByteArray text = "input: " + formatAmount(rates.input);
    if (needed.cachedInput)
        text += ", cached-input: " + formatAmount(rates.cachedInput);
    if (needed.cacheWrite)
        text += ", cache-write: " + formatAmount(rates.cacheWrite);
    if (rates.cacheWrite1h)
        text += ", cache-write-1h: " + formatAmount(*rates.cacheWrite1h);
    text += ", output: " + formatAmount(rates.output);
    if (rates.reasoning)
        text += ", reasoning: " + formatAmount(*rates.reasoning);
    return text;
}

} // namespace

Rates WrittenRates::complete() const
{
    const qint64 full = input.value_or(0);
    return {full, cachedInput.value_or(full), cacheWrite.value_or(full), output.value_or(0),
        cacheWrite1h, reasoning};
}

WrittenRates &tierAbove(std::vector<WrittenTier> &tiers, qint64 above)
{
    const auto found = std::find_if(tiers.begin(), tiers.end(),
        [above](const WrittenTier &tier) { return tier.above == above; });
    if (found != tiers.end())
        return found->rates;
    tiers.push_back({above, {}});
    return tiers.back().rates;
}

ModelPrice makePrice(const QByteArray &model, WrittenRates rates, std::vector<WrittenTier> tiers)
{
    std::sort(tiers.begin(), tiers.end(),
        [](const WrittenTier &a, const WrittenTier &b) { return a.above < b.above; });
    ModelPrice price{model, rates.complete(), {}, false};
    for (const WrittenTier &tier : tiers) {
        for (const Rate rate : AllRates) {
            if (tier.rates.*rate)
                rates.*rate = tier.rates.*rate;
        }
        price.tiers.push_back({tier.above, rates.complete()});
    }
    return price;
}

QByteArray writePriceFile(const std::vector<ModelPrice> &models)
{
    QByteArray text;
    for (const ModelPrice &price : models) {
        Needed needed;
        needed.add(price.rates);
        for (const PriceTier &tier : price.tiers)
            needed.add(tier.rates);
        text += quoted(price.model) + ": {" + ratesText(price.rates, needed);
        if (!price.tiers.empty()) {
            QByteArray tiers;
            for (const PriceTier &tier : price.tiers) {
                tiers += (tiers.isEmpty() ? "{above: " : ", {above: ")
                    + QByteArray::number(tier.above) + ", " + ratesText(tier.rates, needed) + '}';
            }
            text += ", tiers: [" + tiers + ']';
        }
        text += "}\n";
    }
    return text;
}

} // namespace sluice::config
