// SPDX-License-Identifier: GPL-3.0-or-later
// How a text is written as a YAML scalar: plain where that is safe, else quoted. Pure, any thread.
#pragma once

#include "core/config/yamlindex.h"

namespace sluice::config::yaml {

/// A scalar as it stands in the file, and the tag ("?" or "!") that the parser will give it.
struct Written
{
    QByteArray bytes;
    QByteArray tag;
};

/// Writes value in the wanted style if it allows that, else in double quotes.
Written writeScalar(const QString &value, Style wanted, bool inFlow);

/// Writes a text that must stay one (a map key, a name): plain if it is safe in any place and
/// cannot be taken for a number, a boolean or null.
Written writeString(const QString &text);

} // namespace sluice::config::yaml
