// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/modelprices.h"

#include "core/base/money.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::ui {

using insight::ModelBook;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ModelPrices", text);
}

/// Millionths of a dollar: "$2.50".
QString dollars(qint64 price)
{
    return formatDollarsExact(price * (MicroCentsPerDollar / MicroPerUnit));
}

} // namespace

const config::ModelPrice *priceInFile(
    const config::Configuration *configuration, const QByteArray &model)
{
    if (!configuration)
        return nullptr;
    // Sorted, and with a price file there may be thousands.
    const std::vector<config::ModelPrice> &prices = configuration->prices.models;
    const auto found = std::lower_bound(prices.cbegin(), prices.cend(), model,
        [](const config::ModelPrice &price, const QByteArray &name) { return price.model < name; });
    return found == prices.cend() || found->model != model ? nullptr : &*found;
}

metering::PriceAnswer priceNow(const session::LiveUsage &usage, const QByteArray &model)
{
    const std::shared_ptr<const config::Configuration> configuration = usage.configuration();
    const QByteArray name = providerOf(model);
    const config::Provider *provider = configuration ? configuration->findProvider(name) : nullptr;
    if (!provider)
        return {};
    return metering::lookUpPrice(configuration->prices, *provider,
        QByteArrayView(model).sliced(name.size() + 1), usage.clock().wall());
}

PriceState priceState(const ModelBook::Model &model, const config::Configuration *configuration)
{
    if (model.isUnpriced && !priceInFile(configuration, model.name))
        return PriceState::Unpriced;
    if (model.spent.charged == 0)
        return PriceState::Unused;
    const bool wasFree = model.spent.cost == 0 && model.spent.unpriced < model.spent.charged;
    return wasFree ? PriceState::Free : PriceState::Priced;
}

UnpricedModels unpricedModels(const session::LiveUsage &usage)
{
    UnpricedModels result;
    const ModelBook &book = usage.models();
    const std::shared_ptr<const config::Configuration> configuration = usage.configuration();
    for (int i = 0; i < book.count(); ++i) {
        const ModelBook::Model &model = book.model(i);
        if (priceState(model, configuration.get()) != PriceState::Unpriced)
            continue;
        ++result.models;
        result.requests += model.spent.unpriced;
        result.turnedAway += model.spent.turnedAway;
        if (!providerOf(model.name).isEmpty())
            result.names += model.name;
    }
    return result;
}

QString priceWords(const config::ModelPrice &price)
{
    return tr("%1 in, %2 cached, %3 cache write, %4 out, for a million tokens")
        .arg(dollars(price.rates.input), dollars(price.rates.cachedInput),
            dollars(price.rates.cacheWrite), dollars(price.rates.output));
}

QByteArray providerOf(const QByteArray &model)
{
    return model.first(std::max<qsizetype>(model.indexOf('/'), 0));
}

} // namespace sluice::ui
