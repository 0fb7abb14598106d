// SPDX-License-Identifier: GPL-3.0-or-later
// Plans the insertion of a map entry or sequence item in the style of its container. Pure, any
// thread.
#pragma once

#include "core/config/yamledit.h"
#include "core/config/yamltext.h"

namespace sluice::config::yaml {

/// What goes into a container: `keys[0]: ... keys[n]: value`, or the item `value` at the end of it.
struct Addition
{
    std::vector<QString> keys; ///< may be empty for an item: it goes into the container itself
    bool isItem = false;
    QByteArray value; ///< YAML flow text on one line
};

/// Plans addition as the last entry of container, a map, sequence or null of tree; -1 stands for
/// the root of a text without any value. Fails if the addition's value is no single flow value.
Result<Plan> planInsertion(const Tree &tree, int container, const Addition &addition);

} // namespace sluice::config::yaml
