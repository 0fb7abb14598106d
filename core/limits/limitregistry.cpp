// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/limitregistry.h"

#include "core/limits/calendarwindow.h"
#include "core/limits/gcra.h"
#include "core/limits/policylimit.h"
#include "core/limits/slidingwindow.h"

#include <algorithm>

namespace sluice::limits {

namespace {

constexpr qsizetype MaxCachedPolicies = 1024;

/// What makes two limits count in the same counters. The quota is never part of it; the period is
/// for header policies alone, whose window is not an edit but another policy.
QByteArray identityOf(const Limit &limit)
{
    const bool isHeader = limit.scope == LimitScope::Header;
    QByteArray identity;
    identity += isHeader ? 'h' : limit.isPolicy() ? 'p' : 'c';
    identity += static_cast<char>(limit.segment.kind);
    identity += static_cast<char>(limit.unit);
    identity += static_cast<char>(limit.algorithm);
    if (isHeader)
        identity += QByteArray::number(static_cast<qint64>(limit.period.count()));
    identity += ':' + QByteArray::number(limit.segment.property.size()) + ':';
    identity += limit.segment.property;
    if (!isHeader)
        identity += limit.name;
    return identity;
}

LimitPtr withName(const LimitPtr &limit, const QByteArray &name)
{
    auto renamed = std::make_shared<Limit>(*limit);
    renamed->name = name;
    return renamed;
}

bool countsAlike(const Limit &a, const Limit &b)
{
    return a.rate() == b.rate() && a.calendar == b.calendar;
}

} // namespace

LimitRegistry::Changes LimitRegistry::apply(Instant now, const LimitSet &limits)
{
    Changes changes;
    const OwnTerms ownBefore = std::exchange(m_own, {});
    std::vector<quint32> before(limits.numbersEnd(), None);
    m_running.swap(before);
    for (const LimitPtr &limit : limits.all())
        applyOne(now, limit, ownBefore, changes);
    for (const quint32 terms : m_running)
        retain(terms);
    for (const auto &[key, terms] : m_own)
        retain(terms);
    keepOwn(ownBefore);
    for (const quint32 terms : before)
        release(terms);
    // Nothing is counted in terms that are gone by now.
    std::erase_if(changes.moved, [this](const Moved &moved) { return !m_terms[moved.from].limit; });
    if (m_policyHeader != limits.policyHeader())
        clearPolicies();
    m_policyHeader = limits.policyHeader();
    m_areClientsShared = limits.stores().front().isShared();
    m_serial = limits.serial();
    return changes;
}

void LimitRegistry::applyOne(
    Instant now, const LimitPtr &limit, const OwnTerms &before, Changes &changes)
{
    const quint32 group = groupFor(identityOf(*limit));
    const quint32 former = m_groups[group].latest;
    const quint32 terms = renew(now, limit, group, former, changes.hasChanged);
    m_running[limit->number] = terms;
    applyOverrides(now, limit, terms, before, changes);
    m_groups[group].latest = terms;
    // Those that have lost their own amounts count in those of everybody.
    for (auto old = before.lower_bound({group, {}});
         old != before.end() && old->first.first == group; ++old) {
        if (m_own.contains(old->first))
            continue;
        follow(now, old->second, terms);
        changes.moved.push_back({old->first.second, group, old->second, terms});
    }
}

void LimitRegistry::applyOverrides(
    Instant now, const LimitPtr &limit, quint32 terms, const OwnTerms &before, Changes &changes)
{
    const quint32 group = m_terms[terms].group;
    for (const auto &[value, own] : limit->overrides) {
        const auto known = before.find({group, value});
        const quint32 former = known == before.end() ? None : known->second;
        const quint32 after = renew(now, own, group, former, changes.hasChanged);
        m_own[{group, value}] = m_running[own->number] = after;
        if (former == None)
            changes.moved.push_back({value, group, terms, after});
    }
}

/// The terms of a limit that was counted in `before` (None = it is new): those, if it counts alike.
quint32 LimitRegistry::renew(
    Instant now, const LimitPtr &limit, quint32 group, quint32 before, bool &hasChanged)
{
    if (before != None && countsAlike(*m_terms[before].limit, *limit)) {
        m_terms[before].limit = limit;
        return before;
    }
    const quint32 after = addTerms(limit, group);
    if (before == None)
        return after;
    hasChanged = true;
    follow(now, before, after);
    m_terms[after].predecessor = before;
    return after;
}

/// From now on counters of these terms read as if they were counted in those of the successor.
void LimitRegistry::follow(Instant now, quint32 terms, quint32 successor)
{
    m_terms[terms].successor = successor;
    m_terms[terms].until = now;
    retain(successor);
}

/// Overrides of limits that are gone are remembered while counters are left, for an undo to find.
void LimitRegistry::keepOwn(const OwnTerms &before)
{
    for (const auto &[key, terms] : before) {
        const bool isGone = m_terms[terms].successor == None && !m_own.contains(key);
        if (isGone && m_terms[terms].references > 1)
            m_own.insert({key, terms});
        else
            release(terms);
    }
}

void LimitRegistry::addPolicies(const std::vector<Policy> &policies)
{
    // Emptying the whole cache is crude, and cheap enough for the client that makes it necessary.
    const auto wanted = static_cast<qsizetype>(policies.size());
    if (m_policies.size() + wanted > MaxCachedPolicies)
        clearPolicies();
    for (const Policy &policy : policies) {
        if (m_policies.contains(policy))
            continue;
        const LimitPtr limit = policyLimit(policy, m_policyHeader);
        const quint32 terms = addTerms(limit, groupFor(identityOf(*limit)));
        retain(terms);
        m_policies.insert(policy, terms);
    }
}

quint32 LimitRegistry::adopt(const LimitPtr &limit)
{
    const quint32 group = groupFor(identityOf(*limit));
    for (quint32 terms = 0; terms < m_terms.size(); ++terms) {
        if (m_terms[terms].limit && m_terms[terms].group == group
            && m_terms[terms].successor == None && countsAlike(*m_terms[terms].limit, *limit))
            return terms;
    }
    return addTerms(limit, group);
}

void LimitRegistry::clearPolicies()
{
    QHash<Policy, quint32> policies;
    m_policies.swap(policies);
    for (const quint32 terms : std::as_const(policies))
        release(terms);
}

quint32 LimitRegistry::groupOf(const Limit &limit) const
{
    return m_groupNumbers.value(identityOf(limit), None);
}

quint32 LimitRegistry::groupFor(const QByteArray &identity)
{
    const auto found = m_groupNumbers.constFind(identity);
    if (found != m_groupNumbers.constEnd())
        return *found;
    if (m_freeGroups.empty()) {
        m_freeGroups.push_back(static_cast<quint32>(m_groups.size()));
        m_groups.emplace_back();
    }
    const quint32 group = m_freeGroups.back();
    m_freeGroups.pop_back();
    m_groups[group].identity = identity;
    m_groupNumbers.insert(identity, group);
    return group;
}

quint32 LimitRegistry::addTerms(const LimitPtr &limit, quint32 group)
{
    if (m_freeTerms.empty()) {
        m_freeTerms.push_back(static_cast<quint32>(m_terms.size()));
        m_terms.emplace_back();
    }
    const quint32 terms = m_freeTerms.back();
    m_freeTerms.pop_back();
    m_terms[terms] = Terms();
    m_terms[terms].limit = limit;
    m_terms[terms].group = group;
    m_groups[group].latest = terms;
    ++m_groups[group].terms;
    return terms;
}

void LimitRegistry::release(quint32 terms)
{
    while (terms != None && --m_terms[terms].references == 0) {
        const quint32 successor = m_terms[terms].successor;
        const quint32 group = m_terms[terms].group;
        if (successor != None && m_terms[successor].predecessor == terms)
            m_terms[successor].predecessor = None;
        if (m_groups[group].latest == terms)
            m_groups[group].latest = None;
        m_terms[terms] = Terms();
        m_freeTerms.push_back(terms);
        if (--m_groups[group].terms == 0)
            dropGroup(group);
        terms = successor;
    }
}

void LimitRegistry::dropGroup(quint32 group)
{
    m_groupNumbers.remove(m_groups[group].identity);
    m_groups[group] = Group();
    m_freeGroups.push_back(group);
}

std::vector<quint32> LimitRegistry::rename(const Rename &rename)
{
    std::vector<quint32> renamed;
    for (const quint32 number : groupsNamed(rename.from)) {
        Group &group = m_groups[number];
        const QByteArray identity =
            identityOf(*withName(m_terms[newestOf(number)].limit, rename.to));
        if (m_groupNumbers.contains(identity))
            continue;
        m_groupNumbers.remove(group.identity);
        m_groupNumbers.insert(identity, number);
        group.identity = identity;
        renameTerms(number, rename.to);
        renamed.push_back(number);
    }
    return renamed;
}

/// Those that counters are read by, whoever's: of a limit that is gone nobody else would.
void LimitRegistry::renameTerms(quint32 group, const QByteArray &name)
{
    for (Terms &terms : m_terms) {
        if (terms.limit && terms.group == group && terms.successor == None)
            terms.limit = withName(terms.limit, name);
    }
}

std::vector<quint32> LimitRegistry::groupsNamed(QByteArrayView name) const
{
    std::vector<quint32> groups;
    for (quint32 group = 0; group < m_groups.size(); ++group) {
        const quint32 terms = newestOf(group);
        if (terms != None && m_terms[terms].limit->name == name)
            groups.push_back(group);
    }
    return groups;
}

/// The newest terms of a group, or others of it if those are gone: header policies come and go.
quint32 LimitRegistry::newestOf(quint32 group) const
{
    const quint32 latest = m_groups[group].latest;
    if (latest != None || m_groups[group].terms == 0)
        return latest;
    for (quint32 terms = 0; terms < m_terms.size(); ++terms) {
        if (m_terms[terms].limit && m_terms[terms].group == group
            && m_terms[terms].successor == None)
            return terms;
    }
    return None;
}

quint32 LimitRegistry::termsFor(quint32 group, const QByteArray &value) const
{
    const auto own = m_own.find({group, value});
    return own != m_own.end() ? own->second : newestOf(group);
}

quint32 LimitRegistry::latest(quint32 terms) const
{
    while (m_terms[terms].successor != None)
        terms = m_terms[terms].successor;
    return terms;
}

GcraState LimitRegistry::upToDate(quint32 terms, Int128 tat) const
{
    GcraState state{tat, m_terms[terms].limit->quota, m_terms[terms].limit->period};
    for (; m_terms[terms].successor != None; terms = m_terms[terms].successor) {
        const Terms &next = m_terms[m_terms[terms].successor];
        state = gcra::rescaled(state, next.limit->rate(), m_terms[terms].until.engine);
    }
    return state;
}

WindowState LimitRegistry::upToDate(quint32 terms, const WindowState &stored) const
{
    WindowState state = stored;
    for (; m_terms[terms].successor != None; terms = m_terms[terms].successor) {
        const nanoseconds from = m_terms[terms].limit->period;
        const nanoseconds to = m_terms[m_terms[terms].successor].limit->period;
        if (from != to)
            state = slidingwindow::rescaled(state, from, to, m_terms[terms].until.engine);
    }
    return state;
}

qint64 LimitRegistry::cellUpToDate(quint32 terms, qint64 cell) const
{
    for (; m_terms[terms].successor != None; terms = m_terms[terms].successor) {
        const nanoseconds from = m_terms[terms].limit->period;
        const nanoseconds to = m_terms[m_terms[terms].successor].limit->period;
        if (from != to)
            cell = slidingwindow::rescaledCell(cell, from, to, m_terms[terms].until.engine);
    }
    return cell;
}

CalendarState LimitRegistry::upToDate(quint32 terms, const CalendarState &stored) const
{
    CalendarState state = stored;
    for (; m_terms[terms].successor != None; terms = m_terms[terms].successor) {
        const Calendar &from = m_terms[terms].limit->calendar;
        const Calendar &to = m_terms[m_terms[terms].successor].limit->calendar;
        const milliseconds when = m_terms[terms].until.wall;
        if (from != to)
            state = calendarwindow::rescaled(state, periodAt(from, when), periodAt(to, when));
    }
    return state;
}

const Periods &LimitRegistry::periodsOf(quint32 terms, milliseconds wall) const
{
    const Terms &of = m_terms[terms];
    if (of.periods.current.contains(wall))
        return of.periods;
    const Calendar &calendar = of.limit->calendar;
    const CalendarPeriod current = periodAt(calendar, wall);
    const milliseconds before = std::max(current.start, milliseconds::min() + milliseconds(1));
    of.periods = {current, periodAt(calendar, current.end),
        periodAt(calendar, before - milliseconds(1)).start};
    return of.periods;
}

quint32 LimitRegistry::intern(const QByteArray &owner)
{
    const quint32 known = ownerOf(owner);
    if (known != None)
        return known;
    const auto number = static_cast<quint32>(m_owners.size());
    m_owners.push_back(owner);
    m_ownerNumbers.emplace(owner, number);
    return number;
}

quint32 LimitRegistry::ownerOf(const QByteArray &owner) const
{
    if (owner.isEmpty())
        return 0;
    const auto found = m_ownerNumbers.find(owner);
    return found == m_ownerNumbers.end() ? None : found->second;
}

const QByteArray &LimitRegistry::ownerName(quint32 owner) const
{
    return m_owners[owner];
}

} // namespace sluice::limits
