// SPDX-License-Identifier: GPL-3.0-or-later
// Prices of models as text changes, for ConfigDraft::edit(). Pure, any thread.
#pragma once

#include "core/session/configdraft.h"

namespace sluice::session {

/// Dollars per million tokens, as decimals with a point; an empty one is not written, and the input
/// price holds in its place.
struct PriceFields
{
    QString input;
    QString cachedInput;
    QString cacheWrite;
    QString output;

    friend bool operator==(const PriceFields &, const PriceFields &) = default;
};

/// "$2.50" or "2.5" -> "2.5", as the file has it: not negative, at most six decimals, at most a
/// million dollars. The error says what may be written.
Result<QString> parsePrice(const QString &text);

/// The price of "provider/model" as the draft's text writes it, to edit; nothing if it has none, or
/// none that these four fields can say.
std::optional<PriceFields> writtenPrice(const QByteArray &text, const QByteArray &model);

/// Sets the price of "provider/model" in `prices.models`. What is absent is made; of an entry that
/// is there these four fields change, and its others stay. A list of dated prices is refused.
ConfigDraft::Change setPrice(const QByteArray &model, const PriceFields &price);

} // namespace sluice::session
