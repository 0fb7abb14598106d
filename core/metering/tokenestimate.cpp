// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokenestimate.h"

#include <algorithm>

namespace sluice::metering {

namespace {

constexpr qint64 BytesPerToken = 4;

} // namespace

qint64 estimateTokens(qint64 textBytes)
{
    const qint64 partial = textBytes % BytesPerToken > 0 ? 1 : 0;
    return std::max<qint64>(textBytes / BytesPerToken + partial, 1);
}

} // namespace sluice::metering
