// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the loader share: a text with an environment of its own, and findings as one line.
#pragma once

#include "core/config/loader.h"

#include <QMap>

namespace sluice::config::test {

using Variables = QMap<QString, QString>;

/// Loads a text; the environment holds only these variables.
inline LoadResult loadText(const QByteArray &text, const Variables &variables = {})
{
    QProcessEnvironment environment(QProcessEnvironment::Initialization{});
    for (auto it = variables.cbegin(); it != variables.cend(); ++it)
        environment.insert(it.key(), it.value());
    return load(text, environment);
}

/// "line:column path", joined by bars.
inline QString lines(const Findings &findings)
{
    QStringList result;
    for (const Finding &finding : findings)
        result.append(QStringLiteral("%1:%2 %3")
                          .arg(finding.place.line)
                          .arg(finding.place.column)
                          .arg(finding.path));
    return result.join(QLatin1Char('|'));
}

} // namespace sluice::config::test
