// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/pricesections.h"

#include "core/config/pricefile.h"
#include "core/config/pricemodels.h"
#include "core/config/scalars.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace sluice::config {

namespace {

constexpr qint64 MaxOutputTokens = std::numeric_limits<quint32>::max();

bool isBefore(const ModelPrice &a, const ModelPrice &b)
{
    return a.model < b.model;
}

} // namespace

void readPrices(Context &context, const Value &section)
{
    MapReader map(context, section);
    Prices &prices = context.config.prices;
    const std::vector<ModelPrice> models = readModelPrices(context, map.take("models"), true);
    const std::vector<ModelPrice> file = readPriceFile(context, map.take("file"));
    // Of two equal ones the first is taken: models win over the file.
    std::set_union(models.begin(), models.end(), file.begin(), file.end(),
        std::back_inserter(prices.models), isBefore);
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
