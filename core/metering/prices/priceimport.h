// SPDX-License-Identifier: GPL-3.0-or-later
// Reads price lists that others publish as JSON, for `prices.file`. Pure, any thread.
#pragma once

#include "core/base/result.h"
#include "core/config/prices.h"

#include <QDate>
#include <QMap>

#include <vector>

namespace sluice::metering {

/// What was taken from a price list.
struct ImportedPrices
{
    QString format; ///< "LiteLLM", "genai-prices" or "models.dev"
    std::vector<config::ModelPrice> models; ///< sorted by name, each once
    QMap<QString, int> leftOut; ///< why, and how many models
    int rounded = 0; ///< models with a price finer than a millionth of a dollar
};

/// Reads a price list; its form is told by its content. LiteLLM's model_prices_and_context_window,
/// genai-prices' data.json and the api.json of models.dev are known. Of prices that change by date
/// those of `today` are taken. Numbers are read exactly as they are written.
///
/// Providers get the names that are built in here. `providers`, if not empty, are the only ones
/// taken; the others are not counted as left out.
Result<ImportedPrices> importPrices(
    const QByteArray &json, const QList<QByteArray> &providers, QDate today);

} // namespace sluice::metering
