// SPDX-License-Identifier: GPL-3.0-or-later
// What models cost: the values of `prices:` and of price tables. Plain values, any thread.
#pragma once

#include <QByteArray>

#include <optional>
#include <vector>

namespace sluice::config {

/// Millionths of a US dollar per million tokens.
struct Rates
{
    qint64 input = 0;
    qint64 cachedInput = 0;
    qint64 cacheWrite = 0;
    qint64 output = 0;
    std::optional<qint64> cacheWrite1h; ///< absent: as any other cache write
    std::optional<qint64> reasoning; ///< absent: as any other output

    friend bool operator==(const Rates &, const Rates &) = default;
};

/// Other rates for the whole of a request whose input is larger than `above` tokens.
struct PriceTier
{
    qint64 above = 0;
    Rates rates;

    friend bool operator==(const PriceTier &, const PriceTier &) = default;
};

/// What one model costs at one provider.
struct ModelPrice
{
    QByteArray model; ///< "provider/model"
    Rates rates;
    std::vector<PriceTier> tiers; ///< sorted by `above`, each with all its rates
    bool isFromFile = false; ///< from `prices.file`, not from `prices.models`

    friend bool operator==(const ModelPrice &, const ModelPrice &) = default;
};

/// `prices:`
struct Prices
{
    std::vector<ModelPrice> models; ///< sorted by model; those of `prices.file` among them
    bool allowsUnpriced = false; ///< `unpriced: allow`

    friend bool operator==(const Prices &, const Prices &) = default;
};

/// Rates as somebody wrote them: what is absent follows from the others.
struct WrittenRates
{
    std::optional<qint64> input;
    std::optional<qint64> cachedInput;
    std::optional<qint64> cacheWrite;
    std::optional<qint64> output;
    std::optional<qint64> cacheWrite1h;
    std::optional<qint64> reasoning;

    /// All of them: tokens from and to a cache are input where they have no rate of their own, and
    /// what has none at all costs nothing.
    [[nodiscard]] Rates complete() const;
};

/// A tier as somebody wrote it; what is absent is as in the tier below.
struct WrittenTier
{
    qint64 above = 0;
    WrittenRates rates;
};

/// The rates of the tier that begins there, which is added if there is none.
WrittenRates &tierAbove(std::vector<WrittenTier> &tiers, qint64 above);

/// The price that follows from what was written.
ModelPrice makePrice(const QByteArray &model, WrittenRates rates, std::vector<WrittenTier> tiers);

/// The prices as the text of a `prices.file`, a line for each.
QByteArray writePriceFile(const std::vector<ModelPrice> &models);

} // namespace sluice::config
