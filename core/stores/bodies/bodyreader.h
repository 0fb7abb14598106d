// SPDX-License-Identifier: GPL-3.0-or-later
// Reads recorded bodies, also while a gateway writes them. Any one thread, but not the window's: it
// may wait for the disk.
#pragma once

#include "core/base/result.h"
#include "core/insight/recordedbodies.h"

#include <optional>

namespace sluice::stores {

/// What was recorded of the request with this `helicone-id`; nothing if that is nothing, or no file
/// is there. Errors: Unsupported for a newer file, Invalid for a broken one, Busy, Io.
Result<std::optional<insight::RecordedBodies>> readBodies(
    const QString &path, const QByteArray &requestId);

} // namespace sluice::stores
