// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/pricesections.h"

#include "core/config/builtinproviders.h"
#include "core/config/scalars.h"

#include <algorithm>
#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 MaxOutputTokens = std::numeric_limits<quint32>::max();
constexpr qint64 MaxPrice = 1'000'000 * MicroPerUnit; ///< a dollar a token: tells typing errors

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

qint64 readRequiredPrice(Context &context, MapReader &map, QByteArrayView key)
{
    const Value value = map.take(key);
    if (map.isMap() && !value) {
        context.errorAtKey(map.value(),
            u"%1 is missing; write 0 if it costs nothing"_s.arg(QString::fromLatin1(key)));
    }
    return readPrice(context, value).value_or(0);
}

/// "provider/model" with the provider's own name; empty after an error.
QByteArray readModelName(Context &context, const Value &entry)
{
    const qsizetype slash = entry.key.indexOf('/');
    if (slash <= 0 || slash + 1 == entry.key.size()) {
        context.errorAtKey(entry, u"a price is for a model written as provider/model"_s);
        return {};
    }
    const QByteArray provider = canonicalProvider(entry.key.left(slash));
    if (!context.providerNames.contains(provider)) {
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

ModelPrice readModelPrice(Context &context, const Value &entry)
{
    MapReader map(context, entry);
    ModelPrice price;
    price.model = readModelName(context, entry);
    price.input = readRequiredPrice(context, map, "input");
    price.cachedInput = readPrice(context, map.take("cached-input")).value_or(price.input);
    price.cacheWrite = readPrice(context, map.take("cache-write")).value_or(price.input);
    price.output = readRequiredPrice(context, map, "output");
    map.finish();
    return price;
}

} // namespace

void readPrices(Context &context, const Value &section)
{
    MapReader map(context, section);
    const Value file = map.take("file");
    readText(context, file);
    if (file)
        context.warn(file, u"price files are not in this version: only prices.models has prices"_s);
    Prices &prices = context.config.prices;
    QSet<QByteArray> names;
    for (const Value &entry : entriesOf(context, map.take("models"))) {
        ModelPrice price = readModelPrice(context, entry);
        if (names.contains(price.model) && !price.model.isEmpty())
            context.errorAtKey(entry,
                u"another price is for %1 already"_s.arg(QString::fromUtf8(price.model.left(80))));
        names.insert(price.model);
        prices.models.push_back(std::move(price));
    }
    std::sort(prices.models.begin(), prices.models.end(),
        [](const ModelPrice &a, const ModelPrice &b) { return a.model < b.model; });
    assign(prices.allowsUnpriced,
        readChoice<bool>(context, map.take("unpriced"), {{"reject", false}, {"allow", true}}));
    map.finish();
}

void readEstimates(Context &context, const Value &section)
{
    MapReader map(context, section);
    assign(context.config.estimatedOutputTokens,
        readInteger(context, map.take("output-tokens"), 0, MaxOutputTokens));
    map.finish();
}

} // namespace sluice::config
