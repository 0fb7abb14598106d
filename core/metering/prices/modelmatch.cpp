// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/modelmatch.h"

#include <algorithm>
#include <string_view>

namespace sluice::metering {

namespace {

using Kind = MatchClause::Kind;

QByteArray nameOf(Kind kind)
{
    switch (kind) {
    case Kind::Equals:
        return "equals";
    case Kind::StartsWith:
        return "starts_with";
    case Kind::EndsWith:
        return "ends_with";
    case Kind::Contains:
        return "contains";
    case Kind::Regex:
        return "regex";
    }
    Q_UNREACHABLE();
}

/// Four times as fast as QByteArrayView::indexOf() for texts as short as model ids.
bool contains(QByteArrayView model, QByteArrayView text)
{
    const std::string_view in(model.data(), static_cast<size_t>(model.size()));
    return in.find(std::string_view(text.data(), static_cast<size_t>(text.size())))
        != std::string_view::npos;
}

} // namespace

bool MatchClause::holds(QByteArrayView model) const
{
    switch (kind) {
    case Kind::Equals:
        return model == text;
    case Kind::StartsWith:
        return model.startsWith(text);
    case Kind::EndsWith:
        return model.endsWith(text);
    case Kind::Contains:
        return contains(model, text);
    case Kind::Regex:
        return regex.match(QString::fromUtf8(model)).hasMatch();
    }
    Q_UNREACHABLE();
}

bool MatchBranch::holds(QByteArrayView model) const
{
    return std::all_of(clauses.begin(), clauses.end(),
        [model](const MatchClause &clause) { return clause.holds(model); });
}

qsizetype MatchBranch::precision() const
{
    qsizetype longest = 0;
    for (const MatchClause &clause : clauses) {
        if (clause.kind != Kind::Regex)
            longest = std::max(longest, clause.text.size());
    }
    return longest;
}

QByteArray MatchBranch::toText() const
{
    QByteArray result;
    for (const MatchClause &clause : clauses)
        result +=
            (result.isEmpty() ? "" : " and ") + nameOf(clause.kind) + " \"" + clause.text + '"';
    return result;
}

} // namespace sluice::metering
