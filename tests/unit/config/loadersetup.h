// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of the loader share: a text with an environment of its own, findings as one line, and
// texts that mark the place of the finding that they cause.
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

/// The places, then "path: message" one a line: what a failing test shows.
inline QByteArray sentences(const Findings &findings)
{
    QStringList result;
    for (const Finding &finding : findings)
        result.append(QStringLiteral("%1: %2").arg(finding.path, finding.message));
    return lines(findings).toUtf8() + '\n' + result.join(QLatin1Char('\n')).toUtf8();
}

/// A text without the one "^" in it, and the place where that stood.
struct MarkedText
{
    explicit MarkedText(const QByteArray &marked) : text(marked)
    {
        const qsizetype at = marked.indexOf('^');
        text.remove(at, 1);
        const QByteArray before = marked.left(at);
        const QByteArray line = before.mid(before.lastIndexOf('\n') + 1);
        place = {static_cast<int>(before.count('\n')) + 1,
            static_cast<int>(QString::fromUtf8(line).size()) + 1};
    }

    QByteArray text;
    Place place;
};

} // namespace sluice::config::test
