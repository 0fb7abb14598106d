// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/price.h"

#include <algorithm>
#include <limits>

namespace sluice::metering {

namespace {

// Four products of two non-negative 64-bit numbers and the half for rounding fit without overflow.
__extension__ using UInt128 = unsigned __int128;

/// Millionths of a dollar per million tokens into micro-cents per token: * 100 / 10^6.
constexpr int MicroCentsDivisor = 10'000;

qint64 countOf(const std::optional<qint64> &tokens)
{
    return std::max<qint64>(tokens.value_or(0), 0);
}

UInt128 product(qint64 tokens, qint64 price)
{
    return static_cast<UInt128>(tokens) * static_cast<UInt128>(std::max<qint64>(price, 0));
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
    const qint64 cached = countOf(usage.cachedInput);
    const qint64 written = countOf(usage.cacheWrite);
    // Subtracted one after the other: the sum of both might overflow.
    const qint64 uncached = std::max<qint64>(countOf(usage.input) - cached, 0);
    const qint64 rest = std::max<qint64>(uncached - written, 0);
    const UInt128 total = product(rest, price.input) + product(cached, price.cachedInput)
        + product(written, price.cacheWrite) + product(countOf(usage.output), price.output);
    const UInt128 cost = (total + MicroCentsDivisor / 2) / MicroCentsDivisor;
    constexpr UInt128 Largest = std::numeric_limits<MicroAmount>::max();
    return static_cast<MicroAmount>(std::min(cost, Largest));
}

} // namespace sluice::metering
