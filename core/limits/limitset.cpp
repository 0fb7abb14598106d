// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/limitset.h"

#include <algorithm>
#include <atomic>

namespace sluice::limits {

Limit limitOf(const config::LimitRule &rule)
{
    Limit limit;
    limit.name = rule.name;
    limit.scope = rule.scope;
    limit.router = rule.router;
    limit.segment = rule.segment;
    limit.algorithm = rule.algorithm;
    limit.unit = rule.unit;
    limit.quota = rule.capacity;
    limit.period = rule.refill;
    limit.calendar = rule.calendar;
    limit.mode = rule.mode;
    limit.onMissing = rule.onMissing;
    limit.onStoreFailure = rule.onStoreFailure;
    limit.store = rule.store;
    limit.match = rule.match;
    limit.policy = rule.policy;
    limit.line = rule.place.line;
    for (const config::LimitOverride &own : rule.overrides) {
        auto other = std::make_shared<Limit>(limit);
        other->overrides.clear();
        other->quota = own.capacity;
        other->period = own.refill;
        other->line = own.place.line;
        limit.overrides.insert_or_assign(own.value, std::move(other));
    }
    return limit;
}

namespace {

/// Numbers a limit and its overrides, so that the engine finds what it knows of them by index.
LimitPtr numbered(Limit &&limit, quint32 &next)
{
    limit.number = next++;
    for (auto &[value, own] : limit.overrides) {
        auto copy = std::make_shared<Limit>(*own);
        copy->number = next++;
        copy->isKept = limit.isKept;
        copy->isShared = limit.isShared;
        own = std::move(copy);
    }
    return std::make_shared<const Limit>(std::move(limit));
}

} // namespace

std::shared_ptr<const LimitSet> LimitSet::compile(const config::Configuration &configuration)
{
    static std::atomic<quint64> s_lastSerial{0};
    auto set = std::make_shared<LimitSet>();
    set->m_serial = ++s_lastSerial;
    set->m_policyHeader = configuration.policyHeader;
    set->m_maxCounters = configuration.server.maxCounters;
    set->m_stores = configuration.stores;
    if (configuration.policyHeader.enabled)
        set->noteStore(configuration.stores.front());
    for (const config::LimitRule &rule : configuration.limits) {
        if (rule.mode == LimitMode::Off)
            continue;
        const config::Store &store = configuration.stores[static_cast<size_t>(rule.store)];
        set->noteStore(store);
        Limit limit = limitOf(rule);
        limit.isKept = store.type == config::Store::Type::Sqlite;
        limit.isShared = store.isShared();
        set->m_all.push_back(numbered(std::move(limit), set->m_numbersEnd));
        set->m_hasPolicies |= !rule.policy.isEmpty();
        set->m_countsMoney |= rule.unit == Unit::Cents && rule.mode == LimitMode::Enforce;
        set->m_asksProviders |= !rule.match.providers.isEmpty() || !rule.match.models.isEmpty();
        if (rule.scope == LimitScope::Global)
            set->m_direct.push_back(set->m_all.back());
    }
    set->m_unified = set->m_direct;
    set->append(set->m_unified, LimitScope::Unified, {});
    for (const config::Router &router : configuration.routers) {
        std::vector<LimitPtr> &limits = set->m_routers[router.name];
        if (router.limitsDisabled)
            continue;
        limits = set->m_direct;
        set->append(limits, LimitScope::Router, router.name);
    }
    return set;
}

void LimitSet::noteStore(const config::Store &store)
{
    m_asksStores |= store.isShared();
    m_isStrict |= store.isStrict;
}

void LimitSet::append(std::vector<LimitPtr> &limits, LimitScope scope, QByteArrayView router) const
{
    for (const LimitPtr &limit : m_all) {
        if (limit->scope == scope && limit->router == router)
            limits.push_back(limit);
    }
}

const std::vector<LimitPtr> &LimitSet::limitsFor(const Subject &subject) const
{
    if (subject.entry == Entry::Unified)
        return m_unified;
    if (subject.entry == Entry::Router) {
        const auto found = m_routers.find(subject.router);
        if (found != m_routers.end())
            return found->second;
    }
    return m_direct;
}

LimitPtr LimitSet::find(QByteArrayView name) const
{
    const auto found = std::find_if(
        m_all.begin(), m_all.end(), [name](const LimitPtr &limit) { return limit->name == name; });
    return found == m_all.end() ? nullptr : *found;
}

} // namespace sluice::limits
