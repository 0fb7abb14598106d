// SPDX-License-Identifier: GPL-3.0-or-later
// The text of resources/prices.json, compiled in. Internal to core/metering; any thread.
#pragma once

#include <QByteArray>

namespace sluice::metering {

QByteArray builtInPriceTable();

} // namespace sluice::metering
