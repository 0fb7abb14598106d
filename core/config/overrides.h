// SPDX-License-Identifier: GPL-3.0-or-later
// Lays AI_GATEWAY__ environment variables over a parsed document. Internal to core/config; pure.
#pragma once

#include "core/config/document.h"

#include <QProcessEnvironment>
#include <QStringList>

namespace sluice::config {

/// Sets the scalar that each AI_GATEWAY__A__B_C variable names (a.b-c; existing keys keep their
/// spelling) and returns the dotted paths that were set. Findings have line 0 and name the
/// variable. A path that nothing asks for later is reported like any unknown key.
QStringList applyOverrides(
    Document &document, const QProcessEnvironment &environment, Findings &findings);

} // namespace sluice::config
