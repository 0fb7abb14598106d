// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/price.h"

#include <QByteArray>

#include <algorithm>
#include <limits>

namespace sluice::metering {

namespace {

// The parts of the input and those of the output add up to at most four times the largest 64-bit
// number, so that their products with another one and the half for rounding fit.
__extension__ using UInt128 = unsigned __int128;

/// Millionths of a dollar per million tokens into micro-cents per token: * 100 / 10^6.
constexpr int MicroCentsDivisor = 10'000;

qint64 countOf(const std::optional<qint64> &tokens)
{
    return std::max<qint64>(tokens.value_or(0), 0);
}

UInt128 product(qint64 tokens, qint64 rate)
{
    return static_cast<UInt128>(tokens) * static_cast<UInt128>(std::max<qint64>(rate, 0));
}

/// A whole at one rate, but for a part of it at another one.
UInt128 productOfParts(qint64 whole, qint64 rate, qint64 part, std::optional<qint64> partRate)
{
    const qint64 apart = std::min(part, whole);
    return product(whole - apart, rate) + product(apart, partRate.value_or(rate));
}

const config::Rates &ratesFor(const config::ModelPrice &price, qint64 input)
{
    const config::Rates *rates = &price.rates;
    for (const config::PriceTier &tier : price.tiers) {
        if (input > tier.above)
            rates = &tier.rates;
    }
    return *rates;
}

const config::ModelPrice *findName(const config::Prices &prices, QByteArrayView name)
{
    const auto isBefore = [](const config::ModelPrice &price, QByteArrayView wanted) {
        return QByteArrayView(price.model) < wanted;
    };
    const auto at = std::lower_bound(prices.models.begin(), prices.models.end(), name, isBefore);
    return at != prices.models.end() && at->model == name ? &*at : nullptr;
}

} // namespace

const config::ModelPrice *findPrice(
    const config::Prices &prices, QByteArrayView provider, QByteArrayView model)
{
    if (prices.models.empty() || provider.isEmpty() || model.isEmpty())
        return nullptr;
    QByteArray name;
    name.reserve(provider.size() + 1 + model.size());
    name.append(provider).append('/');
    const bool carriesProvider = model.startsWith(name);
    name.append(model);
    const config::ModelPrice *price = findName(prices, name);
    return price == nullptr && carriesProvider ? findName(prices, model) : price;
}

MicroAmount costOf(const config::ModelPrice &price, const TokenUsage &usage)
{
    const qint64 input = countOf(usage.input);
    const qint64 cached = countOf(usage.cachedInput);
    const qint64 written = countOf(usage.cacheWrite);
    // Subtracted one after the other: the sum of both might overflow.
    const qint64 uncached = std::max<qint64>(input - cached, 0);
    const qint64 rest = std::max<qint64>(uncached - written, 0);
    const config::Rates &rates = ratesFor(price, input);
    const UInt128 total = product(rest, rates.input) + product(cached, rates.cachedInput)
        + productOfParts(written, rates.cacheWrite, countOf(usage.cacheWrite1h), rates.cacheWrite1h)
        + productOfParts(
            countOf(usage.output), rates.output, countOf(usage.reasoning), rates.reasoning);
    const UInt128 cost = (total + MicroCentsDivisor / 2) / MicroCentsDivisor;
    constexpr UInt128 Largest = std::numeric_limits<MicroAmount>::max();
    return static_cast<MicroAmount>(std::min(cost, Largest));
}

} // namespace sluice::metering
