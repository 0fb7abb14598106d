// SPDX-License-Identifier: GPL-3.0-or-later
// The limits of one configuration, compiled for look-up. Immutable, shared between threads.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/limit.h"
#include "core/limits/subject.h"

namespace sluice::limits {

/// A rule of the configuration as the engine counts it, for the engine and for who draws it.
Limit limitOf(const config::LimitRule &rule);

class LimitSet
{
public:
    /// Compiles the limits of a configuration; limits with mode off are left out.
    static std::shared_ptr<const LimitSet> compile(const config::Configuration &configuration);

    /// The configured limits that apply where the subject entered, global ones first. Empty for a
    /// router that opts out; the global ones alone for a router that the configuration lacks.
    [[nodiscard]] const std::vector<LimitPtr> &limitsFor(const Subject &subject) const;

    [[nodiscard]] const std::vector<LimitPtr> &all() const { return m_all; }

    [[nodiscard]] LimitPtr find(QByteArrayView name) const;

    /// Limit::number of the limits and their overrides run from 0 to here.
    [[nodiscard]] quint32 numbersEnd() const { return m_numbersEnd; }

    /// Whether the file has `policies`.
    [[nodiscard]] bool hasPolicies() const { return m_hasPolicies; }

    /// Whether an enforced limit counts money.
    [[nodiscard]] bool countsMoney() const { return m_countsMoney; }

    /// Whether a limit, or a policy that a client may send, counts outside of this process.
    [[nodiscard]] bool asksStores() const { return m_asksStores; }

    /// Whether a limit's charge must be on disk before it means anything.
    [[nodiscard]] bool isStrict() const { return m_isStrict; }

    /// Limit::store is the index.
    [[nodiscard]] const std::vector<config::Store> &stores() const { return m_stores; }

    [[nodiscard]] const config::Store &storeOf(const Limit &limit) const
    {
        return m_stores[static_cast<size_t>(limit.store)];
    }

    /// Whether a limit wants to know Subject::candidates.
    [[nodiscard]] bool asksProviders() const { return m_asksProviders; }

    [[nodiscard]] const config::PolicyHeader &policyHeader() const { return m_policyHeader; }

    [[nodiscard]] qint64 maxCounters() const { return m_maxCounters; }

    /// Different for every compiled set of this process.
    [[nodiscard]] quint64 serial() const { return m_serial; }

private:
    void noteStore(const config::Store &store);
    void append(std::vector<LimitPtr> &limits, LimitScope scope, QByteArrayView router) const;

    quint64 m_serial = 0;
    quint32 m_numbersEnd = 0;
    bool m_asksProviders = false;
    bool m_hasPolicies = false;
    bool m_countsMoney = false;
    bool m_asksStores = false;
    bool m_isStrict = false;
    std::vector<config::Store> m_stores{config::Store()};
    std::vector<LimitPtr> m_all;
    std::vector<LimitPtr> m_direct;
    std::vector<LimitPtr> m_unified;
    ByteMap<std::vector<LimitPtr>> m_routers;
    config::PolicyHeader m_policyHeader;
    qint64 m_maxCounters = 0;
};

} // namespace sluice::limits
