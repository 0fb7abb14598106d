// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/pricemodels.h"

#include "core/config/builtinproviders.h"
#include "core/config/scalars.h"

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 MaxPrice = 1'000'000 * MicroPerUnit; ///< a dollar a token: tells typing errors
constexpr qint64 MaxAbove = 1'000'000'000'000;
constexpr size_t MaxTiers = 16;

std::optional<qint64> readPrice(Context &context, const Value &value)
{
    const std::optional<qint64> price = readDecimal(context, value);
    if (!price || *price <= MaxPrice)
        return price;
    context.error(value,
        u"%1 is out of range, allowed are 0 to 1000000 dollars per million tokens"_s.arg(
            shown(value)));
    return std::nullopt;
}

void require(Context &context, const MapReader &map, const Value &value, const QString &sentence)
{
    if (map.isMap() && !value)
        context.errorAtKey(map.value(), sentence);
}

/// The keys that a price and its tiers share; required ones are those of a price.
WrittenRates readRates(Context &context, MapReader &map, bool isTier)
{
    const Value input = map.take("input");
    const Value output = map.take("output");
    if (!isTier) {
        require(context, map, input, u"input is missing; write 0 if it costs nothing"_s);
        require(context, map, output, u"output is missing; write 0 if it costs nothing"_s);
    }
    WrittenRates rates;
    rates.input = readPrice(context, input);
    rates.cachedInput = readPrice(context, map.take("cached-input"));
    rates.cacheWrite = readPrice(context, map.take("cache-write"));
    rates.cacheWrite1h = readPrice(context, map.take("cache-write-1h"));
    rates.output = readPrice(context, output);
    rates.reasoning = readPrice(context, map.take("reasoning"));
    return rates;
}

std::vector<WrittenTier> readTiers(Context &context, const Value &list)
{
    std::vector<WrittenTier> tiers;
    QSet<qint64> thresholds;
    for (const Value &item : itemsOf(context, list)) {
        MapReader map(context, item);
        const Value above = map.take("above");
        require(context, map, above, u"above is missing: the input tokens beyond which it holds"_s);
        WrittenTier tier{
            readInteger(context, above, 1, MaxAbove).value_or(0), readRates(context, map, true)};
        map.finish();
        if (tier.above > 0 && thresholds.contains(tier.above))
            context.error(above, u"another tier begins above %1 already"_s.arg(tier.above));
        thresholds.insert(tier.above);
        tiers.push_back(tier);
    }
    if (tiers.size() > MaxTiers)
        context.error(list, u"a price has at most %1 tiers"_s.arg(MaxTiers));
    return tiers;
}

/// "provider/model" with the provider's own name; empty after an error.
QByteArray readModelName(Context &context, const Value &entry, bool warnsOfProviders)
{
    const qsizetype slash = entry.key.indexOf('/');
    if (slash <= 0 || slash + 1 == entry.key.size()) {
        context.errorAtKey(entry, u"a price is for a model written as provider/model"_s);
        return {};
    }
    const QByteArray provider = canonicalProvider(entry.key.left(slash));
    if (warnsOfProviders && !context.providerNames.contains(provider)) {
        const QList<QByteArrayView> known(
            context.providerNames.cbegin(), context.providerNames.cend());
        const QByteArray meant = known.size() <= 100 ? nearest(provider, known) : QByteArray();
        context.warnAtKey(entry,
            u"there is no provider \"%1\", so nothing has this price%2"_s.arg(
                QString::fromUtf8(provider.left(80)),
                meant.isEmpty() ? QString()
                                : u"; did you mean \"%1\"?"_s.arg(QString::fromUtf8(meant))));
    }
    return provider + entry.key.mid(slash);
}

} // namespace

std::vector<ModelPrice> readModelPrices(Context &context, const Value &map, bool warnsOfProviders)
{
    std::vector<ModelPrice> prices;
    QSet<QByteArray> names;
    for (const Value &entry : entriesOf(context, map)) {
        MapReader reader(context, entry);
        const QByteArray name = readModelName(context, entry, warnsOfProviders);
        const WrittenRates rates = readRates(context, reader, false);
        prices.push_back(makePrice(name, rates, readTiers(context, reader.take("tiers"))));
        reader.finish();
        if (names.contains(name) && !name.isEmpty())
            context.errorAtKey(
                entry, u"another price is for %1 already"_s.arg(QString::fromUtf8(name.left(80))));
        names.insert(name);
    }
    std::sort(prices.begin(), prices.end(),
        [](const ModelPrice &a, const ModelPrice &b) { return a.model < b.model; });
    return prices;
}

} // namespace sluice::config
