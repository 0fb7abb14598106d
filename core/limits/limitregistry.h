// SPDX-License-Identifier: GPL-3.0-or-later
// Who counts in what: the groups that counters belong to, the terms (quota and period) that their
// states were counted in, and how terms followed one another by edits. Owned by one Engine.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/counter.h"
#include "core/limits/limitset.h"

#include <QHash>

#include <vector>

namespace sluice::limits {

/// A limit as it stood for a while. Counters refer to the terms of their last charge, so an edit
/// touches no counter: a state is brought up to date by replaying the edits since.
struct Terms
{
    LimitPtr limit;
    quint32 group = 0;
    quint32 successor = 0xFFFF'FFFF; ///< the terms that an edit put in their place
    EngineTime until{0}; ///< when that was
    qint64 references = 0; ///< counters, the running configuration, the policy cache, predecessors
};

class LimitRegistry final
{
public:
    static constexpr quint32 None = 0xFFFF'FFFF;

    LimitRegistry() = default;
    Q_DISABLE_COPY_MOVE(LimitRegistry)

    /// Makes these the running limits. True if a rate has changed, so that counters are out of
    /// date.
    bool apply(EngineTime now, const LimitSet &limits);

    /// The serial of the set applied last; 0 = none.
    [[nodiscard]] quint64 serial() const { return m_serial; }

    /// The terms of a limit of the running configuration, or None.
    [[nodiscard]] quint32 termsOf(const Limit *limit) const { return m_running.value(limit, None); }

    /// The terms of a header policy that addPolicies() was given last or lately, or None.
    [[nodiscard]] quint32 termsOf(const Policy &policy) const
    {
        return m_policies.value(policy, None);
    }

    void addPolicies(const std::vector<Policy> &policies);

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

    /// A number for an API key or team; 0 for the empty name. ownerOf() answers None if unknown.
    quint32 intern(const QByteArray &owner);
    [[nodiscard]] quint32 ownerOf(const QByteArray &owner) const;
    [[nodiscard]] const QByteArray &ownerName(quint32 owner) const;

private:
    struct Group
    {
        QByteArray identity;
        quint32 latest = None; ///< its newest terms
        qint64 terms = 0;
    };

    quint32 groupFor(const QByteArray &identity);
    quint32 addTerms(const LimitPtr &limit, quint32 group);
    quint32 renew(EngineTime now, const LimitPtr &limit, bool &hasChanged);
    void dropGroup(quint32 group);
    void clearPolicies();

    std::vector<Terms> m_terms;
    std::vector<quint32> m_freeTerms;
    std::vector<Group> m_groups;
    std::vector<quint32> m_freeGroups;
    QHash<QByteArray, quint32> m_groupNumbers;
    QHash<const Limit *, quint32> m_running;
    QHash<Policy, quint32> m_policies; ///< bounded
    config::PolicyHeader m_policyHeader; ///< what m_policies was compiled under
    ByteMap<quint32> m_ownerNumbers;
    std::vector<QByteArray> m_owners{QByteArray()};
    quint64 m_serial = 0;
};

} // namespace sluice::limits
