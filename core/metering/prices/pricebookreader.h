// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a price table in the form of resources/prices.json. Pure, any thread.
#pragma once

#include "core/metering/prices/pricebook.h"

namespace sluice::metering {

/// The table, or why it is none. Prices are exact; one that is finer than a millionth of a dollar
/// per million tokens is an error. An entry without an input price is left out: it says nothing
/// about tokens. Without an output price it is about embeddings, and output costs nothing.
Result<PriceBook> readPriceBook(QByteArrayView json);

} // namespace sluice::metering
