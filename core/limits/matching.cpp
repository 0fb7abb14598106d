// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/matching.h"

#include "core/base/glob.h"

#include <algorithm>

namespace sluice::limits {

namespace {

/// An empty list holds always.
bool anyFits(const QList<QByteArray> &patterns, QByteArrayView text)
{
    return patterns.isEmpty()
        || std::any_of(patterns.begin(), patterns.end(),
            [text](const QByteArray &pattern) { return matchesGlob(pattern, text); });
}

bool propertiesFit(const LimitMatch &match, const Subject &subject)
{
    const auto fits = [&subject](const QByteArray &name, const QByteArray &pattern) {
        return std::any_of(subject.properties.begin(), subject.properties.end(),
            [&](const Property &p) { return p.name == name && matchesGlob(pattern, p.value); });
    };
    for (auto it = match.properties.cbegin(); it != match.properties.cend(); ++it) {
        if (!fits(it.key(), it.value()))
            return false;
    }
    return true;
}

bool candidatesFit(const LimitMatch &match, const Subject &subject)
{
    if (match.models.isEmpty() && match.providers.isEmpty())
        return true;
    if (subject.candidates.empty())
        return match.providers.isEmpty() && anyFits(match.models, subject.model);
    return std::any_of(
        subject.candidates.begin(), subject.candidates.end(), [&](const Candidate &candidate) {
            return matchesServed(match, candidate.provider, subject.model, candidate.model);
        });
}

} // namespace

bool matches(const LimitMatch &match, const Subject &subject)
{
    return match.isEmpty()
        || (anyFits(match.keys, subject.apiKey) && anyFits(match.teams, subject.team)
            && anyFits(match.users, subject.endUser) && propertiesFit(match, subject)
            && candidatesFit(match, subject));
}

bool matchesServed(
    const LimitMatch &match, QByteArrayView provider, QByteArrayView asked, QByteArrayView served)
{
    return anyFits(match.providers, provider)
        && (anyFits(match.models, asked) || (!served.isEmpty() && anyFits(match.models, served)));
}

} // namespace sluice::limits
