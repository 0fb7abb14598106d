// SPDX-License-Identifier: GPL-3.0-or-later
#include "limitmodel.h"

#include <algorithm>

namespace sluice::test {

using namespace std::chrono_literals;

namespace {

using Key = LimitModel::Key;

bool globFits(const QByteArray &pattern, const QByteArray &text)
{
    return pattern.endsWith('*') ? text.startsWith(pattern.chopped(1)) : text == pattern;
}

bool anyFits(const QList<QByteArray> &patterns, const QByteArray &text)
{
    for (const QByteArray &pattern : patterns) {
        if (globFits(pattern, text))
            return true;
    }
    return patterns.isEmpty();
}

bool servedFits(const LimitMatch &match, const QByteArray &asked, const Candidate &by)
{
    if (!anyFits(match.providers, by.provider))
        return false;
    return anyFits(match.models, asked) || (!by.model.isEmpty() && anyFits(match.models, by.model));
}

QByteArray propertyOf(const Subject &subject, const QByteArray &name)
{
    for (const Property &property : subject.properties) {
        if (property.name == name)
            return property.value;
    }
    return {};
}

bool fits(const LimitMatch &match, const Subject &subject)
{
    if (!anyFits(match.keys, subject.apiKey) || !anyFits(match.teams, subject.team)
        || !anyFits(match.users, subject.endUser))
        return false;
    for (auto it = match.properties.begin(); it != match.properties.end(); ++it) {
        const QByteArray value = propertyOf(subject, it.key());
        if (value.isEmpty() || !globFits(it.value(), value))
            return false;
    }
    if (match.models.isEmpty() && match.providers.isEmpty())
        return true;
    bool any = subject.candidates.empty() && match.providers.isEmpty()
        && anyFits(match.models, subject.model);
    for (const Candidate &candidate : subject.candidates)
        any = any || servedFits(match, subject.model, candidate);
    return any;
}

QByteArray valueOf(const Limit &limit, const Subject &subject)
{
    switch (limit.segment.kind) {
    case SegmentKind::Shared:
        break;
    case SegmentKind::ApiKey:
        return subject.apiKey;
    case SegmentKind::EndUser:
        return subject.endUser;
    case SegmentKind::Team:
        return subject.team;
    case SegmentKind::TeamMember:
        return subject.team.isEmpty() || subject.member.isEmpty()
            ? QByteArray()
            : subject.team + '/' + subject.member;
    case SegmentKind::Property:
        return propertyOf(subject, limit.segment.property);
    }
    return {};
}

QByteArray identityOf(const Limit &limit)
{
    const bool isHeader = limit.scope == LimitScope::Header;
    QByteArray text =
        isHeader ? "h" + QByteArray::number(qint64(limit.period.count())) : "c" + limit.name;
    for (const int part : {int(limit.unit), int(limit.algorithm), int(limit.segment.kind)})
        text += '|' + QByteArray::number(part);
    return text + '|' + limit.segment.property;
}

Key keyOf(const Limit &limit, const Subject &subject)
{
    return {identityOf(limit), limit.isPolicy() ? subject.apiKey : QByteArray(),
        valueOf(limit, subject)};
}

LimitPtr headerLimit(const Policy &policy, const config::PolicyHeader &header)
{
    const bool isBucket = header.algorithm == config::PolicyHeader::Algorithm::TokenBucket;
    auto limit = std::make_shared<Limit>();
    limit->scope = LimitScope::Header;
    limit->policy = "header";
    limit->algorithm = isBucket ? Algorithm::Gcra : Algorithm::SlidingWindow;
    limit->segment = policy.segment;
    limit->unit = policy.unit;
    limit->quota = policy.quota;
    limit->period = policy.window;
    limit->onMissing = header.shareMissingSegment ? MissingSegment::Share : MissingSegment::Reject;
    return limit;
}

MicroAmount whole(const Expected &expected)
{
    return expected.firm + expected.guess;
}

std::optional<Expected> expectedFor(Unit unit, const Estimate &estimate)
{
    const Expected &in = estimate.input;
    const Expected &out = estimate.output;
    switch (unit) {
    case Unit::Token:
        return Expected{in.firm + out.firm, in.guess + out.guess};
    case Unit::InputToken:
        return in;
    case Unit::OutputToken:
        return out;
    case Unit::Cents:
        return estimate.allowsUnpriced ? estimate.cents.value_or(Expected()) : estimate.cents;
    case Unit::Request:
    case Unit::ConcurrentRequest:
        break;
    }
    return Expected{MicroPerUnit, 0};
}

/// What a hold becomes; `held` where nothing was reported.
MicroAmount settledAs(
    const Limit &limit, MicroAmount held, const Estimate &estimate, const Consumption &real)
{
    switch (limit.unit) {
    case Unit::Request:
        break;
    case Unit::ConcurrentRequest:
        return 0;
    case Unit::InputToken:
        return real.input.value_or(held);
    case Unit::OutputToken:
        return real.output.value_or(held);
    case Unit::Cents:
        return real.cents.value_or(held);
    case Unit::Token:
        if (real.input || real.output)
            return real.input.value_or(whole(estimate.input))
                + real.output.value_or(whole(estimate.output));
    }
    return held;
}

} // namespace

void LimitModel::apply(Instant now, const std::shared_ptr<const LimitSet> &limits)
{
    m_limits = limits;
    for (auto &[key, counter] : m_counters) {
        for (const LimitPtr &limit : limits->all()) {
            if (identityOf(*limit) != std::get<0>(key))
                continue;
            const bool isOwner = limit->isPolicy() && limit->segment.kind == SegmentKind::ApiKey;
            const auto own = limit->overrides.find(isOwner ? std::get<1>(key) : std::get<2>(key));
            counter.edit(now, own == limit->overrides.end() ? *limit : *own->second);
        }
    }
}

std::vector<LimitPtr> LimitModel::chainFor(const Subject &subject) const
{
    std::vector<LimitPtr> chain;
    for (const LimitPtr &limit : m_limits->limitsFor(subject)) {
        if (fits(limit->match, subject))
            chain.push_back(limit);
    }
    for (const Policy &policy : subject.policies)
        chain.push_back(headerLimit(policy, m_limits->policyHeader()));
    return chain;
}

MicroAmount LimitModel::extraOf(const Link &link, Instant now) const
{
    for (const Raise &raise : m_operations.raises) {
        if (raise.limit == link.limit->name && raise.value == link.value
            && now.engine < raise.until)
            return raise.extra;
    }
    return 0;
}

bool LimitModel::isBlocked(Instant now, const Subject &subject) const
{
    return std::any_of(
        m_operations.blocks.begin(), m_operations.blocks.end(), [&](const Block &block) {
            Limit limit;
            limit.segment = block.segment;
            return (!block.until || now.engine < *block.until)
                && valueOf(limit, subject) == block.value;
        });
}

LimitModel::Link LimitModel::judge(
    Instant now, const LimitPtr &limit, const Subject &subject, const Estimate &estimate) const
{
    Link link;
    link.limit = limit;
    const QByteArray value = valueOf(*limit, subject);
    if (limit->segment.kind != SegmentKind::Shared && value.isEmpty()
        && limit->onMissing != MissingSegment::Share) {
        link.verdict = LinkVerdict::Skipped;
        if (limit->onMissing == MissingSegment::Reject)
            link.refusal = Verdict::MissingSegment;
        return link;
    }
    link.value = value;
    if (const auto own = limit->overrides.find(value); own != limit->overrides.end())
        link.limit = own->second;
    link.capacity = link.limit->quota + extraOf(link, now);
    const Key key = keyOf(*limit, subject);
    read(now, link, key);
    const auto expected = expectedFor(limit->unit, estimate);
    if (!expected) {
        link.refusal = Verdict::Unpriced;
        return link;
    }
    link.cost = std::max(expected->firm, std::min(whole(*expected), link.capacity));
    judgeCost(now, link, key);
    if (link.refusal == Verdict::LimitReached && expected->firm > link.limit->quota
        && !helpsInTime(now, link, key))
        link.refusal = Verdict::NeverFits;
    return link;
}

/// Whether the raise, without which the request never fits, lasts until there is room for it.
bool LimitModel::helpsInTime(Instant now, Link link, const Key &key) const
{
    nanoseconds left{0};
    for (const Raise &raise : m_operations.raises) {
        if (raise.limit == link.limit->name && raise.value == link.value)
            left = raise.until - now.engine - 1ns;
    }
    const auto wall = now.wall + std::chrono::floor<milliseconds>(left);
    judgeCost({now.engine + left, wall}, link, key);
    return link.refusal == Verdict::Admitted;
}

void LimitModel::judgeCost(Instant now, Link &link, const Key &key) const
{
    link.refusal = Verdict::Admitted;
    ModelCounter::Level level;
    if (const auto counter = m_counters.find(key); counter != m_counters.end())
        level = counter->second.levelAt(now);
    if (link.cost > link.capacity)
        link.refusal = Verdict::NeverFits;
    else if (level.volume > static_cast<Int128>(link.capacity - link.cost) * level.scale)
        link.refusal = link.limit->algorithm == Algorithm::Concurrency ? Verdict::SlotsTaken
                                                                       : Verdict::LimitReached;
}

/// Items of one header that share a counter cost what the smallest of them allows.
void LimitModel::shareTwins(Instant now, std::vector<Link> &links, const Subject &subject) const
{
    std::map<Key, MicroAmount> costs;
    const auto counts = [](const Link &link) {
        return link.limit->scope == LimitScope::Header && link.verdict != LinkVerdict::Skipped
            && link.refusal != Verdict::Unpriced;
    };
    for (const Link &link : links) {
        if (counts(link)) {
            auto &cost = costs.try_emplace(keyOf(*link.limit, subject), link.cost).first->second;
            cost = std::min(cost, link.cost);
        }
    }
    for (Link &link : links) {
        if (counts(link)) {
            link.cost = costs.at(keyOf(*link.limit, subject));
            judgeCost(now, link, keyOf(*link.limit, subject));
        }
    }
}

LimitModel::Outcome LimitModel::ask(
    Instant now, const Subject &subject, const Estimate &estimate) const
{
    // From what counts least to what counts most.
    constexpr std::array order{Verdict::Admitted, Verdict::SlotsTaken, Verdict::LimitReached,
        Verdict::Unpriced, Verdict::NeverFits, Verdict::MissingSegment};
    const auto rank = [&order](Verdict v) { return std::find(order.begin(), order.end(), v); };
    Outcome outcome;
    for (const LimitPtr &limit : chainFor(subject))
        outcome.links.push_back(judge(now, limit, subject, estimate));
    shareTwins(now, outcome.links, subject);
    for (Link &link : outcome.links) {
        if (link.refusal == Verdict::Admitted)
            continue;
        const bool isShadow = link.limit->mode == LimitMode::Shadow;
        link.verdict = isShadow ? LinkVerdict::WouldRefuse : LinkVerdict::Refuses;
        if (!isShadow && rank(link.refusal) > rank(outcome.verdict))
            outcome.verdict = link.refusal;
    }
    if (isBlocked(now, subject))
        outcome.verdict = Verdict::Blocked;
    return outcome;
}

LimitModel::Outcome LimitModel::decide(
    Instant now, const Subject &subject, const Estimate &estimate)
{
    Outcome outcome = ask(now, subject, estimate);
    if (outcome.verdict != Verdict::Admitted)
        return outcome;
    charge(now, subject, estimate, outcome);
    for (Link &link : outcome.links) {
        if (link.verdict != LinkVerdict::Skipped
            && (link.refusal == Verdict::Admitted || link.capacity > 0))
            read(now, link, keyOf(*link.limit, subject));
    }
    outcome.binding = bindingOf(outcome.links);
    return outcome;
}

void LimitModel::charge(
    Instant now, const Subject &subject, const Estimate &estimate, Outcome &outcome)
{
    // Items of one header that share a counter are charged once, under the smallest quota.
    std::map<Key, const Link *> charged;
    std::vector<Key> order;
    for (const Link &link : outcome.links) {
        if (link.verdict != LinkVerdict::Passes)
            continue;
        const auto [at, isNew] = charged.try_emplace(keyOf(*link.limit, subject), &link);
        if (isNew)
            order.push_back(at->first);
        else if (link.limit->quota < at->second->limit->quota)
            at->second = &link;
    }
    const quint64 id = ++m_lastId;
    Open open{estimate, subject, now.engine + estimate.deadline, {}};
    for (const Key &key : order) {
        const Link &link = *charged.at(key);
        const bool isHeld = link.limit->unit != Unit::Request
            || (subject.candidates.size() > 1
                && !(link.limit->match.providers.isEmpty() && link.limit->match.models.isEmpty()));
        ModelCounter &counter =
            m_counters.try_emplace(key, ModelCounter(*link.limit, now)).first->second;
        counter.charge(now, *link.limit, link.cost, isHeld ? id : 0);
        if (isHeld)
            open.holds.emplace_back(key, link.limit);
    }
    if (open.holds.empty())
        return;
    outcome.id = id;
    m_open.emplace(id, std::move(open));
}

void LimitModel::read(Instant now, Link &link, const Key &key) const
{
    link.remaining = link.capacity;
    const auto counter = m_counters.find(key);
    if (counter == m_counters.end())
        return;
    const ModelCounter::Level level = counter->second.levelAt(now);
    link.reserved = std::min(counter->second.reservedAt(now), level.floor());
    link.used = level.floor() - link.reserved;
    link.remaining = std::max<MicroAmount>(0, link.capacity - level.ceil());
}

int LimitModel::bindingOf(const std::vector<Link> &links)
{
    int binding = -1;
    for (size_t i = 0; i < links.size(); ++i) {
        const Link &link = links[i];
        if (link.verdict != LinkVerdict::Passes || link.limit->mode != LimitMode::Enforce)
            continue;
        const Link *least = binding < 0 ? nullptr : &links[static_cast<size_t>(binding)];
        if (least == nullptr
            || static_cast<Int128>(link.remaining) * least->capacity
                < static_cast<Int128>(least->remaining) * link.capacity)
            binding = static_cast<int>(i);
    }
    return binding;
}

void LimitModel::settle(Instant now, quint64 id, const Consumption &consumption)
{
    const auto found = m_open.find(id);
    if (found == m_open.end())
        return;
    const Open open = found->second;
    m_open.erase(found);
    for (const auto &[key, limit] : open.holds) {
        ModelCounter &counter = m_counters.at(key);
        const MicroAmount held = counter.heldBy(id);
        if (held < 0)
            continue;
        const bool isConcerned = consumption.provider.isEmpty()
            || servedFits(
                limit->match, open.subject.model, {consumption.provider, consumption.model});
        counter.settle(
            now, id, isConcerned ? settledAs(*limit, held, open.estimate, consumption) : 0);
    }
}

void LimitModel::sweep(Instant now)
{
    std::vector<quint64> overdue;
    for (const auto &[id, open] : m_open) {
        if (open.deadline <= now.engine)
            overdue.push_back(id);
    }
    for (const quint64 id : overdue)
        settle(now, id, {});
}

LimitModel::Removed LimitModel::reset(Instant now, const QByteArray &limit, const QByteArray &value)
{
    Removed removed;
    for (auto &[key, counter] : m_counters) {
        const auto &[identity, owner, of] = key;
        if (!identity.startsWith(QByteArray('c' + limit + '|')) || of != value)
            continue;
        removed.emplace_back(key, counter);
        removed.back().second.keepCurrent(now);
        counter.reset(now);
    }
    return removed;
}

void LimitModel::restore(Instant now, const Removed &removed)
{
    for (const auto &[key, counter] : removed)
        m_counters.at(key).restore(now, counter);
}

} // namespace sluice::test
