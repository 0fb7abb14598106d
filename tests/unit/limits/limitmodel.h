// SPDX-License-Identifier: GPL-3.0-or-later
// The limit engine by its definitions, slowly: leaky buckets in exact fractions, windows as lists
// of everything admitted, keys as maps. Shares no code with the engine but the plain values.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/limitset.h"
#include "core/limits/wide.h"
#include "modelbucket.h"

#include <map>
#include <tuple>

namespace sluice::test {

using namespace sluice::limits;

class LimitModel
{
public:
    struct Link
    {
        bool skipped = false;
        bool passes = true;
        MicroAmount remaining = 0;
    };

    struct Outcome
    {
        Verdict verdict = Verdict::Admitted;
        std::vector<Link> links;
    };

    /// Counters of limits whose rate has changed keep their used units.
    void apply(EngineTime now, const LimitSet &limits)
    {
        m_policyHeader = limits.policyHeader();
        for (auto &[key, bucket] : m_buckets) {
            for (const LimitPtr &limit : limits.all()) {
                if (limit->name == std::get<0>(key))
                    bucket.edit(now, limit->quota, limit->period.count());
            }
        }
    }

    Outcome decide(EngineTime now, const LimitSet &limits, const Subject &subject, bool charges)
    {
        const std::vector<LimitPtr> chain = chainFor(limits, subject);
        Outcome outcome;
        for (const LimitPtr &limit : chain)
            outcome.links.push_back(judge(now, *limit, subject, outcome.verdict));
        if (!charges || outcome.verdict != Verdict::Admitted)
            return outcome;
        std::map<Key, MicroAmount> charged; // key -> the smallest quota of the items that share it
        for (size_t i = 0; i < chain.size(); ++i) {
            if (outcome.links[i].skipped || !outcome.links[i].passes)
                continue;
            const auto entry =
                charged.try_emplace(keyOf(*chain[i], subject), chain[i]->quota).first;
            entry->second = std::min(entry->second, chain[i]->quota);
        }
        for (size_t i = 0; i < chain.size(); ++i) {
            const auto entry = charged.find(keyOf(*chain[i], subject));
            if (entry == charged.end() || entry->second != chain[i]->quota)
                continue;
            charge(now, *chain[i], entry->first);
            charged.erase(entry);
        }
        for (size_t i = 0; i < chain.size(); ++i) {
            if (!outcome.links[i].skipped)
                outcome.links[i].remaining = remaining(now, *chain[i], keyOf(*chain[i], subject));
        }
        return outcome;
    }

private:
    using Key = std::tuple<QByteArray, QByteArray, QByteArray>;

    std::vector<LimitPtr> chainFor(const LimitSet &limits, const Subject &subject) const
    {
        std::vector<LimitPtr> chain = limits.limitsFor(subject);
        for (const Policy &policy : subject.policies) {
            const bool isBucket =
                m_policyHeader.algorithm == config::PolicyHeader::Algorithm::TokenBucket;
            auto limit = std::make_shared<Limit>();
            limit->scope = LimitScope::Header;
            limit->name = QByteArray::number(policy.window.count()) + ':'
                + QByteArray::number(static_cast<int>(policy.segment.kind))
                + policy.segment.property + (isBucket ? "b" : "w");
            limit->algorithm = isBucket ? Algorithm::Gcra : Algorithm::SlidingWindow;
            limit->segment = policy.segment;
            limit->quota = policy.quota;
            limit->period = policy.window;
            limit->onMissing =
                m_policyHeader.shareMissingSegment ? MissingSegment::Share : MissingSegment::Reject;
            chain.push_back(limit);
        }
        return chain;
    }

    static QByteArray valueOf(const Limit &limit, const Subject &subject)
    {
        if (limit.segment.kind == SegmentKind::ApiKey)
            return subject.apiKey;
        if (limit.segment.kind == SegmentKind::EndUser)
            return subject.endUser;
        for (const Property &property : subject.properties) {
            if (limit.segment.kind == SegmentKind::Property
                && property.name == limit.segment.property)
                return property.value;
        }
        return {};
    }

    static Key keyOf(const Limit &limit, const Subject &subject)
    {
        const bool isHeader = limit.scope == LimitScope::Header;
        return {limit.name, isHeader ? subject.apiKey : QByteArray(), valueOf(limit, subject)};
    }

    Link judge(EngineTime now, const Limit &limit, const Subject &subject, Verdict &verdict)
    {
        Link link;
        const bool isMissing =
            limit.segment.kind != SegmentKind::Shared && valueOf(limit, subject).isEmpty();
        if (isMissing && limit.onMissing != MissingSegment::Share) {
            link.skipped = true;
            link.passes = limit.onMissing == MissingSegment::Skip;
            if (!link.passes && limit.mode == LimitMode::Enforce)
                verdict = Verdict::MissingSegment;
            return link;
        }
        link.remaining = remaining(now, limit, keyOf(limit, subject));
        link.passes = fits(now, limit, keyOf(limit, subject));
        if (!link.passes && limit.mode == LimitMode::Enforce && verdict == Verdict::Admitted)
            verdict = Verdict::LimitReached;
        return link;
    }

    Int128 level(EngineTime now, const Limit &limit, const Key &key) const
    {
        if (limit.algorithm == Algorithm::Gcra) {
            const auto bucket = m_buckets.find(key);
            return bucket == m_buckets.end() ? 0 : bucket->second.levelAt(now);
        }
        const auto log = m_logs.find(key);
        if (log == m_logs.end())
            return 0;
        Int128 used = 0;
        for (auto at = log->second.rbegin(); at != log->second.rend(); ++at) {
            if (cell(now, limit) - cell(*at, limit) > 60)
                break;
            used += MicroPerUnit;
        }
        return used * limit.period.count();
    }

    static qint64 cell(EngineTime at, const Limit &limit)
    {
        return static_cast<qint64>(static_cast<Int128>(at.count()) * 60 / limit.period.count());
    }

    bool fits(EngineTime now, const Limit &limit, const Key &key) const
    {
        const Int128 room = static_cast<Int128>(limit.quota - MicroPerUnit) * limit.period.count();
        return level(now, limit, key) <= room;
    }

    MicroAmount remaining(EngineTime now, const Limit &limit, const Key &key) const
    {
        const Int128 left =
            static_cast<Int128>(limit.quota) * limit.period.count() - level(now, limit, key);
        return left <= 0 ? 0 : static_cast<MicroAmount>(left / limit.period.count());
    }

    void charge(EngineTime now, const Limit &limit, const Key &key)
    {
        if (limit.algorithm == Algorithm::SlidingWindow) {
            m_logs[key].push_back(now);
            return;
        }
        ModelBucket &bucket = m_buckets[key];
        if (bucket.period == 0)
            bucket = {0, limit.quota, limit.period.count(), now};
        bucket.edit(now, limit.quota, limit.period.count());
        bucket.level += static_cast<Int128>(MicroPerUnit) * limit.period.count();
    }

    config::PolicyHeader m_policyHeader;
    std::map<Key, ModelBucket> m_buckets;
    std::map<Key, std::vector<EngineTime>> m_logs;
};

} // namespace sluice::test
