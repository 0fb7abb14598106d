// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of the house as functions: a source tree in, sentences about what is wrong out.
// An empty list means that the tree keeps the rule.
#pragma once

#include "tests/architecture/sourcefile.h"

namespace sluice::architecture {

using Tree = std::vector<SourceFile>;

/// Includes that go against the arrows: sluice -> ui -> ui/models -> session ->
/// {gateway, insight, demo, stores} -> {limits, metering} -> config -> base.
QStringList forbiddenProjectIncludes(const Tree &tree);

/// Headers of gateway or the limit engine that a user interface file reaches through other headers.
QStringList hiddenIncludesOfTheUi(const Tree &tree);

/// Qt modules and libraries used in a layer that must not know them. qtIncludes are the include
/// folders of Qt: a class header is looked up there to find its module.
QStringList forbiddenLibraries(const Tree &tree, const QStringList &qtIncludes);

/// Calls that are known to be slow, unsafe or against the rules of their layer.
QStringList forbiddenCode(const Tree &tree);

/// Files that are too long, without licence line, or badly named; headers that do not say what
/// they are.
QStringList badFiles(const Tree &tree);

} // namespace sluice::architecture
