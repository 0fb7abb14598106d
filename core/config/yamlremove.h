// SPDX-License-Identifier: GPL-3.0-or-later
// Plans the deletion of a map entry or sequence item. Pure, any thread.
#pragma once

#include "core/config/yamledit.h"

namespace sluice::config::yaml {

/// Plans the deletion of the entry whose value is the node that walk found; not the root.
Result<Plan> planRemoval(const Tree &tree, const Walk &walk);

} // namespace sluice::config::yaml
