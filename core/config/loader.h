// SPDX-License-Identifier: GPL-3.0-or-later
// From the text of a configuration file to values and findings. Pure but for the price file that
// it may name; any thread.
#pragma once

#include "core/config/configuration.h"

#include <QProcessEnvironment>

#include <memory>

namespace sluice::config {

/// What load() made of a text.
struct LoadResult
{
    std::shared_ptr<const Configuration> configuration; ///< null iff findings hold an error
    Findings findings; ///< all of them at once, in file order
    QString priceFile; ///< path of the `prices.file` that was to be read: its text counts too
};

/// Reads a file's text. The environment supplies ${NAME} and AI_GATEWAY__ overrides. Never throws;
/// whatever the bytes are, the answer is values or findings with line and column.
///
/// Files that the text names are looked for in `folder`, the configuration file's own. Without a
/// folder none is read: a text from a stranger opens nothing.
LoadResult load(
    const QByteArray &text, const QProcessEnvironment &environment, const QString &folder = {});

} // namespace sluice::config
