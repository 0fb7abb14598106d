// SPDX-License-Identifier: GPL-3.0-or-later
// What a reader of a configuration file has to say about it. Values, any thread.
#pragma once

#include <QList>
#include <QString>

namespace sluice::config {

enum class Severity : quint8 { Hint, Warning, Error };

/// A place in the text, both 1-based and counted in characters; line 0 = nowhere in the file.
struct Place
{
    int line = 0;
    int column = 0;

    friend bool operator==(const Place &, const Place &) = default;
};

/// One finding: how bad, where, about which key, what, and what would mend it.
struct Finding
{
    Severity severity = Severity::Error;
    Place place;
    QString path; ///< "routers.prod.rate-limit.per-api-key.capacity"
    QString message; ///< one sentence, no trailing period
    QString fix; ///< text to write instead; may be empty

    friend bool operator==(const Finding &, const Finding &) = default;
};

using Findings = QList<Finding>;

/// True if any finding keeps the configuration from being used.
bool hasErrors(const Findings &findings);

} // namespace sluice::config
