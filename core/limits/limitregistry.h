// SPDX-License-Identifier: GPL-3.0-or-later
// Who counts in what: the groups that counters belong to, the terms (quota and period) that their
// states were counted in, and how terms followed one another by edits. Owned by one CounterBook.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/counter.h"
#include "core/limits/limitset.h"
#include "core/limits/rename.h"

#include <QHash>

#include <map>
#include <vector>

namespace sluice::limits {

/// The periods of a calendar around now, computed once in each.
struct Periods
{
    CalendarPeriod current;
    CalendarPeriod next;
    milliseconds previousStart{0};
};

/// A limit as it stood for a while. Counters refer to the terms of their last charge, so an edit
/// touches no counter: a state is brought up to date by replaying the edits since.
struct Terms
{
    static constexpr quint32 None = 0xFFFF'FFFF;

    LimitPtr limit;
    quint32 group = 0;
    quint32 successor = None; ///< the terms that an edit put in their place
    quint32 predecessor = None; ///< the terms whose successor these are, of the same overrides
    Instant until; ///< when the successor came
    qint64 references = 0; ///< counters, the running configuration, the policy cache, predecessors
    mutable Periods periods; ///< calendar windows only; a cache
};

/// The counters of one value that has got amounts of its own (`overrides`), or has lost them.
struct Moved
{
    QByteArray value; ///< as displayed
    quint32 group = 0;
    quint32 from = 0; ///< what they were counted in until now, edits included
    quint32 to = 0; ///< what they are counted in from now on
};

class LimitRegistry final
{
public:
    static constexpr quint32 None = Terms::None;

    LimitRegistry() = default;
    Q_DISABLE_COPY_MOVE(LimitRegistry)

    struct Changes
    {
        bool hasChanged = false; ///< a rate or calendar has changed: counters are out of date
        std::vector<Moved> moved;
    };

    /// Makes these the running limits.
    Changes apply(Instant now, const LimitSet &limits);

    /// Lets what is counted under a name go on under another one, which apply() brings next. Does
    /// nothing where that name is counted under already. Gives the groups.
    std::vector<quint32> rename(const Rename &rename);

    /// The serial of the set applied last; 0 = none.
    [[nodiscard]] quint64 serial() const { return m_serial; }

    /// The terms of a limit of the set applied last; None for any other limit.
    [[nodiscard]] quint32 termsOf(const Limit &limit) const
    {
        if (limit.number >= m_running.size())
            return None;
        const quint32 terms = m_running[limit.number];
        return m_terms[terms].limit.get() == &limit ? terms : None;
    }

    /// The groups of limits of that name; a name may have come to mean another unit or segment.
    [[nodiscard]] std::vector<quint32> groupsNamed(QByteArrayView name) const;

    /// The newest terms of a group, whoever's.
    [[nodiscard]] quint32 newestOf(quint32 group) const;

    /// What a counter of a group is counted in now, by its displayed value.
    [[nodiscard]] quint32 termsFor(quint32 group, const QByteArray &value) const;

    /// The terms of a header policy that addPolicies() was given last or lately, or None.
    [[nodiscard]] quint32 termsOf(const Policy &policy) const
    {
        return m_policies.value(policy, None);
    }

    void addPolicies(const std::vector<Policy> &policies);

    /// Terms for a limit that is not running: a header policy that may have left the cache, or one
    /// that is gone. They live as long as they are retained.
    quint32 adopt(const LimitPtr &limit);

    /// Whether its counters are in a shared store; policies of clients are where the configuration
    /// that was applied last says.
    [[nodiscard]] bool isShared(const Limit &limit) const
    {
        return limit.scope == LimitScope::Header ? m_areClientsShared : limit.isShared;
    }

    /// The group that counters of such a limit belong to, or None if there is none yet.
    [[nodiscard]] quint32 groupOf(const Limit &limit) const;

    [[nodiscard]] const Terms &at(quint32 terms) const { return m_terms[terms]; }

    void retain(quint32 terms) { ++m_terms[terms].references; }

    void release(quint32 terms);

    /// The terms at the end of the chain of edits.
    [[nodiscard]] quint32 latest(quint32 terms) const;

    /// A state counted in `terms` as it reads after all edits since.
    [[nodiscard]] GcraState upToDate(quint32 terms, Int128 tat) const;
    [[nodiscard]] WindowState upToDate(quint32 terms, const WindowState &stored) const;
    [[nodiscard]] CalendarState upToDate(quint32 terms, const CalendarState &stored) const;

    /// The same for the cell of an admission.
    [[nodiscard]] qint64 cellUpToDate(quint32 terms, qint64 cell) const;

    /// The periods of a calendar limit's terms around `wall`.
    [[nodiscard]] const Periods &periodsOf(quint32 terms, milliseconds wall) const;

    /// A number for an API key or team; 0 for the empty name. ownerOf() answers None if unknown.
    quint32 intern(const QByteArray &owner);
    [[nodiscard]] quint32 ownerOf(const QByteArray &owner) const;
    [[nodiscard]] const QByteArray &ownerName(quint32 owner) const;

    [[nodiscard]] quint32 ownersEnd() const { return static_cast<quint32>(m_owners.size()); }

private:
    struct Group
    {
        QByteArray identity;
        quint32 latest = None; ///< the newest terms of those without own amounts
        qint64 terms = 0;
    };

    using OwnKey = std::pair<quint32, QByteArray>; ///< group and displayed value
    using OwnTerms = std::map<OwnKey, quint32>;

    quint32 groupFor(const QByteArray &identity);
    quint32 addTerms(const LimitPtr &limit, quint32 group);
    void applyOne(Instant now, const LimitPtr &limit, const OwnTerms &before, Changes &changes);
    void applyOverrides(Instant now, const LimitPtr &limit, quint32 terms, const OwnTerms &before,
        Changes &changes);
    quint32 renew(
        Instant now, const LimitPtr &limit, quint32 group, quint32 before, bool &hasChanged);
    void follow(Instant now, quint32 terms, quint32 successor);
    void keepOwn(const OwnTerms &before);
    void dropGroup(quint32 group);
    void renameTerms(quint32 group, const QByteArray &name);
    void clearPolicies();

    std::vector<Terms> m_terms;
    std::vector<quint32> m_freeTerms;
    std::vector<Group> m_groups;
    std::vector<quint32> m_freeGroups;
    QHash<QByteArray, quint32> m_groupNumbers;
    std::vector<quint32> m_running; ///< terms by Limit::number
    OwnTerms
        m_own; ///< terms of the overrides, of limits that are gone as long as counters are left
    QHash<Policy, quint32> m_policies; ///< bounded
    bool m_areClientsShared = false; ///< their policies count outside of this process
    config::PolicyHeader m_policyHeader; ///< what m_policies was compiled under
    ByteMap<quint32> m_ownerNumbers;
    std::vector<QByteArray> m_owners{QByteArray()};
    quint64 m_serial = 0;
};

} // namespace sluice::limits
