// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a limit counts a request at all: its `match`. Pure, any thread.
#pragma once

#include "core/limits/limit.h"
#include "core/limits/subject.h"

namespace sluice::limits {

/// Whether everything that `match` says holds. Models and providers hold if any candidate, or the
/// model as asked, fits.
bool matches(const LimitMatch &match, const Subject &subject);

/// Whether it still holds for the provider and model that were really used.
bool matchesServed(
    const LimitMatch &match, QByteArrayView provider, QByteArrayView asked, QByteArrayView served);

} // namespace sluice::limits
