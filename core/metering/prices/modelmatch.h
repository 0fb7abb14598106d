// SPDX-License-Identifier: GPL-3.0-or-later
// Which model ids an entry of a price table means. Immutable, any thread.
#pragma once

#include <QByteArray>
#include <QRegularExpression>

#include <vector>

namespace sluice::metering {

/// One condition on a model id. Upper and lower case differ.
struct MatchClause
{
    enum class Kind : quint8 { Equals, StartsWith, EndsWith, Contains, Regex };

    Kind kind = Kind::Equals;
    QByteArray text;
    QRegularExpression regex; ///< of Regex: `text`, compiled

    [[nodiscard]] bool holds(QByteArrayView model) const;
};

/// Conditions that must all hold: one branch of an entry's alternatives.
struct MatchBranch
{
    std::vector<MatchClause> clauses;

    [[nodiscard]] bool holds(QByteArrayView model) const;

    /// How precise the branch is: the length of its longest literal, 0 with regular expressions
    /// alone. Of several branches that hold the most precise one counts.
    [[nodiscard]] qsizetype precision() const;

    /// `starts_with "gpt-4o" and regex "^…"`.
    [[nodiscard]] QByteArray toText() const;
};

} // namespace sluice::metering
