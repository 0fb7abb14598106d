// SPDX-License-Identifier: GPL-3.0-or-later
// Which price a model has, as far as the window can know: from what its requests cost and what the
// running configuration says. Pure functions; GUI thread.
#pragma once

#include "core/metering/prices/pricebook.h"
#include "core/session/liveusage.h"

namespace sluice::ui {

enum class PriceState : quint8 {
    Unused, ///< nothing was charged yet
    Priced,
    Free, ///< a price of nothing
    Unpriced, ///< used or asked for, and nobody knows its price
};

/// The price that the file, or its price file, sets for "provider/model"; null without one.
const config::ModelPrice *priceInFile(
    const config::Configuration *configuration, const QByteArray &model);

/// The price that holds for "provider/model" now and where it is from, as the gateway looks it up.
metering::PriceAnswer priceNow(const session::LiveUsage &usage, const QByteArray &model);

/// A model that has been given a price since its last request is not unpriced any more.
PriceState priceState(
    const insight::ModelBook::Model &model, const config::Configuration *configuration);

/// What has no price now.
struct UnpricedModels
{
    QList<QByteArray> names; ///< that a price can be written for
    int models = 0; ///< all of them
    quint64 requests = 0; ///< of theirs that are in no figure
    quint64 turnedAway = 0; ///< of theirs that were rejected for that

    friend bool operator==(const UnpricedModels &, const UnpricedModels &) = default;
};

UnpricedModels unpricedModels(const session::LiveUsage &usage);

/// "$2.50 in, $1.25 cached, $2.50 cache write, $10.00 out, for a million tokens".
QString priceWords(const config::ModelPrice &price);

/// "openai" of "openai/gpt-4o"; empty without a provider.
QByteArray providerOf(const QByteArray &model);

} // namespace sluice::ui
