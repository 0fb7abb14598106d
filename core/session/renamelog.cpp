// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/renamelog.h"

#include <algorithm>

namespace sluice::session {

using config::Configuration;
using config::LimitRule;
using limits::Rename;

namespace {

const LimitRule *find(const Configuration &configuration, const QByteArray &name)
{
    const auto &limits = configuration.limits;
    const auto found = std::find_if(
        limits.begin(), limits.end(), [&name](const LimitRule &rule) { return rule.name == name; });
    return found == limits.end() ? nullptr : &*found;
}

/// The limits of one configuration whose names the other one lacks.
std::vector<const LimitRule *> onlyIn(const Configuration &one, const Configuration &other)
{
    std::vector<const LimitRule *> result;
    for (const LimitRule &rule : one.limits) {
        if (find(other, rule.name) == nullptr)
            result.push_back(&rule);
    }
    return result;
}

/// Whether their counters can be the same ones.
bool countsAlike(const LimitRule &a, const LimitRule &b)
{
    return a.segment == b.segment && a.unit == b.unit && a.algorithm == b.algorithm
        && a.policy.isEmpty() == b.policy.isEmpty();
}

/// Everything but the name and the places.
bool saysTheSame(LimitRule a, const LimitRule &b)
{
    a.name = b.name;
    a.path = b.path;
    a.place = b.place;
    if (a.overrides.size() == b.overrides.size()) {
        for (size_t i = 0; i < a.overrides.size(); ++i)
            a.overrides[i].place = b.overrides[i].place;
    }
    return a == b;
}

} // namespace

void RenameLog::note(const Configuration &before, const Configuration &after)
{
    const auto gone = onlyIn(before, after);
    const auto come = onlyIn(after, before);
    if (gone.size() == 1 && come.size() == 1 && saysTheSame(*gone.front(), *come.front()))
        m_steps.push_back({gone.front()->name, come.front()->name});
}

// In both directions: undo goes back.
QList<QByteArray> RenameLog::namesOf(const QByteArray &name) const
{
    QList<QByteArray> names{name};
    for (qsizetype i = 0; i < names.size(); ++i) {
        for (const Rename &step : m_steps) {
            if (step.from == names[i] && !names.contains(step.to))
                names.append(step.to);
            else if (step.to == names[i] && !names.contains(step.from))
                names.append(step.from);
        }
    }
    return names;
}

limits::Renames RenameLog::between(const Configuration &from, const Configuration &to) const
{
    limits::Renames result;
    for (const LimitRule *rule : onlyIn(from, to)) {
        const auto goesOnAs = [&](const QByteArray &name) {
            const LimitRule *other = find(to, name);
            return other != nullptr && find(from, name) == nullptr && countsAlike(*rule, *other);
        };
        const QList<QByteArray> names = namesOf(rule->name);
        const auto found = std::find_if(names.begin(), names.end(), goesOnAs);
        if (found != names.end())
            result.push_back({rule->name, *found});
    }
    return result;
}

} // namespace sluice::session
